package verify

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"simple-sam-demo/internal/names"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/internal/target"
	"simple-sam-demo/shared/item"
)

// checkKey calls each route without a key and with a wrong one. Where the API demands signatures, it
// also calls without one.
func checkKey(ctx context.Context, s *session) (string, error) {
	f, err := s.newProbe(ctx)
	if err != nil {
		return "", err
	}
	calls := []call{
		{method: http.MethodGet, path: names.Item(f.id)},
		{method: http.MethodPost, path: names.Items(), body: f.body()},
	}
	if withoutBatch(s) == "" {
		calls = append(calls, call{method: http.MethodPost, path: names.Batch(), body: "[]"})
	}
	var found faults
	for _, c := range calls {
		for _, wrong := range []struct{ how, key string }{{"without the key", ""}, {"with a wrong key", strings.Repeat("x", 20)}} {
			c.key = &wrong.key
			if err := s.wantForbidden(ctx, c, wrong.how, "Forbidden", &found); err != nil {
				return "", err
			}
		}
		if c.key = nil; s.api.signs.Load() {
			c.unsigned = true
			if err := s.wantForbidden(ctx, c, "without a signature", target.Unsigned, &found); err != nil {
				return "", err
			}
		}
	}
	return fmt.Sprintf("%d routes answer 403 without the key, and with a wrong one", len(calls)), found.err()
}

func (s *session) wantForbidden(ctx context.Context, c call, how, message string, found *faults) error {
	got, err := s.api.do(ctx, c)
	if id := got.field("id"); err == nil && got.status == http.StatusCreated && id != "" {
		_, err = s.storedHere(ctx, id)
	}
	if err == nil && (got.status != http.StatusForbidden || got.field("message") != message) {
		found.add("%s %s %s is answered %s, not 403 %s", c.method, c.path, how, got, message)
	}
	return err
}

// checkCreated posts two items. The check known posts the first again; the second's key is sent once.
func checkCreated(ctx context.Context, s *session) (string, error) {
	var found faults
	for range 2 {
		f, err := s.newProbe(ctx)
		if err != nil {
			return "", err
		}
		differences, err := s.create(ctx, f)
		if err != nil {
			return "", err
		}
		found = append(found, differences...)
		s.probes = append(s.probes, f)
	}
	return "201, and the table and GET have the item", found.err()
}

// create posts an item, and says what is not as it should be.
func (s *session) create(ctx context.Context, f *probe) (found faults, err error) {
	f.posted = time.Now()
	got, err := s.api.post(ctx, f.body())
	if err != nil {
		return nil, err
	}
	var stored map[string]types.AttributeValue
	if got.status == http.StatusCreated {
		if stored, err = s.storedHere(ctx, f.id); err != nil {
			return nil, err
		}
	}
	if got.status != http.StatusCreated || got.field("message") != "Item created." || got.field("id") != f.id || got.field("status") != string(item.Pending) {
		return nil, faults{fmt.Sprintf("POST of a new item is answered %s, not 201 Item created. with the id %s and the status PENDING", got, f.id)}
	}
	s.counted["ItemsCreated"]++
	if location := got.header.Get("Location"); !strings.HasSuffix(location, "/"+f.id) {
		found.add("the header Location is %q, not the path of the item %s", location, f.id)
	}
	for i, feature := range item.Features {
		n, _ := stored[feature.Name].(*types.AttributeValueMemberN)
		if n == nil || !sameNumber(n.Value, f.measurements[i]) {
			found.add("table %s does not have %s of item %s as it was posted", s.target.Table, feature.Name, f.id)
		}
	}
	shown, err := s.api.show(ctx, f.id)
	if err == nil && (shown.ID != f.id || shown.CreatedAt == "") {
		found.add("GET of item %s shows the id %q, created at %q", f.id, shown.ID, shown.CreatedAt)
	}
	return found, err
}

