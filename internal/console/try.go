package console

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"simple-sam-demo/enricher/classifier/dataset"
	"simple-sam-demo/internal/names"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/shared/item"
)

// tryPage is where people send something, and see what came of it.
type tryPage struct {
	Numbers []field
	Result  *tried
}

// tried is what came of it.
type tried struct {
	Title  string
	Good   bool
	Status int    // of the API, or 0 where it was not called
	Answer string // of the API
	Text   string
	Item   string        // its id, or ""
	Ask    string        // what to do when they are sure, or ""
	Spoilt *item.Feature // whose number was replaced, or nil
	Was    string        // that number
}

func (s *server) showTry(*http.Request) (any, error) {
	return tryPage{Numbers: exampleFields()}, nil
}

// exampleFields are those of an item to begin with.
func exampleFields() []field {
	example := sample.Example()
	return fields(func(i int) string { return item.FormatNumber(example[i]) })
}

func (s *server) try(r *http.Request) (any, error) {
	do, known := map[string]func(*http.Request) (*tried, error){
		"one": s.tryOne, "all": s.tryAll, "bad": s.tryBad, "message": s.tryMessage, "spoilt": s.trySpoilt,
	}[r.PathValue("what")]
	if !known {
		return nil, errNoPage
	}
	result, asks := questions[r.PathValue("what")]
	if !asks || !s.stack.IsDeployed() || r.FormValue("sure") != "" {
		var err error
		if result, err = do(r); err != nil {
			return nil, err
		}
		s.watcher.Hurry()
	}
	p := tryPage{Numbers: exampleFields(), Result: result}
	if r.PathValue("what") == "one" {
		p.Numbers = fields(func(i int) string { return clip(r.FormValue(item.Features[i].Name)) })
	}
	return p, nil
}

// questions are asked before something is sent to a deployed stack that nobody can take back.
var questions = map[string]*tried{
	"all":     {Ask: "all", Title: fmt.Sprintf("Post %d items to this stack?", len(dataset.Rows())), Text: "They stay in its table. This page cannot remove them."},
	"message": {Ask: "message", Title: "Send a poison message to this stack?", Text: "It becomes a dead letter, and raises the alarm for dead letters."},
	"spoilt":  {Ask: "spoilt", Title: "Store a spoilt item in this stack?", Text: "It stays in the table. Its message becomes a dead letter, and raises the alarm for dead letters."},
}

// formObject is the object of the measurements, as they were typed.
func formObject(r *http.Request) []byte {
	object := map[string]string{}
	for _, feature := range item.Features {
		object[feature.Name] = r.FormValue(feature.Name)
	}
	text, err := json.Marshal(object)
	if err != nil {
		panic(err) // it is made of strings
	}
	return text
}

func parseForm(r *http.Request) (item.Measurements, error) {
	m, err := item.ParseMeasurements(formObject(r))
	if err != nil {
		return m, &mistake{"These measurements make no item", err.Error()}
	}
	return m, nil
}

func (s *server) tryOne(r *http.Request) (*tried, error) {
	t, err := s.post(r.Context(), names.Items(), formObject(r))
	if err != nil {
		return nil, err
	}
	var answer struct{ ID string }
	_ = json.Unmarshal([]byte(t.Answer), &answer) // what is no object has no id
	if item.ValidID(answer.ID) {
		t.Item = answer.ID
	}
	switch t.Status {
	case http.StatusCreated:
		t.Title, t.Text = "The item is stored, and its id is in the queue", "The enricher classifies it within a second or two."
	case http.StatusOK:
		t.Title, t.Text = "This item is known already", "Equal measurements are the same item."
	default:
		t.Title = "The API has refused it"
		if t.Status == http.StatusForbidden {
			t.Text = "It demands a key, or another one. Start this page with -api-key."
		}
	}
	return t, nil
}

