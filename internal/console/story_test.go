package console_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"simple-sam-demo/internal/console"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/inmemory"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
)

func TestTheDataSetIsPostedAndShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, console.Options{})
		wantIn(t, "the empty pipeline", b.get(t, "/"), "No items yet", `<span id="items">0</span>`)
		rows, different := countRows()
		wantIn(t, "the result", b.post(t, "/try/all"), fmt.Sprintf("%d are new, %d known already, 0 rejected, 0 failed.", different, rows-different))
		wantIn(t, "the result of a second time", b.post(t, "/try/all"), fmt.Sprintf("0 are new, %d known already", rows), "Known ones are queued again")
		settle()
		wantIn(t, "the pipeline", b.get(t, "/"), fmt.Sprintf(`<span id="items">%d</span>`, different), `<span id="waiting">0</span>`)
		wantIn(t, "the scatter", b.get(t, "/scatter"), fmt.Sprintf("%d items:", different))
		wantIn(t, "the items", b.get(t, "/items"), "50 items, a part of the table", "CLASSIFIED", "Next page")
		wantIn(t, "the pending ones", b.get(t, "/items?status=PENDING"), "No PENDING items.")
	})
}

// DynamoDB says that there may be more when a page is full, and does not look whether there are.
func TestAfterAFullPageOfItemsThereAreNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := serve(t, stacktest.Build(t, nil, nil, t.Output()), console.Options{})
		wantIn(t, "the first page", b.get(t, "/items"), "The table is empty.", "Post some items.")
		wantIn(t, "the first page of the pending ones", b.get(t, "/items?status=PENDING"), "No PENDING items.")
		b.store(t, 50)
		after := "after=" + between(b.get(t, "/items"), `href="/items?after=`, `"`)
		last := b.get(t, "/items?"+after)
		wantIn(t, "the last page", last, "No more items.")
		if strings.Contains(last, "The table is empty") || strings.Contains(last, "Post some") {
			t.Error(last)
		}
		wantIn(t, "the last page of the pending ones", b.get(t, "/items?status=PENDING&"+after), "No further PENDING items.")
	})
}

func TestAPoisonMessageIsFoundRedrivenAndDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, console.Options{})
		b.post(t, "/try/message")
		settle()
		list := b.get(t, "/dead-letters")
		wantIn(t, "the dead letters", list, "The only one that was visible", "MalformedMessage", "body has no usable id")
		id := letterIDs(list)[0]
		wantIn(t, "the letter", b.get(t, "/dead-letters/one/"+id), "find out who sent it", "{&#34;id&#34;:&#34;poison&#34;}", "000000000000")

		wantIn(t, "what is asked", b.post(t, "/dead-letters/choose", "id", id, "action", "redrive"), "Redrive 1 message?", id)
		wantIn(t, "the outcome", b.post(t, "/dead-letters/redrive", "id", id), "1 message redriven", "It is in EnrichQueue now")
		settle()
		again := letterIDs(b.get(t, "/dead-letters"))
		if len(again) != 1 || again[0] == id {
			t.Fatalf("dead letters after the redrive: %v, before: %s", again, id)
		}

		wantIn(t, "what is asked", b.post(t, "/dead-letters/choose", "id", again[0], "action", "delete"), "Delete 1 message?")
		wantIn(t, "the outcome", b.post(t, "/dead-letters/delete", "id", again[0]), "1 message deleted")
		wantIn(t, "the dead letters", b.get(t, "/dead-letters"), "No dead letters")
		wantIn(t, "a letter that is gone", b.send(http.MethodGet, "/dead-letters/one/"+id, nil, nil).Body.String(), "not in the dead-letter queue")
	})
}

func TestAMendedMessageIsClassified(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, console.Options{})
		b.post(t, "/try/message")
		b.post(t, "/try/one", formOf(example)...)
		settle()
		id := example.ID()
		class, probability := embedded(t).Predict(example)
		wantIn(t, "the item", b.get(t, "/items/"+id), "CLASSIFIED", html.EscapeString(class), fmt.Sprintf("%.1f %%", 100*probability), "by model")
		letter := letterIDs(b.get(t, "/dead-letters"))[0]
		body := `{"id":"` + id + `"}`
		wantIn(t, "what is asked", b.post(t, "/dead-letters/redrive", "id", letter, "body", body), "Redrive the changed message?", "cannot be undone", "Your text", "As it was", "poison")
		wantIn(t, "the outcome", b.post(t, "/dead-letters/redrive", "id", letter, "body", body, "sure", "yes"), "1 message redriven", `href="/items/`+id)
		settle()
		wantIn(t, "the dead letters", b.get(t, "/dead-letters"), "No dead letters")
	})
}

var itemLink = regexp.MustCompile(`/items/([0-9a-f]{32})`)

func TestASpoiltItemIsMendedRedrivenAndClassified(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, console.Options{})
		id := itemLink.FindStringSubmatch(b.post(t, "/try/spoilt"))[1]
		settle()
		page := b.get(t, "/items/"+id)
		spoilt := item.Features[item.Plotted[0]]
		wantIn(t, "the item", page, "FAILED", "InvalidItem", spoilt.Name+" must be a number.", "not a number", "&#34;spoilt&#34;", ">Mend</button>")

		mend := func(number string) string {
			form := []string{spoilt.Name, number}
			for _, known := range regexp.MustCompile(`<input name="([^"]+)" value="([^"]+)" inputmode`).FindAllStringSubmatch(page, -1) {
				form = append(form, known[1:]...)
			}
			return b.post(t, "/items/"+id+"/mend", form...)
		}
		wantIn(t, "another number", mend(item.FormatNumber(spoilt.Max)), "belong to another item")
		wantIn(t, "no number", mend("none"), "can&#39;t parse "+spoilt.Name+" to float.")
		wantIn(t, "the right number", mend(item.FormatNumber(example[item.Plotted[0]])), "Its measurements are mended")

		b.post(t, "/dead-letters/redrive", "id", letterIDs(b.get(t, "/dead-letters?code=InvalidItem"))[0])
		settle()
		wantIn(t, "the item", b.get(t, "/items/"+id), "CLASSIFIED")
		wantIn(t, "the dead letters", b.get(t, "/dead-letters"), "No dead letters")
	})
}

func TestAllAreRedrivenByAMoveTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, console.Options{})
		b.post(t, "/try/one", formOf(example)...)
		b.bury(t, 40, `{"id":"`+example.ID()+`"}`, nil)
		settle()
		wantIn(t, "what is asked", b.get(t, "/dead-letters/redrive-all"), "Redrive all 40 messages?")
		b.post(t, "/dead-letters/redrive-all")
		settle()
		wantIn(t, "the dead letters", b.get(t, "/dead-letters"), "No dead letters", "<strong>completed</strong>, 40 moved")
	})
}

// What a look hides, a move task leaves out.
func TestWhileATaskMovesLettersThePageShowsItsProgressAndDoesNotLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, console.Options{})
		b.bury(t, 40, "x", nil)
		const arn = "arn:aws:sqs:us-east-1:000000000000:"
		_, err := b.SQS.StartMessageMoveTask(t.Context(), &sqs.StartMessageMoveTaskInput{
			SourceArn: aws.String(arn + "EnrichDeadLetterQueue"), DestinationArn: aws.String(arn + "EnrichQueue"), MaxNumberOfMessagesPerSecond: aws.Int32(1),
		})
		if err != nil {
			t.Fatal(err)
		}
		stacktest.Wait(5 * time.Second)
		list := b.get(t, "/dead-letters")
		wantIn(t, "the dead letters", list, "They are being redriven", "of about 40 moved", "<progress", "Cancel")
		if ids := letterIDs(list); len(ids) > 0 {
			t.Errorf("it has looked at %d letters", len(ids))
		}
		b.post(t, "/dead-letters/cancel", "task", between(list, `name="task" value="`, `"`))
		settle()
		wantIn(t, "the dead letters", b.get(t, "/dead-letters"), "<strong>cancelled</strong>", "that were visible")
	})
}

func TestTheDownloadHasAllLetters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, console.Options{})
		b.bury(t, 130, "a\nb", map[string]string{"failure_code": "InvalidItem"})
		b.bury(t, 20, "c", nil)
		for path, want := range map[string]int{"/dead-letters.jsonl": 150, "/dead-letters.jsonl?code=InvalidItem": 130, "/dead-letters.jsonl?code=RetriesExhausted": 0} {
			lines := bufio.NewScanner(strings.NewReader(b.get(t, path)))
			got := map[string]bool{}
			for lines.Scan() {
				var letter struct {
					MessageID string `json:"message_id"`
					Body      string `json:"body"`
				}
				if err := json.Unmarshal(lines.Bytes(), &letter); err != nil || letter.Body == "" {
					t.Errorf("%s: line %s: %v", path, lines.Text(), err)
				}
				got[letter.MessageID] = true
			}
			if len(got) != want {
				t.Errorf("%s: %d letters, want %d", path, len(got), want)
			}
		}
		wantIn(t, "the download", b.get(t, "/dead-letters.jsonl"), `"attributes":{"failure_code":{"DataType":"String","StringValue":"InvalidItem"}}`)
	})
}

func TestWhatTheAPIRefusesIsShownWithItsWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, console.Options{})
		_, faults := sample.Faulty()
		wantIn(t, "a bad item", b.post(t, "/try/bad"), html.EscapeString(faults[0]), "unknown key colour", "answered 400")
		first := item.Features[0].Name
		wantIn(t, "an item without a number", b.post(t, "/try/one", first, "x"), "refused it", "can&#39;t parse "+first+" to float.", `value="x"`)
		id := strings.Repeat("0", 32)
		wantIn(t, "an id", b.send(http.MethodGet, "/items?id=+"+id, nil, nil).Header().Get("Location"), "/items/"+id)
		for _, id := range []string{"abc", "..", ".", "//evil.test", "a/b?c#d"} {
			wantIn(t, id, b.send(http.MethodGet, "/items?id="+url.QueryEscape(id), nil, nil).Body.String(), "This is not an id", "“"+id+"”")
		}
		wantIn(t, "no id", b.send(http.MethodGet, "/items/abc", nil, nil).Body.String(), "This is not an id")
		wantIn(t, "an unknown id", b.send(http.MethodGet, "/items/"+strings.Repeat("0", 32), nil, nil).Body.String(), "There is no item with this id")
		wantIn(t, "nothing chosen", b.post(t, "/dead-letters/choose", "action", "delete"), "No message is chosen")
	})
}

func TestAnAPIThatDemandsASignatureGetsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stacktest.Start(t, map[string]string{"ApiAuthorization": "AWS_IAM"}, nil)
		b := serve(t, s, console.Options{}, func(stack *console.Stack) {
			stack.HTTP = &http.Client{Transport: inmemory.Transport{Handler: s.API}} // the stack's own client signs
		})
		_, different := countRows()
		wantIn(t, "the result", b.post(t, "/try/all"), fmt.Sprintf("%d are new", different))
	})
}
