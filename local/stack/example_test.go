package stack_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

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

	flower := `{"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}`
	posted, err := s.Client.Post("http://api/v0/iris", "application/json", strings.NewReader(flower))
	if err != nil {
		panic(err)
	}
	fmt.Println(posted.Status, posted.Header.Get("Location"))

	var item struct{ Status, Pred_target string }
	for item.Status != "CLASSIFIED" {
		time.Sleep(time.Millisecond)
		got, err := s.Client.Get("http://api" + posted.Header.Get("Location"))
		if err != nil || got.StatusCode != http.StatusOK {
			panic(fmt.Sprint(got, err))
		}
		if err := json.NewDecoder(got.Body).Decode(&item); err != nil {
			panic(err)
		}
	}
	fmt.Println(item.Status, item.Pred_target)

	// Output:
	// 201 Created /v0/iris/7a28b976958cde0e54a2c90da2b25da4
	// CLASSIFIED setosa
}
