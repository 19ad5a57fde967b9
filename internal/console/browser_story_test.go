package console_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"simple-sam-demo/internal/console"
	"simple-sam-demo/shared/item"
)

// What a newcomer does, by clicking only.
func TestInABrowserANewcomerFindsAndMendsWhatDied(t *testing.T) {
	for _, look := range []struct {
		width  int64
		scheme string
	}{{1280, "light"}, {1280, "dark"}, {360, "light"}, {360, "dark"}} {
		t.Run(fmt.Sprint(look.width, " ", look.scheme), func(t *testing.T) {
			b := open(t, look.width, look.scheme)
			b.postTheItems()
			b.poison()
			b.spoil()
			b.browse()
		})
	}
}

func TestInABrowserADeployedStackIsNamedInRed(t *testing.T) {
	for _, scheme := range []string{"light", "dark"} {
		t.Run(scheme, func(t *testing.T) {
			b := open(t, 360, scheme, func(s *console.Stack) {
				s.Name, s.Account, s.Region = "simple-sam-demo", "123456789012", "eu-central-1"
			})
			for name, path := range map[string]string{"pipeline": "/", "try": "/try", "redrive-all": "/dead-letters/redrive-all", "items": "/items"} {
				b.visit(path)
				b.until(`document.querySelector(".where.deployed").innerText.includes("123456789012")`)
				b.check("deployed-" + name)
			}
			b.visit("/")
			b.press("Send a poison message")
			b.sees("to this stack?")
			b.check("deployed-question")
			b.press("Yes, send it")
			b.sees("A poison message is in the queue")
		})
	}
}

func (b *tab) postTheItems() {
	b.visit("/")
	b.check("empty")
	rows, different := countRows()
	b.press(fmt.Sprintf("Post the %d items", rows))
	b.sees(fmt.Sprintf("%d are new", different)) // on the page itself, where one can watch
	b.check("posted")
	b.until(`document.getElementById("items").innerText === "` + strconv.Itoa(different) + `"`)
	b.until(`document.querySelector("#plot svg[role=img]").getAttribute("aria-label").includes("` + strconv.Itoa(different) + ` items")`)
	b.check("pipeline")
}

func (b *tab) poison() {
	b.press("What these words mean") // stays open while the page moves
	b.until(`document.querySelector("details.words").open`)
	b.click("Try it")
	b.check("try")
	b.click("Send a poison message")
	b.click("Watch the pipeline")
	b.until(`document.getElementById("dead").innerText === "1"`)
	b.click("Find out why")
	b.sees("MalformedMessage", "body has no usable id")
	b.check("dead-letters")
	b.click("MalformedMessage")
	b.sees("find out who sent it")
	b.check("dead-letter")
	b.do(chromedp.SendKeys(chromedp.CSS("#body"), "x"))
	b.click("Redrive this message")
	b.sees("Redrive the changed message?", "As it was")
	b.check("confirm-changed")
	b.click("Dead letters")
	b.do(chromedp.Click(chromedp.CSS(`input[name="id"]`)))
	b.click("Redrive chosen…")
	b.sees("Redrive 1 message?")
	b.check("confirm")
	b.click("Redrive")
	b.sees("1 message redriven")
	b.check("outcome")
	b.reload("/dead-letters", "MalformedMessage") // it died again
	b.do(chromedp.Click(chromedp.CSS("#every input")))
	b.click("Delete chosen…")
	b.click("Delete")
	b.click("Back to the dead letters")
	b.sees("No dead letters")
	b.check("no-dead-letters")
}

func (b *tab) spoil() {
	b.click("Try it")
	b.click("Store a spoilt item")
	spoilt := item.Features[item.Plotted[0]]
	was := item.FormatNumber(example[item.Plotted[0]])
	b.sees("Its " + spoilt.Words() + " was " + was)
	b.reload("/dead-letters", "InvalidItem")
	b.do(chromedp.Click(chromedp.CSS(`td[data-label="Item"] a`)), chromedp.WaitReady(chromedp.CSS("ol.history")))
	b.sees("FAILED")
	b.check("item-failed")
	b.do(chromedp.SendKeys(chromedp.CSS(`input[name="`+spoilt.Name+`"]`), was))
	b.click("Mend")
	b.check("item-mended")
	b.sees("Its measurements are mended")
	b.click("dead letter")
	b.click("InvalidItem")
	b.click("Redrive this message")
	b.sees("1 message redriven")
	b.reload("/dead-letters", "No dead letters")
	b.visit("/items?status=FAILED")
	b.sees("No FAILED items")
	_, different := countRows()
	b.visit("/scatter")
	b.until(`document.querySelector("#plot svg[role=img]").getAttribute("aria-label").includes("` + strconv.Itoa(different+1) + ` items")`)
	b.check("scatter")
}

// browse goes through what is left, by the keyboard first.
func (b *tab) browse() {
	b.visit("/")
	b.do(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter))
	b.until(`location.hash === "#main"`)
	b.click("Items")
	b.check("items")
	b.do(chromedp.Click(chromedp.CSS(`td[data-label="Item"] a`)), chromedp.WaitReady(chromedp.CSS("ol.history")))
	b.sees("CLASSIFIED", "by model")
	b.check("item")
	b.click("Enqueue again")
	b.sees("in the queue again")
	b.until(`document.querySelector("#state").getAttribute("hx-get").includes("looks=3")`) // it looks again by itself
	b.bury(b.t, 120, "x", map[string]string{"failure_code": "RetriesExhausted", "failure_reason": "ThrottlingException"})
	b.visit("/dead-letters")
	b.sees("Next page")
	b.click("Redrive all…")
	b.sees("Redrive all 120 messages?")
	b.check("redrive-all")
	b.click("Redrive all")
	b.sees("completed, 120 moved")
	b.sees("MalformedMessage") // what came back is read without a click
	b.until(`document.getElementById("live").innerText.includes("120")`)
	b.visit("/dead-letters") // the list was perhaps read before all were back
	b.do(chromedp.Click(chromedp.CSS("#every input")))
	b.until(`document.querySelectorAll("#chosen input[name=id]:checked").length === 100`)
	b.check("redriven")
	b.down.Store(true)
	b.sees("The local stack does not answer")
	b.check("endpoint-gone")
	b.down.Store(false)
	b.until(`!document.querySelector("#live").innerText.includes("does not answer")`)
	b.visit("/nowhere")
	b.troubles() // 404 is what it is about
	b.check("nowhere")
}
