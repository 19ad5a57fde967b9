package main

import (
	"encoding/json"
	"sort"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// invocations has what was measured of each function, in the order of the number of items. It says how
// long an invocation lasts and how much it logs. First invocations of an environment are left out.
type invocations map[string][]shareOf

// invocationsWith returns what was measured with a memory size.
func (r results) invocationsWith(memory int) invocations {
	of := invocations{}
	for _, s := range r.Shares {
		if s.Build == 0 && s.Memory == memory {
			of[s.Function] = append(of[s.Function], s)
		}
	}
	for _, measured := range of {
		sort.Slice(measured, func(i, j int) bool { return measured[i].Items < measured[j].Items })
	}
	return of
}

// like returns how long an invocation lasts, and how many bytes it logs.
func (of invocations) like(function string, payload []byte) (lasts time.Duration, logs float64) {
	return of.between(function, itemsOf(payload))
}

// between takes the two measured kinds of invocation whose numbers of items are just below and just above,
// and returns what lies on the straight line between them.
func (of invocations) between(function string, items int) (lasts time.Duration, logs float64) {
	measured := of[function]
	i := sort.Search(len(measured), func(i int) bool { return measured[i].Items >= items })
	switch {
	case len(measured) == 0:
		return 0, 0
	case i == len(measured):
		i--
		fallthrough
	case i == 0, measured[i].Items == items:
		return measured[i].Later, measured[i].Logged * float64(measured[i].Items)
	}
	less, more := measured[i-1], measured[i]
	part := float64(items-less.Items) / float64(more.Items-less.Items)
	logged := func(s shareOf) float64 { return s.Logged * float64(s.Items) }
	return less.Later + time.Duration(part*float64(more.Later-less.Later)), logged(less) + part*(logged(more)-logged(less))
}

// itemsOf counts the items in an event.
func itemsOf(payload []byte) int {
	var messages events.SQSEvent
	if json.Unmarshal(payload, &messages) == nil && len(messages.Records) > 0 {
		return len(messages.Records)
	}
	var request events.APIGatewayProxyRequest
	var items []json.RawMessage
	if json.Unmarshal(payload, &request) == nil && json.Unmarshal([]byte(request.Body), &items) == nil {
		return len(items)
	}
	return 1
}
