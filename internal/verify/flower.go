package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"simple-sam-demo/shared/iris"
)

// flower is an item that this run has posted, or is about to.
type flower struct {
	measurements iris.Measurements
	id           string
	posted       time.Time
	seen         item // how the API showed it when it was classified
}

// item is an item as the API shows it.
type item struct {
	ID           string      `json:"id"`
	Status       iris.Status `json:"status"`
	CreatedAt    string      `json:"created_at"`
	Target       string      `json:"pred_target"`
	Probability  float64     `json:"pred_probability"`
	ModelVersion string      `json:"model_version"`
	ClassifiedAt string      `json:"classified_at"`
	FailureCode  string      `json:"failure_code"`
	Reason       string      `json:"failure_reason"`
}

// latency is the time between those that the writer and the enricher have stored.
func (i item) latency() (time.Duration, error) {
	created, err := time.Parse(iris.TimeFormat, i.CreatedAt)
	if err != nil {
		return 0, err
	}
	classified, err := time.Parse(iris.TimeFormat, i.ClassifiedAt)
	return classified.Sub(created), err
}

// newFlower returns a flower that is not stored. Its lengths are random to the last digit, so that no
// user has posted the like, and the table is asked all the same. From now on it is this run's to delete.
func (s *session) newFlower(ctx context.Context) (*flower, error) {
	for {
		f := &flower{measurements: iris.Measurements{
			4 + 4*rand.Float64(), 2 + 2*rand.Float64(), 1 + 6*rand.Float64(), 0.1 + 2.4*rand.Float64(),
		}}
		f.id = f.measurements.ID()
		stored, err := s.stored(ctx, f.id)
		if err != nil {
			return nil, err
		}
		if stored == nil {
			s.made.item(f.id)
			return f, nil
		}
	}
}

func (s *session) newFlowers(ctx context.Context, n int) (flowers []*flower, err error) {
	for range n {
		f, err := s.newFlower(ctx)
		if err != nil {
			return nil, err
		}
		flowers = append(flowers, f)
	}
	return flowers, nil
}

// body returns the flower as a client posts it.
func (f *flower) body() string {
	fields := map[string]float64{}
	for i, feature := range iris.Features {
		fields[feature] = f.measurements[i]
	}
	text, _ := json.Marshal(fields) // which finite numbers do not make fail
	return string(text)
}

// bodyOfTexts returns the same flower in other words.
func (f *flower) bodyOfTexts() string {
	fields := map[string]string{}
	for i, feature := range iris.Features {
		fields[feature] = iris.FormatLength(f.measurements[i])
	}
	text, _ := json.Marshal(fields)
	return " " + string(text) + "\n"
}

// stored returns the item in the table, or nil.
func (s *session) stored(ctx context.Context, id string) (map[string]types.AttributeValue, error) {
	out, err := s.table.GetItem(ctx, &dynamodb.GetItemInput{TableName: &s.target.Table, Key: key(id), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, fmt.Errorf("look up item %s in table %s: %w", id, s.target.Table, err)
	}
	return out.Item, nil
}

// storedAll returns items in the table, or nil for those that are not there, by their ids.
func (s *session) storedAll(ctx context.Context, ids []string) (items map[string]map[string]types.AttributeValue, err error) {
	found := make([]map[string]types.AttributeValue, len(ids))
	errs := make([]error, len(ids))
	eachOf(len(ids), deployedClients, func(i int) { found[i], errs[i] = s.stored(ctx, ids[i]) })
	items = map[string]map[string]types.AttributeValue{}
	for i, id := range ids {
		if errs[i] != nil {
			return nil, errs[i]
		}
		items[id] = found[i]
	}
	return items, nil
}

// state is where a stored item stands.
type state int

const (
	absent state = iota
	unclassified
	spoiled // by this run
	classified
	failed
)

func stateOf(stored map[string]types.AttributeValue) state {
	version, _ := stored["model_version"].(*types.AttributeValueMemberS)
	switch {
	case stored == nil:
		return absent
	case stored["failure_code"] != nil:
		return failed
	case version == nil:
		return unclassified
	case version.Value == outdated:
		return spoiled
	default:
		return classified
	}
}

func key(id string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id}}
}

// waitFor looks at an item until it has the status, and returns how it was shown last.
func (s *session) waitFor(ctx context.Context, id string, status iris.Status, patience time.Duration) (i item, err error) {
	begin := time.Now()
	ok, err := poll(ctx, patience, 500*time.Millisecond, func() (bool, error) {
		i, err = s.api.show(ctx, id)
		return i.Status == status, err
	})
	if err == nil && !ok {
		err = faults{fmt.Sprintf("item %s is still %s after %s, not %s (%s)", id, i.Status, time.Since(begin).Round(time.Second/10), status, s.backlog(ctx))}
	}
	return i, err
}