// storedHere returns an item that a POST has created. If the table does not have it, another stack answers at the API. The
// run cannot take the item away from there, so this must be its last POST.
func (s *session) storedHere(ctx context.Context, id string) (map[string]types.AttributeValue, error) {
	stored, err := s.stored(ctx, id)
	if err == nil && stored == nil {
		s.made.elsewhere = id
		err = faults{fmt.Sprintf("POST to %s has created item %s, and table %s does not have it: does the API belong to another stack?", s.api.url, id, s.target.Table)}
	}
	return stored, err
}

func sameNumber(text string, want float64) bool {
	var got float64
	_, err := fmt.Sscan(text, &got)
	return err == nil && got == want
}

func checkKnown(ctx context.Context, s *session) (string, error) {
	var found faults
	known := s.probes[0]
	for how, body := range map[string]string{"": known.body(), " as texts": known.bodyOfTexts()} {
		got, err := s.api.post(ctx, body)
		if err != nil {
			return "", err
		}
		if got.status != http.StatusOK || got.field("id") != known.id || got.field("created_at") == "" {
			found.add("POST of the same item%s is answered %s, not 200 with the item %s", how, got, known.id)
			continue
		}
		s.counted["ItemsExisting"]++
	}
	return "200 with the item, for numbers and for texts", found.err()
}

// refusal is a bad input, and what docs/api.md says of it.
type refusal struct {
	path, body string
	status     int
	message    string
}

// refusals returns bad inputs. They are made of a good one.
func refusals(good string) []refusal {
	one, first := names.Items(), item.Features[0].Name
	open := strings.TrimSuffix(good, "}")
	faulty, faults := sample.Faulty()
	all := []refusal{
		{one, "", 400, "body is empty."},
		{one, "{", 400, "can't decode body."},
		{one, "[]", 400, "expected a JSON object."},
		{one, faulty, 400, faults.Error()},
		{one, open + `,"pred_target":"none"}`, 400, "unknown key pred_target in body."},
		{one, open + `,"` + first + `":1}`, 400, "duplicate key " + first + " in body."},
		{one, open + `,"note":"` + strings.Repeat("x", 64<<10) + `"}`, 413, "larger than 65536 bytes."},
	}
	if many := names.Batch(); many != "" {
		all = append(all, refusal{many, "[]", 400, "array is empty. expected a JSON array of 1 to 100 objects."})
	}
	return all
}

func checkRejected(ctx context.Context, s *session) (string, error) {
	f, err := s.newProbe(ctx)
	if err != nil {
		return "", err
	}
	var found faults
	bodies := refusals(f.body())
	for _, bad := range bodies {
		want := "Invalid body: " + bad.message
		got, err := s.api.do(ctx, call{method: http.MethodPost, path: bad.path, body: bad.body})
		if err != nil {
			return "", err
		}
		if got.status != bad.status || got.field("message") != want {
			found.add("POST %s of %s is answered %s, not %d %s", bad.path, shortened(bad.body), got, bad.status, want)
			continue
		}
		s.counted["ItemsRejected"]++
	}
	if got, err := s.api.get(ctx, f.id); err != nil {
		return "", err
	} else if got.status != http.StatusNotFound || got.field("message") != "Item not found." {
		found.add("GET of an unknown item is answered %s, not 404 Item not found.", got)
	}
	if got, err := s.api.do(ctx, call{method: http.MethodGet, path: "/v0/nothing"}); err != nil {
		return "", err
	} else if got.status != http.StatusForbidden {
		found.add("GET of an unknown path is answered %s, not 403", got)
	}
	stored, err := s.stored(ctx, f.id)
	if err != nil {
		return "", err
	}
	if stored != nil {
		found.add("item %s is stored although it was rejected", f.id)
	}
	return fmt.Sprintf("%d bad bodies, an unknown item and an unknown path", len(bodies)), found.err()
}

func shortened(text string) string {
	const longest = 80
	if len(text) <= longest {
		return fmt.Sprintf("%q", text)
	}
	return fmt.Sprintf("%q and %d bytes more", text[:longest], len(text)-longest)
}
