package main

import (
	"errors"
	"flag"
	"fmt"
	"net/url"
	"strings"
	"time"

	"simple-sam-demo/enricher/classifier"
	"simple-sam-demo/internal/commandline"
	"simple-sam-demo/internal/names"
)

// search says what a backfill looks for, and where. A checkpoint belongs to one search.
type search struct {
	Table        string `json:"table"`
	Queue        string `json:"queue"`         // URL
	ModelVersion string `json:"model_version"` // "" to look for pending items only
	OlderThan    string `json:"older_than"`    // a duration, as Go writes it
	Failed       bool   `json:"failed"`
	Segments     int    `json:"segments"`
}

type options struct {
	search
	stack      string
	endpoint   string
	olderThan  time.Duration
	rate       float64 // read capacity units a second
	dryRun     bool
	checkpoint string // path
}

func (o *options) program() commandline.Program {
	return commandline.Program{
		Path: "./tools/backfill", Usage: "-stack name | -table name -queue URL | -endpoint URL  [flags]",
		About: "Enqueues the keys of items that the enricher must look at again.",
		Flags: o.flags,
		Check: func(*flag.FlagSet) error {
			if err := o.locate(); err != nil {
				return err
			}
			return o.check()
		},
	}
}

func (o *options) flags(f *flag.FlagSet) {
	f.StringVar(&o.stack, "stack", "", "`name` of the CloudFormation stack; its outputs name the table and the queue")
	f.StringVar(&o.Table, "table", "", "`name` of the table, if you do not give -stack")
	f.StringVar(&o.Queue, "queue", "", "`URL` of the queue that the enricher reads, if you do not give -stack")
	f.StringVar(&o.endpoint, "endpoint", "", "`URL` of a local stack to use instead of AWS; its table and queue have their names from template.yaml if you name no others")
	f.StringVar(&o.ModelVersion, "model-version", "", "also enqueue items that a model older than this `version` (YYYY-MM-DD.NN) has classified")
	f.DurationVar(&o.olderThan, "older-than", 15*time.Minute, "enqueue pending items that were created this long ago; younger ones are still on their way")
	f.BoolVar(&o.Failed, "failed", false, "also enqueue failed items; use it only if their messages are gone from the dead-letter queue")
	f.Float64Var(&o.rate, "rate", 25, "read capacity `units` to consume in a second; one unit is some 35 items")
	f.IntVar(&o.Segments, "segments", 4, "how many parts of the table to scan at the same time, 1 to 100")
	f.BoolVar(&o.dryRun, "dry-run", false, "only count the items, and enqueue nothing")
	f.StringVar(&o.checkpoint, "checkpoint", "backfill.checkpoint", "`file` that says how far the backfill is; it is deleted when the backfill is done")
}

// locate finds out which table and queue are meant. With -stack, the stack's outputs say it later.
func (o *options) locate() error {
	if o.endpoint != "" && !isURL(o.endpoint) {
		return fmt.Errorf("-endpoint %q is not a URL like http://127.0.0.1:4566", o.endpoint)
	}
	if o.stack != "" {
		if o.Table != "" || o.Queue != "" {
			return errors.New("-stack names the table and the queue already: leave out -table and -queue")
		}
		return nil
	}
	if o.endpoint != "" && o.Table == "" {
		o.Table = names.Table()
	}
	if o.endpoint != "" && o.Queue == "" {
		o.Queue = strings.TrimSuffix(o.endpoint, "/") + "/000000000000/EnrichQueue"
	}
	switch {
	case o.Table == "" || o.Queue == "":
		return errors.New("which table and queue? Give -stack, or -table and -queue, or the -endpoint of a local stack")
	case !isURL(o.Queue):
		return fmt.Errorf("-queue %q is not the URL of a queue like https://sqs.us-east-1.amazonaws.com/123456789012/EnrichQueue", o.Queue)
	}
	return nil
}

func isURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

func (o *options) check() error {
	o.OlderThan = o.olderThan.String()
	switch {
	case o.olderThan < 0:
		return fmt.Errorf("-older-than is %s: it must be at least 0", o.olderThan)
	case !(o.rate > 0):
		return fmt.Errorf("-rate is %v: it must be over 0", o.rate)
	case o.Segments < 1 || o.Segments > 100:
		return fmt.Errorf("-segments is %d: it must be from 1 to 100", o.Segments)
	case o.ModelVersion == "":
		return nil
	}
	if err := classifier.CheckVersion(o.ModelVersion); err != nil {
		return fmt.Errorf("-model-version: %w", err)
	}
	return nil
}
