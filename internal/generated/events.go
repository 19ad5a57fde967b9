package generated

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"simple-sam-demo/internal/template"
	"simple-sam-demo/shared/item"
)

// change says what the item decides in a sample event: the values of some lines of its JSON. The rest of the
// event stays as it is, because AWS decides that.
type change []line

// line is what a line of JSON must be. If several lines have the same key at the same depth, one change of
// each is in their order.
type line struct {
	depth      int // in spaces
	key, value string
}

// gone is the change of an event that must not be there.
var gone change

// of returns the text of a file with the change.
func (c change) of(root, path string) ([]byte, error) {
	if c == nil {
		return nil, nil
	}
	event, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		return nil, fmt.Errorf("%w: restore the file first, with git checkout; then its item can be changed", err)
	}
	done := map[string]int{} // how far the lines of a key were changed
	for _, l := range c {
		key := fmt.Sprintf("%*s%q: ", l.depth, "", l.key)
		at := regexp.MustCompile("(?m)^" + regexp.QuoteMeta(key) + "(.*?),?$").FindSubmatchIndex(event[done[key]:])
		if at == nil {
			return nil, fmt.Errorf("%s has too few lines that begin with %q", path, key)
		}
		from, to := done[key]+at[2], done[key]+at[3]
		event = append(append(append([]byte(nil), event[:from]...), l.value...), event[to:]...)
		done[key] = from + len(l.value)
	}
	return event, nil
}

// sampleEvents returns the change of each event.
func sampleEvents(names template.Names) map[string]change {
	changes := map[string]change{}
	for file, body := range postedBodies() {
		changes["events/"+file] = request(names.Items, "", body)
	}
	for file, body := range postedArrays() {
		changes["events/"+file] = request(names.Batch, "", body)
		if names.Batch == "" {
			changes["events/"+file] = gone
		}
	}
	_, second, _, unknown := shown()
	for file, id := range map[string]string{
		"reader-found.json": second.ID(), "reader-unknown.json": unknown.ID(), "reader-malformed-id.json": "42",
	} {
		changes["events/"+file] = request(names.Items, id, "null")
	}
	for file, bodies := range messages() {
		changes["events/"+file] = received(bodies)
	}
	return changes
}

// postedBodies returns the bodies of the events of the route for one item, as JSON strings.
func postedBodies() map[string]string {
	first, second, _, _ := shown()
	inText := texts(first, 0)
	several, _ := inText.spoil(3, 2)
	several = append(several, member{"pred_target", text(classOf(first))})
	return map[string]string{
		"writer-create.json":         text(inText.json()),
		"writer-create-numbers.json": text(numbers(first, 0).json()),
		"writer-base64.json":         text(base64.StdEncoding.EncodeToString([]byte(texts(second, 0).json()))),
		"writer-one-fault.json":      text(inText[:len(inText)-1].json()),
		"writer-several-faults.json": text(several.json()),
		"writer-not-json.json":       text("{" + text(inText[0].key) + ": " + numbers(first, 0)[0].value + ","),
		"writer-empty-body.json":     "null",
		"writer-wrong-method.json":   "null",
	}
}

// postedArrays returns the bodies of the events of the route for many items.
func postedArrays() map[string]string {
	first, second, third, _ := shown()
	faulty, _ := numbers(second, 0).spoil(none, 2)
	return map[string]string{
		"writer-batch.json":           text(jsonArray(numbers(first, 0), numbers(second, 0), numbers(third, 0))),
		"writer-batch-one-fault.json": text(jsonArray(numbers(first, 0), faulty, numbers(second, 0), texts(first, 1), numbers(third, 0))),
	}
}

// messages returns the bodies of the messages in the enricher's events.
func messages() map[string][]string {
	first, second, third, unknown := shown()
	key := func(m item.Measurements) string { return `{"id":"` + m.ID() + `"}` }
	return map[string][]string{
		"enricher-batch.json":     {key(first), key(second), key(third)},
		"enricher-malformed.json": {"not JSON", key(first), `{"key":"` + first.ID() + `"}`, `{"id":"42"}`},
		"enricher-orphan.json":    {key(unknown)},
		"enricher-repeated.json":  {key(second), key(first), key(second)},
	}
}

// request is the change of an event of the API. id is the last part of the path, or "". body is JSON.
func request(items, id, body string) change {
	resource, path := items, items
	var c change
	if id != "" {
		resource, path = items+"/{id}", items+"/"+id
		c = change{{4, "id", text(id)}}
	}
	return append(c, change{
		{2, "resource", text(resource)}, {2, "path", text(path)},
		{4, "resourcePath", text(resource)}, {4, "path", text("/prod" + path)},
		{2, "body", body},
	}...)
}

// received is the change of an event of the queue.
func received(bodies []string) (c change) {
	for _, body := range bodies {
		sum := md5.Sum([]byte(body))
		c = append(c, line{6, "body", text(body)}, line{6, "md5OfBody", text(hex.EncodeToString(sum[:]))})
	}
	return c
}