// tryAll posts the data set in batches.
func (s *server) tryAll(r *http.Request) (*tried, error) {
	const most = 100 // items that a batch may have
	if names.Batch() == "" {
		return nil, errNoPage
	}
	rows := dataset.Rows()
	sum := struct{ Created, Existing, Rejected, Failed int }{}
	for part := range slices.Chunk(rows, most) {
		var batch []item.Measurements
		for _, row := range part {
			batch = append(batch, row.Measurements)
		}
		text, err := json.Marshal(batch)
		if err != nil {
			return nil, err
		}
		t, err := s.post(r.Context(), names.Batch(), text)
		if err != nil {
			return nil, err
		}
		if t.Status != http.StatusOK {
			t.Title = "The API has refused it"
			return t, nil
		}
		answer := sum
		if err := json.Unmarshal([]byte(t.Answer), &answer); err != nil {
			return nil, fmt.Errorf("read the API's answer: %w", err)
		}
		sum.Created, sum.Existing, sum.Rejected, sum.Failed = sum.Created+answer.Created, sum.Existing+answer.Existing, sum.Rejected+answer.Rejected, sum.Failed+answer.Failed
	}
	t := &tried{Title: fmt.Sprintf("The %d items are posted", len(rows)), Good: sum.Rejected+sum.Failed == 0}
	t.Text = fmt.Sprintf("%d are new, %d known already, %d rejected, %d failed.", sum.Created, sum.Existing, sum.Rejected, sum.Failed)
	switch {
	case sum.Existing == 1:
		t.Text += " One item is in the data set twice, or was known before."
	case sum.Existing > 1:
		t.Text += " Known ones are queued again, and the enricher leaves those that have their class as they are."
	}
	return t, nil
}

func (s *server) tryBad(r *http.Request) (*tried, error) {
	faulty, _ := sample.Faulty()
	t, err := s.post(r.Context(), names.Items(), []byte(faulty[:len(faulty)-1]+`,"colour":"blue"}`))
	if err != nil {
		return nil, err
	}
	t.Title, t.Text = "The API has refused it, and says all that is wrong", "Nothing is stored and nothing is queued."
	if t.Good {
		t.Title, t.Text = "The API has taken it", "It should not have."
	}
	t.Good = !t.Good
	return t, nil
}

// tryMessage sends a message that names no item. Nobody but the queue sees it before the enricher.
func (s *server) tryMessage(r *http.Request) (*tried, error) {
	if err := s.queue.Enqueue(r.Context(), "poison"); err != nil {
		return nil, err
	}
	return &tried{Title: "A poison message is in the queue", Good: true,
		Text: "It names no item, so the enricher can never use it. Within a second or two it is a dead letter."}, nil
}

// trySpoilt stores an item with a measurement that is no number, as a faulty import would, and enqueues it.
func (s *server) trySpoilt(r *http.Request) (*tried, error) {
	m, spoilt, other := sample.Example(), item.Plotted[0], item.Plotted[1]
	m[other] = sample.Nth(rand.IntN(sample.Different))[other] // a new item each time, almost always
	in := s.setMeasurements(m.ID(), m)
	in.UpdateExpression = aws.String(*in.UpdateExpression + ", created_at = :at")
	in.ExpressionAttributeValues[":at"] = &types.AttributeValueMemberS{Value: item.FormatTime(time.Now())}
	in.ExpressionAttributeValues[":"+strconv.Itoa(spoilt)] = &types.AttributeValueMemberS{Value: "spoilt"}
	in.ConditionExpression = aws.String("attribute_not_exists(id)")
	_, err := s.dynamodb.UpdateItem(r.Context(), in)
	var exists *types.ConditionalCheckFailedException
	switch {
	case errors.As(err, &exists):
		return nil, &mistake{"The item that was to be spoilt exists", "Try again: each time it is another one."}
	case err != nil:
		return nil, fmt.Errorf("store a spoilt item: %w", err)
	}
	if err := s.queue.Enqueue(r.Context(), m.ID()); err != nil {
		return nil, err
	}
	return &tried{Title: "An item with a spoilt measurement is stored and queued", Good: true, Item: m.ID(),
		Spoilt: &item.Features[spoilt], Was: item.FormatNumber(m[spoilt]),
		Text: "The enricher cannot classify it, so its message becomes a dead letter. Open the dead letter and read why. Mend the item, then redrive the dead letter."}, nil
}
