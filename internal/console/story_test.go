package console_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"simple-sam-demo/internal/console"
	"simple-sam-demo/local/inmemory"
	"simple-sam-demo/local/stacktest"
	"simple-sam-demo/shared/item"
)

func TestTheFlowersArePostedAndShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, console.Options{})
		wantIn(t, "the empty pipeline", b.get(t, "/"), "No flowers yet", `<span id="items">0</span>`)
		wantIn(t, "the result", b.post(t, "/try/all"), "149 are new, 1 known already, 0 rejected, 0 failed. One flower is in the data set twice.")
		wantIn(t, "the result of a second time", b.post(t, "/try/all"), "0 are new, 150 known already", "Known ones are queued again")
		settle()
		wantIn(t, "the pipeline", b.get(t, "/"), `<span id="items">149</span>`, `<span id="waiting">0</span>`)
		wantIn(t, "the scatter", b.get(t, "/flowers"), "149 items: 50 setosa. 48 versicolor. 51 virginica.")
		wantIn(t, "the items", b.get(t, "/items"), "50 items, a part of the table", "CLASSIFIED", "Next page")
		wantIn(t, "the pending ones", b.get(t, "/items?status=PENDING"), "No PENDING items.")
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
		b.post(t, "/try/one", "sepal_length", "5.1", "sepal_width", "3.5", "petal_length", "1.4", "petal_width", "0.2")
		settle()
		item := item.Measurements{5.1, 3.5, 1.4, 0.2}.ID()
		wantIn(t, "the item", b.get(t, "/items/"+item), "CLASSIFIED", "setosa", "97.3 %", "by model")
		letter := letterIDs(b.get(t, "/dead-letters"))[0]
		body := `{"id":"` + item + `"}`
		wantIn(t, "what is asked", b.post(t, "/dead-letters/redrive", "id", letter, "body", body), "Redrive the changed message?", "cannot be undone", "Your text", "As it was", "poison")
		wantIn(t, "the outcome", b.post(t, "/dead-letters/redrive", "id", letter, "body", body, "sure", "yes"), "1 message redriven", `href="/items/`+item)
		settle()
		wantIn(t, "the dead letters", b.get(t, "/dead-letters"), "No dead letters")
	})
}

var itemLink = regexp.MustCompile(`/items/([0-9a-f]{32})`)

func TestASpoiltItemIsMendedRedrivenAndClassified(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, console.Options{})
		item := itemLink.FindStringSubmatch(b.post(t, "/try/spoilt"))[1]
		settle()
		page := b.get(t, "/items/"+item)
		wantIn(t, "the item", page, "FAILED", "InvalidItem", "petal_length must be over 0", "not a number", "&#34;spoilt&#34;", ">Mend</button>")
		width := regexp.MustCompile(`name="petal_width" value="([^"]+)"`).FindStringSubmatch(page)[1]

		mend := func(petalLength string) string {
			return b.post(t, "/items/"+item+"/mend", "sepal_length", "5.1", "sepal_width", "3.5", "petal_length", petalLength, "petal_width", width)
		}
		wantIn(t, "another length", mend("1.5"), "belong to another item")
		wantIn(t, "no length", mend("none"), "can&#39;t parse petal_length to float.")
		wantIn(t, "the right length", mend("1.4"), "Its measurements are mended")

		b.post(t, "/dead-letters/redrive", "id", letterIDs(b.get(t, "/dead-letters?code=InvalidItem"))[0])
		settle()
		wantIn(t, "the item", b.get(t, "/items/"+item), "CLASSIFIED")
		wantIn(t, "the dead letters", b.get(t, "/dead-letters"), "No dead letters")
	})
}

func TestAllAreRedrivenByAMoveTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, console.Options{})
		b.post(t, "/try/one", "sepal_length", "5.1", "sepal_width", "3.5", "petal_length", "1.4", "petal_width", "0.2")
		b.bury(t, 40, `{"id":"`+item.Measurements{5.1, 3.5, 1.4, 0.2}.ID()+`"}`, nil)
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
	})
}

func TestWhatTheAPIRefusesIsShownWithItsWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, console.Options{})
		wantIn(t, "a bad flower", b.post(t, "/try/bad"), "sepal_width must be over 0", "unknown key colour", "answered 400")
		wantIn(t, "a flower without a length", b.post(t, "/try/one", "sepal_length", "x"), "refused it", "can&#39;t parse sepal_length to float.", `value="x"`)
		wantIn(t, "an id", b.send(http.MethodGet, "/items?id=abc", nil, nil).Header().Get("Location"), "/items/abc")
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
		wantIn(t, "the result", b.post(t, "/try/all"), "149 are new")
	})
}
