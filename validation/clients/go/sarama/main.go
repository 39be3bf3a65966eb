// An AsyncProducer of sarama. Its input holds 256 records and then blocks, so a queue without an end stands before it.
package main

import (
	"sync"

	"github.com/IBM/sarama"
	"validation/load"
)

func main() {
	args := load.Parse()
	config := sarama.NewConfig()
	config.ClientID = args.Name
	config.Producer.Partitioner = sarama.NewManualPartitioner
	config.Producer.Return.Successes = true
	for key, value := range args.Config {
		set(config, key, value)
	}
	producer, err := sarama.NewAsyncProducer(args.Brokers, config)
	load.Must(err)
	go func() {
		for message := range producer.Successes() {
			load.Done(message.Metadata.(int64), nil)
		}
	}()
	go func() {
		for failure := range producer.Errors() {
			load.Done(failure.Msg.Metadata.(int64), failure.Err)
		}
	}()
	var queue endless
	queue.filled = sync.NewCond(&queue.lock)
	go queue.empty(producer.Input())
	value := sarama.ByteEncoder(make([]byte, args.Bytes))
	load.Run(args, func(i int64, partition int32) {
		queue.put(&sarama.ProducerMessage{Topic: args.Topic, Partition: partition, Value: value, Metadata: i})
	})
}

func set(config *sarama.Config, key, value string) {
	switch {
	case key == "Metadata.RefreshFrequency":
		config.Metadata.RefreshFrequency = load.Millis(value)
	case key == "Producer.RequiredAcks" && value == "WaitForAll":
		config.Producer.RequiredAcks = sarama.WaitForAll
	default:
		load.Unknown(key, value)
	}
}

type endless struct {
	lock     sync.Mutex
	filled   *sync.Cond
	messages []*sarama.ProducerMessage
}

func (q *endless) put(message *sarama.ProducerMessage) {
	q.lock.Lock()
	q.messages = append(q.messages, message)
	q.lock.Unlock()
	q.filled.Signal()
}

func (q *endless) empty(into chan<- *sarama.ProducerMessage) {
	for {
		q.lock.Lock()
		for len(q.messages) == 0 {
			q.filled.Wait()
		}
		message := q.messages[0]
		q.messages = q.messages[1:]
		q.lock.Unlock()
		into <- message
	}
}
