// A Writer of kafka-go. WriteMessages blocks until its record is answered, so each record has a goroutine of its own.
package main

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/segmentio/kafka-go"
	"validation/load"
)

func main() {
	args := load.Parse()
	// The dial time-out is that of kafka.DefaultTransport, which has no ClientID.
	transport := &kafka.Transport{ClientID: args.Name, Dial: (&net.Dialer{Timeout: 3 * time.Second}).DialContext}
	byRecord := kafka.BalancerFunc(func(m kafka.Message, _ ...int) int { return int(m.WriterData.(int32)) })
	writer := &kafka.Writer{Addr: kafka.TCP(args.Brokers...), Topic: args.Topic, Transport: transport, Balancer: byRecord}
	for key, value := range args.Config {
		set(writer, key, value)
	}
	value := make([]byte, args.Bytes)
	load.Run(args, func(i int64, partition int32) {
		go func() {
			load.Done(i, first(writer.WriteMessages(context.Background(), kafka.Message{Value: value, WriterData: partition})))
		}()
	})
}

func set(writer *kafka.Writer, key, value string) {
	switch {
	case key == "BatchTimeout":
		writer.BatchTimeout = load.Millis(value)
	case key == "RequiredAcks" && value == "all":
		writer.RequiredAcks = kafka.RequireAll
	default:
		load.Unknown(key, value)
	}
}

// The error of the only message of a call.
func first(err error) error {
	var each kafka.WriteErrors
	if errors.As(err, &each) {
		return each[0]
	}
	return err
}
