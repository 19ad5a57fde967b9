package stack_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"simple-sam-demo/internal/sample"
	"simple-sam-demo/internal/template"
	"simple-sam-demo/local/stack"
)

// A test of your own starts the whole system in memory, without a port, and is a client of its
// API.
func ExampleStart() {
	t, err := template.Read("../../template.yaml", map[string]string{"BatchWindow": "0"})
	if err != nil {
		panic(err)
	}
	s, err := stack.Start(context.Background(), stack.Config{Template: t})
	if err != nil {
		panic(err)
	}
	defer s.Stop()

	body := sample.Object(sample.Example()) // a JSON object, as a client posts it
	posted, err := s.Client.Post("http://api"+s.Names.Items, "application/json", strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	fmt.Println(posted.Status)

	var stored struct{ Status, Pred_target string }
	for stored.Status != "CLASSIFIED" {
		time.Sleep(time.Millisecond)
		got, err := s.Client.Get("http://api" + posted.Header.Get("Location"))
		if err != nil || got.StatusCode != http.StatusOK {
			panic(fmt.Sprint(got, err))
		}
		if err := json.NewDecoder(got.Body).Decode(&stored); err != nil {
			panic(err)
		}
	}
	fmt.Println(stored.Status, stored.Pred_target != "")

	// Output:
	// 201 Created
	// CLASSIFIED true
}
