package verify

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"simple-sam-demo/internal/sample"
	"simple-sam-demo/shared/item"
)

// item is an item that this run has posted, or is about to.
type probe struct {
	measurements item.Measurements
	id           string
	posted       time.Time
	seen         shown // how the API showed it when it was classified
}

// shown is an item as the API shows it.
type shown struct {
	ID           string      `json:"id"`
	Status       item.Status `json:"status"`
	CreatedAt    string      `json:"created_at"`
	Target       string      `json:"pred_target"`
	Probability  float64     `json:"pred_probability"`
	ModelVersion string      `json:"model_version"`
	ClassifiedAt string      `json:"classified_at"`
	FailureCode  string      `json:"failure_code"`
	Reason       string      `json:"failure_reason"`
}

// latency is the time between those that the writer and the enricher have stored.
func (i shown) latency() (time.Duration, error) {
	created, err := time.Parse(item.TimeFormat, i.CreatedAt)
	if err != nil {
		return 0, err
	}
	classified, err := time.Parse(item.TimeFormat, i.ClassifiedAt)
	return classified.Sub(created), err
}

// newProbe returns an item that is not stored. Its numbers are random to the last digit, so that no
// user has posted the like, and the table is asked all the same. From now on it is this run's to delete.
func (s *session) newProbe(ctx context.Context) (*probe, error) {
	random := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	for {
		p := &probe{measurements: sample.Random(random)}
		p.id = p.measurements.ID()
		stored, err := s.stored(ctx, p.id)
		if err != nil {
			return nil, err
		}
		if stored == nil {
			s.made.item(p.id)
			return p, nil
		}
	}
}

func (s *session) newProbes(ctx context.Context, n int) (probes []*probe, err error) {
	for range n {
		f, err := s.newProbe(ctx)
		if err != nil {
			return nil, err
		}
		probes = append(probes, f)
	}
	return probes, nil
}

// body returns the item as a client posts it.
func (p *probe) body() string { return sample.Object(p.measurements) }

// bodyOfTexts returns the same item in other words.
func (p *probe) bodyOfTexts() string { return " " + sample.Texts(p.measurements) + "\n" }

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
func (s *session) waitFor(ctx context.Context, id string, status item.Status, patience time.Duration) (i shown, err error) {
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
