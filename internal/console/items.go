package console

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"simple-sam-demo/shared/item"
)

const (
	itemsPage = 50 // items a page has, or some more
	scanLimit = 500
	maxScans  = 10 // for one page, so that a filter that few items pass does not read the whole table
)

// itemPage is a page of items.
type itemPage struct {
	Items    []item.Item
	Read     int     // how many items were read to find these
	Units    float64 // read capacity units that it took
	Status   string  // the filter, or ""
	Statuses []item.Status
	Next     string // the id to go on after, or ""
	IsNext   bool
}

func (s *server) showItems(r *http.Request) (any, error) {
	p := itemPage{Status: r.FormValue("status"), Statuses: []item.Status{item.Pending, item.Classified, item.Failed}}
	if id := strings.TrimSpace(r.FormValue("id")); id != "" {
		if !item.ValidID(id) {
			return nil, notAnID(id)
		}
		return nil, &redirect{"/items/" + id}
	}
	after := r.FormValue("after")
	p.IsNext = after != ""
	limit := itemsPage
	if p.Status != "" {
		limit = scanLimit
	}
	for range maxScans {
		part, err := s.table.Scan(r.Context(), after, limit)
		if err != nil {
			return nil, err
		}
		p.Read, p.Units = p.Read+len(part.Items), p.Units+part.Units
		for _, item := range part.Items {
			if p.Status == "" || string(item.Status()) == p.Status {
				p.Items = append(p.Items, item)
			}
		}
		if p.Next, after = part.Next, part.Next; after == "" || len(p.Items) >= itemsPage {
			break
		}
	}
	return p, nil
}

// oneItem is an item with what can be done to it.
type oneItem struct {
	item.Item
	Enqueued, Mended bool // just now
	Numbers          []field
	OwnID            bool        // its measurements are those that its id was made of
	Stored           []attribute // if it is not OwnID
	Again            string      // where to look what became of it, a second later, or ""
}

// itemLooks is how often the page of an item that waits looks again by itself.
const itemLooks = 20

// field is a measurement in a form.
type field struct {
	Name, Label, Value string
}

func (s *server) showItem(r *http.Request) (any, error) {
	one, err := s.item(r)
	if err != nil {
		return nil, err
	}
	done := r.FormValue("done")
	p := oneItem{
		Item: one, Enqueued: done == "enqueued", Mended: done == "mended",
		Numbers: fields(func(i int) string {
			if text := item.FormatNumber(one.Measurements[i]); text != "NaN" {
				return text
			}
			return ""
		}),
		OwnID: one.Measurements.ID() == one.ID,
	}
	if !p.OwnID {
		if p.Stored, err = s.stored(r.Context(), one.ID); err != nil {
			return nil, err
		}
	}
	looks, _ := strconv.Atoi(r.FormValue("looks")) // anything else is the first look
	if (p.Enqueued || one.Status() == item.Pending) && looks >= 0 && looks < itemLooks {
		p.Again = "/items/" + one.ID + "?" + url.Values{"done": {done}, "looks": {strconv.Itoa(looks + 1)}}.Encode()
	}
	return p, nil
}

// attribute is an attribute of an item as the table has it.
type attribute struct{ Name, Value string }

// stored returns the attributes of an item, sorted by name. What is not as it should be is seen there.
func (s *server) stored(ctx context.Context, id string) (all []attribute, err error) {
	out, err := s.dynamodb.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &s.stack.Table, Key: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id}}, ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return nil, fmt.Errorf("read item %s: %w", id, err)
	}
	for _, name := range slices.Sorted(maps.Keys(out.Item)) {
		a := attribute{Name: name}
		switch value := out.Item[name].(type) {
		case *types.AttributeValueMemberS:
			a.Value = strconv.Quote(clip(value.Value))
		case *types.AttributeValueMemberN:
			a.Value = value.Value
		default: // nothing here writes one
			a.Value = "a value of the type " + strings.TrimPrefix(fmt.Sprintf("%T", value), "*types.AttributeValueMember")
		}
		all = append(all, a)
	}
	return all, nil
}

func fields(value func(i int) string) (all []field) {
	for i, feature := range item.Features {
		label := feature.Label()
		all = append(all, field{feature.Name, strings.ToUpper(label[:1]) + label[1:], value(i)})
	}
	return all
}

func (s *server) item(r *http.Request) (item.Item, error) {
	id := r.PathValue("id")
	if !item.ValidID(id) {
		return item.Item{}, notAnID(id)
	}
	return s.table.Get(r.Context(), id)
}

func notAnID(id string) error {
	return &mistake{"This is not an id", "An id has 32 characters, digits and the letters a to f. You asked for “" + clip(id) + "”."}
}

// clip shortens what somebody has sent.
func clip(text string) string {
	if runes := []rune(text); len(runes) > 100 {
		return string(runes[:100]) + "…"
	}
	return text
}

func (s *server) enqueueItem(r *http.Request) (string, error) {
	one, err := s.item(r)
	if err != nil {
		return "", err
	}
	return "/items/" + one.ID + "?done=enqueued", s.queue.Enqueue(r.Context(), one.ID)
}

// mendItem writes the measurements of an item that was spoiled. They have to be those that it was
// created with: its id is made of them. It does not enqueue: a dead letter of the item is redriven.
func (s *server) mendItem(r *http.Request) (string, error) {
	one, err := s.item(r)
	if err != nil {
		return "", err
	}
	m, err := parseForm(r)
	if err != nil {
		return "", err
	}
	if m.ID() != one.ID {
		return "", &mistake{"These measurements belong to another item", "The id of an item follows from its measurements. Those that you entered lead to the item “" + m.ID() + "”, so nothing was changed. Enter the ones that this item was created with. To store another item, post it."}
	}
	in := s.setMeasurements(one.ID, m)
	in.ConditionExpression = aws.String("attribute_exists(id)")
	_, err = s.dynamodb.UpdateItem(r.Context(), in)
	return "/items/" + one.ID + "?done=mended", err
}

// setMeasurements returns an update that writes an item's measurements. The placeholders of each are # and :
// with its index, because a name may be a reserved word.
func (s *server) setMeasurements(id string, m item.Measurements) *dynamodb.UpdateItemInput {
	in := &dynamodb.UpdateItemInput{
		TableName: &s.stack.Table, Key: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id}},
		ExpressionAttributeNames:  map[string]string{},
		ExpressionAttributeValues: map[string]types.AttributeValue{},
	}
	var sets []string
	for i, feature := range item.Features {
		number := strconv.Itoa(i)
		sets = append(sets, "#"+number+" = :"+number)
		in.ExpressionAttributeNames["#"+number] = feature.Name
		in.ExpressionAttributeValues[":"+number] = &types.AttributeValueMemberN{Value: item.FormatNumber(m[i])}
	}
	in.UpdateExpression = aws.String("SET " + strings.Join(sets, ", "))
	return in
}
