package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"simple-sam-demo/internal/names"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/shared/item"
)

// kind is a kind of request.
type kind struct {
	name  string
	share int  // percent of all requests
	api   bool // its time counts
	send  func(context.Context, *load, *rand.Rand) error
}

// perBatch is how many valid items are in a batch. One more is not valid.
const perBatch = 25

var kinds = []*kind{
	{"a new item", 45, true, postOne},
	{"a batch of new items", 5, true, postBatch},
	{"an item again", 15, true, repeat},
	{"bad input", 8, true, postBad},
	{"a look at an item", 20, true, look},
	{"a look at an unknown item", 2, true, lookForNone},
	{"a message without a key", 2, false, sendMalformed},
	{"the key of a spoiled item", 3, false, sendSpoiled},
}

// kindOf picks a kind. Without a batch route in the template, single items are posted in the place of batches.
func kindOf(random *rand.Rand) *kind {
	place := random.IntN(100)
	for _, k := range kinds {
		if place -= k.share; place < 0 {
			if k.name == kinds[1].name && names.Batch() == "" {
				return kinds[0]
			}
			return k
		}
	}
	panic("the shares of the kinds are not 100 in all")
}

// itemsPerRequest is how many new items a request has, on average.
func itemsPerRequest() float64 {
	return float64(kinds[0].share+perBatch*kinds[1].share+kinds[len(kinds)-1].share) / 100
}

// answer is what the API answered.
type answer struct {
	status int
	text   string
}

func (a answer) String() string { return fmt.Sprintf("%d %.300s", a.status, a.text) }

// shown is an item as the API shows it.
type shown struct {
	ID           string      `json:"id"`
	Status       item.Status `json:"status"`
	CreatedAt    string      `json:"created_at"`
	ClassifiedAt string      `json:"classified_at"`
	prediction
}

// call calls the API, and expects one of some statuses.
func (l *load) call(ctx context.Context, method, path, body string, statuses ...int) (a answer, err error) {
	request, err := http.NewRequestWithContext(ctx, method, l.soak.target.API+path, strings.NewReader(body))
	if err != nil {
		return a, err
	}
	response, err := l.soak.client.Do(request)
	if err != nil {
		return a, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	a = answer{response.StatusCode, string(text)}
	if err == nil && !slices.Contains(statuses, a.status) {
		err = fmt.Errorf("answered %v, want %d", a, statuses[0])
	}
	return a, err
}

// item returns the item that an answer shows. It must be the one that was asked for, with the prediction of the
// model that it names.
func (l *load) item(a answer, e entry) (s shown, err error) {
	if err := json.Unmarshal([]byte(a.text), &s); err != nil {
		return s, fmt.Errorf("answered %v: %w", a, err)
	}
	if s.ID != e.id() {
		return s, fmt.Errorf("answered %v, want item %s", a, e.id())
	}
	if s.Status == item.Classified {
		err = l.soak.models.check(e, s.prediction)
	}
	return s, err
}

// postOne posts a new item. It is answered 200 instead of 201 if the writer's own call was repeated: the first one,
// which was too late or had no answer, has stored the item. This is counted, and no fault.
func postOne(ctx context.Context, l *load, _ *rand.Rand) error {
	n := l.soak.ledger.take(1)
	a, err := l.call(ctx, http.MethodPost, names.Items(), sample.Object(sample.Nth(n)), http.StatusCreated, http.StatusOK)
	if err != nil {
		return err
	}
	if _, err := l.item(a, entry{n: n}); err != nil {
		return err
	}
	l.soak.ledger.acknowledge(n, 1)
	if a.status == http.StatusOK {
		l.repeated.Add(1)
	}
	return nil
}

func postBatch(ctx context.Context, l *load, _ *rand.Rand) error {
	n := l.soak.ledger.take(perBatch)
	bad, _ := sample.Faulty()
	elements := []string{bad}
	for i := range perBatch {
		elements = append(elements, sample.Object(sample.Nth(n+i)))
	}
	a, err := l.call(ctx, http.MethodPost, names.Batch(), "["+strings.Join(elements, ",")+"]", http.StatusOK)
	if err != nil {
		return err
	}
	var got struct{ Created, Existing, Rejected, Failed int }
	if err := json.Unmarshal([]byte(a.text), &got); err != nil || got.Created+got.Existing != perBatch || got.Rejected != 1 || got.Failed != 0 {
		return fmt.Errorf("answered %v, want %d created and 1 rejected", a, perBatch)
	}
	l.soak.ledger.acknowledge(n, perBatch)
	l.repeated.Add(int64(got.Existing)) // see postOne
	return nil
}

func repeat(ctx context.Context, l *load, random *rand.Rand) error {
	e, ok := l.soak.ledger.pick(random)
	if !ok {
		return postOne(ctx, l, random)
	}
	a, err := l.call(ctx, http.MethodPost, names.Items(), sample.Otherwise(sample.Nth(e.n)), http.StatusOK)
	if err == nil {
		_, err = l.item(a, e)
	}
	return err
}

func postBad(ctx context.Context, l *load, random *rand.Rand) error {
	bad, _ := sample.Faulty()
	body := []string{bad, "", "{", "[]", `{"pred_target":"x"}`}[random.IntN(5)]
	a, err := l.call(ctx, http.MethodPost, names.Items(), body, http.StatusBadRequest)
	if err == nil && !strings.Contains(a.text, `"message":`) {
		err = fmt.Errorf("answered %v without a message", a)
	}
	return err
}

// look looks at an item that was posted a moment ago, as a client does that waits for the class.
func look(ctx context.Context, l *load, random *rand.Rand) error {
	e, ok := l.soak.ledger.recent(random)
	if !ok {
		return lookForNone(ctx, l, random)
	}
	a, err := l.call(ctx, http.MethodGet, names.Item(e.id()), "", http.StatusOK)
	if err != nil {
		return err
	}
	s, err := l.item(a, e)
	if err != nil {
		return err
	}
	created, errCreated := time.Parse(item.TimeFormat, s.CreatedAt)
	took := time.Since(created) // it is still waiting: at least as long
	if s.Status == item.Classified {
		var classified time.Time
		classified, err = time.Parse(item.TimeFormat, s.ClassifiedAt)
		took = classified.Sub(created)
	}
	if s.Status != item.Failed { // or it was spoiled, and waits for the redrive
		l.classifiedAfter(took)
	}
	return errors.Join(err, errCreated)
}

func lookForNone(ctx context.Context, l *load, random *rand.Rand) error {
	_, err := l.call(ctx, http.MethodGet, names.Item(sample.Random(random).ID()), "", http.StatusNotFound)
	return err
}
