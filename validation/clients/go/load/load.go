// Package load is what the Go producers share: their arguments, the fixed rate and the output.
// Arguments and output: see ../../java/Produce.java.
package load

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

var (
	started    = time.Now()
	wallMicros = started.UnixMicro()
)

// NowMicros is the wall clock of the start plus the monotonic time since.
func NowMicros() int64 { return wallMicros + time.Since(started).Microseconds() }

// Args are the arguments of a producer.
type Args struct {
	Name, Topic                                string
	Brokers                                    []string
	Partitions, Bytes, FirstMicros, LastMicros int64
	Rate                                       float64
	// Config holds the keys under the library's own names; times are whole milliseconds.
	Config map[string]string
}

// Parse reads the arguments.
func Parse() Args {
	words := os.Args[1:]
	rate, err := strconv.ParseFloat(words[4], 64)
	Must(err)
	args := Args{
		Name: words[0], Brokers: strings.Split(words[1], ","), Topic: words[2], Partitions: whole(words[3]), Rate: rate,
		Bytes: whole(words[5]), FirstMicros: whole(words[6]) * 1000, LastMicros: whole(words[7]) * 1000, Config: map[string]string{},
	}
	for _, pair := range words[8:] {
		key, value, _ := strings.Cut(pair, "=")
		args.Config[key] = value
	}
	return args
}

// Millis reads a time of the configuration.
func Millis(value string) time.Duration { return time.Duration(whole(value)) * time.Millisecond }

// Unknown ends the program: a key that it would ignore makes a measurement of something else.
func Unknown(key, value string) { Must(fmt.Errorf("this program knows no %s = %s", key, value)) }

// Must ends the program on an error.
func Must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func whole(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	Must(err)
	return n
}

// Run calls send for every record when it is due; send must not block. It returns never: the program lives until it is killed.
func Run(args Args, send func(i int64, partition int32)) {
	for i := int64(0); ; i++ {
		due := args.FirstMicros + int64(float64(i)*1e6/args.Rate)
		if due >= args.LastMicros {
			break
		}
		time.Sleep(time.Duration(due-NowMicros()) * time.Microsecond)
		partition := int32(i % args.Partitions)
		fmt.Printf("sent %d %d %d\n", i, NowMicros(), partition)
		send(i, partition)
	}
	for {
		time.Sleep(time.Hour)
	}
}

// Done says how record i ended.
func Done(i int64, err error) {
	result := "OK"
	if err != nil {
		result = strings.Join(strings.Fields(err.Error()), "_")
	}
	fmt.Printf("done %d %d %s\n", i, NowMicros(), result)
}
