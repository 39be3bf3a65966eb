// A producer of franz-go. Produce blocks only past 50,000 buffered records.
package main

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"
	"validation/load"
)

func main() {
	args := load.Parse()
	options := []kgo.Opt{kgo.SeedBrokers(args.Brokers...), kgo.ClientID(args.Name), kgo.RecordPartitioner(kgo.ManualPartitioner())}
	for key, value := range args.Config {
		switch key {
		case "kgo.MetadataMaxAge":
			options = append(options, kgo.MetadataMaxAge(load.Millis(value)))
		case "kgo.MetadataMinAge":
			options = append(options, kgo.MetadataMinAge(load.Millis(value)))
		case "kgo.ProducerLinger":
			options = append(options, kgo.ProducerLinger(load.Millis(value)))
		default:
			load.Unknown(key, value)
		}
	}
	client, err := kgo.NewClient(options...)
	load.Must(err)
	value := make([]byte, args.Bytes)
	load.Run(args, func(i int64, partition int32) {
		record := &kgo.Record{Topic: args.Topic, Partition: partition, Value: value}
		client.Produce(context.Background(), record, func(_ *kgo.Record, err error) { load.Done(i, err) })
	})
}
