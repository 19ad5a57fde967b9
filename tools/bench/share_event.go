package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"simple-sam-demo/internal/sample"
)

// event is an event with new items.
func (s *sharer) event(ctx context.Context, k kind) ([]byte, error) {
	if k.Function == enricherFunction {
		return s.prepare.messages(ctx, k.Items)
	}
	s.posted += k.Items
	return postEvent(s.posted-k.Items, k.Items)
}

// postEvent is API Gateway's event for a POST of n items, the first of which has a number. It is one of
// the repository's sample events with another body.
func postEvent(from, n int) ([]byte, error) {
	file, body := "writer-create-numbers.json", sample.Object(sample.Nth(from))
	if n > 1 {
		file, body = "writer-batch.json", array(from, n)
	}
	text, err := os.ReadFile(filepath.Join("events", file))
	if err != nil {
		return nil, err
	}
	var event map[string]any
	if err := json.Unmarshal(text, &event); err != nil {
		return nil, err
	}
	event["body"], event["isBase64Encoded"] = body, false
	return json.Marshal(event)
}

// notDone counts the items that were not done, as the function's answer says.
func (k kind) notDone(payload []byte) (int, error) {
	var got struct {
		StatusCode        int
		Body              string
		BatchItemFailures []struct{ ItemIdentifier string }
	}
	if err := json.Unmarshal(payload, &got); err != nil {
		return 0, err
	}
	switch {
	case k.Function == enricherFunction:
		return len(got.BatchItemFailures), nil
	case got.StatusCode == http.StatusServiceUnavailable:
		return k.Items, nil
	case got.StatusCode/100 != 2:
		return 0, fmt.Errorf("answered %d %.200s", got.StatusCode, got.Body)
	case k.Items == 1:
		return 0, nil
	}
	var report struct{ Created, Existing, Failed int } // an item exists already if the function made its call twice
	if err := json.Unmarshal([]byte(got.Body), &report); err != nil {
		return 0, err
	}
	if report.Created+report.Existing+report.Failed != k.Items {
		return 0, fmt.Errorf("of %d items %d were created, %d existed and %d failed", k.Items, report.Created, report.Existing, report.Failed)
	}
	return report.Failed, nil
}
