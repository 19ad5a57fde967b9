package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"simple-sam-demo/internal/console"
	"simple-sam-demo/local/stacktest"
)

// The address of what a form led to stays in the browser: a newcomer loads it again, or comes back to it.
func TestWhereAFormHasLedCanBeLoadedAgain(t *testing.T) {
	b := serve(t, stacktest.Build(t, nil, nil, t.Output()), console.Options{})
	for path, want := range map[string]string{
		"/try/all": "/try", "/try/spoilt": "/try",
		"/dead-letters/choose": "/dead-letters", "/dead-letters/redrive": "/dead-letters", "/dead-letters/delete": "/dead-letters",
		"/items/7a28b976958cde0e54a2c90da2b25da4/mend": "/items/7a28b976958cde0e54a2c90da2b25da4",
	} {
		if w := b.send(http.MethodGet, path, nil, nil); w.Header().Get("Location") != want {
			t.Errorf("GET %s: %d to %q, want %q", path, w.Code, w.Header().Get("Location"), want)
		}
	}
}

func TestAFormThatIsRefusedLeadsBackToItsPage(t *testing.T) {
	b := serve(t, stacktest.Build(t, nil, nil, t.Output()), console.Options{})
	refused := func(token, referer string) string {
		return b.send(http.MethodPost, "/dead-letters/choose", url.Values{"token": {token}}, map[string]string{"Referer": referer}).Body.String()
	}
	const link = `<a class="button" href="/dead-letters?code=InvalidItem">Go back</a>`
	wantIn(t, "nothing chosen", refused(b.token(t), "http://"+host+"/dead-letters?code=InvalidItem"), "No message is chosen", link)
	wantIn(t, "a form from before a new start", refused("old", "http://"+host+"/dead-letters?code=InvalidItem"), "Nothing was changed", link)
	for elsewhere, want := range map[string]string{"http://evil.test/": "", "http://" + host + "//evil.test/": "/evil.test", "javascript:alert(1)": "", "%": ""} {
		if got := between(refused("old", elsewhere), `<p><a class="button" href="`, `"`); got != want {
			t.Errorf("from %s: it leads to %q, want %q", elsewhere, got, want)
		}
	}
}

// The old text is gone afterwards. A message that is sent as it was only comes back.
func TestOnlyAChangedMessageIsAskedAbout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, console.Options{})
		b.bury(t, 1, "two\nlines", nil)
		id := letterIDs(b.get(t, "/dead-letters"))[0]
		wantIn(t, "a text that names no item", b.post(t, "/dead-letters/redrive", "id", id, "body", "three"), "Redrive the changed message?", "It will come back to the dead letters")
		settle()
		if left := letterIDs(b.get(t, "/dead-letters")); len(left) != 1 || left[0] != id {
			t.Errorf("asked, and not answered: %v, before: %s", left, id)
		}
		was := between(b.get(t, "/dead-letters/one/"+id), `name="was" value="`, `"`)
		wantIn(t, "the same text", b.post(t, "/dead-letters/redrive", "id", id, "was", was, "body", "two\r\nlines"), "1 message redriven")
		wantIn(t, "the same text from another tab", b.post(t, "/dead-letters/redrive", "id", id, "was", was, "body", "two\r\nlines"), "1 not found", "Nothing was done about it")
		wantIn(t, "the letter", b.send(http.MethodGet, "/dead-letters/one/"+id, nil, nil).Body.String(), "not in the dead-letter queue", `href="/dead-letters">Go back`)
	})
}

func TestADeployedStackIsAskedAboutBeforeItGetsWhatNobodyCanTakeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, console.Options{}, func(s *console.Stack) { s.Name, s.Account, s.Region = "items", "123456789012", "eu-central-1" })
		for _, what := range []string{"all", "message", "spoilt"} {
			wantIn(t, what, b.post(t, "/try/"+what), "this stack?", "123456789012", `name="sure"`)
		}
		settle()
		wantIn(t, "the pipeline", b.get(t, "/"), `<span id="items">0</span>`, `<span id="dead">0</span>`)
		_, different := countRows()
		wantIn(t, "the result", b.post(t, "/try/all", "sure", "yes"), fmt.Sprintf("%d are new", different))
	})
}

func TestALookAtTheDeadLettersSaysWhenItIsOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, console.Options{})
		wantIn(t, "the dead letters", b.get(t, "/dead-letters"), "/events/letters?had=0", "changed from:#live")
		last := b.stream(t.Context(), "letters?had=0")
		stacktest.Wait(time.Second)
		if strings.Contains(last(), "Read it again") {
			t.Errorf("nothing has changed: %s", last())
		}
		b.bury(t, 1, "x", nil)
		stacktest.Wait(2 * time.Second)
		wantIn(t, "the stream", last(), "The list below was read when there were 0 dead letters.", "Read it again")
	})
}

func TestAnItemThatWaitsIsLookedAtAgainButNotForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := serve(t, stacktest.Build(t, nil, nil, t.Output()), console.Options{}) // nothing classifies
		id := example.ID()
		b.post(t, "/try/one", formOf(example)...)
		looks := 0
		for path := "/items/" + id; path != ""; looks++ {
			page := b.get(t, path)
			wantIn(t, path, page, "Waiting")
			path = strings.ReplaceAll(between(page, `hx-get="`, `"`), "&amp;", "&")
			if looks > 100 {
				t.Fatal("it does not end")
			}
		}
		if looks < 10 {
			t.Errorf("%d looks", looks)
		}
	})
}

// AWS counts a message up to a minute after it was sent.
func TestTheAgeOfTheOldestMessageAllowsForLateCounts(t *testing.T) {
	for name, want := range map[string]string{"": "at most 3 s ago", "items": "at most 1 min ago"} {
		synctest.Test(t, func(t *testing.T) {
			b := serve(t, stacktest.Build(t, nil, nil, t.Output()), console.Options{}, func(s *console.Stack) { s.Name = name })
			wantIn(t, "the pipeline", b.get(t, "/"), "the queue is empty")
			b.post(t, "/try/message", "sure", "yes")
			time.Sleep(2 * time.Second)
			wantIn(t, "the pipeline", b.get(t, "/"), "the oldest message came "+want)
		})
	}
}

func TestAReadOnlyPageDoesNotSendPeopleToWhatItRefuses(t *testing.T) {
	b := serve(t, stacktest.Build(t, nil, nil, t.Output()), console.Options{ReadOnly: true})
	if text := b.get(t, "/"); strings.Contains(text, "Post the ") || !strings.Contains(text, "No items yet.") {
		t.Error(text)
	}
}
