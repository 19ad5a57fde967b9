package console_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"simple-sam-demo/internal/console"
)

// The browser's program, axe-core's axe.min.js, and, when it is set, the folder for screenshots.
// .ci/run installs the first two.
const (
	browserVariable     = "CONSOLE_BROWSER"
	axeVariable         = "CONSOLE_AXE"
	screenshotsVariable = "CONSOLE_SCREENSHOTS"
)

// tab is a browser's tab that shows the page.
type tab struct {
	*bed
	t       *testing.T
	ctx     context.Context
	url     string
	axe     string
	look    string // names the screenshots
	mu      sync.Mutex
	trouble []string // what the browser complained of
}

// open opens the page of a running stack in a tab of a width in pixels, in light or dark.
func open(t *testing.T, width int64, scheme string, change ...func(*console.Stack)) *tab {
	t.Helper()
	browser := os.Getenv(browserVariable)
	if browser == "" {
		t.Skipf("no browser: set %s to a Chromium, and %s to axe-core's axe.min.js; .ci/run does", browserVariable, axeVariable)
	}
	axe, err := os.ReadFile(os.Getenv(axeVariable))
	if err != nil {
		t.Fatalf("%s: %v", axeVariable, err)
	}
	b := newBed(t, console.Options{}, change...)
	server := httptest.NewServer(b.page)
	t.Cleanup(server.Close)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser), chromedp.NoSandbox)
	allocator, _ := chromedp.NewExecAllocator(t.Context(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	opened := &tab{bed: b, t: t, ctx: ctx, url: server.URL, axe: string(axe), look: fmt.Sprintf("%d-%s", width, scheme)}
	opened.do(chromedp.EmulateViewport(width, 900))
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, media); err != nil {
		t.Fatal(err)
	}
	opened.listen()
	return opened
}

func (b *tab) listen() {
	err := chromedp.Listen(b.ctx, func(event any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			b.trouble = append(b.trouble, e.ExceptionDetails.Text)
		case *log.EventEntryAdded: // what the policy refuses, say
			if e.Entry.Level == "error" {
				b.trouble = append(b.trouble, e.Entry.Text+" "+e.Entry.URL)
			}
		}
	})
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := chromedp.Call(b.ctx, log.Enable, cdp.Empty{}); err != nil {
		b.t.Fatal(err)
	}
}

// troubles returns what the browser complained of since the last call.
func (b *tab) troubles() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := b.trouble
	b.trouble = nil
	return all
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatalf("%v; on the page: %s", err, b.text())
	}
}

func (b *tab) visit(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.url+path), chromedp.WaitReady(chromedp.CSS("main")))
}

// click clicks on the button or link with a text, and waits for the page that it leads to.
func (b *tab) click(text string) {
	b.t.Helper()
	if _, err := chromedp.RunResponse(b.ctx, chromedp.Click(withText(text))); err != nil {
		b.t.Fatalf("click on %q: %v; on the page: %s", text, err, b.text())
	}
	b.do(chromedp.WaitReady(chromedp.CSS("main")))
}

// press clicks on the button with a text that leads to no other page.
func (b *tab) press(text string) {
	b.t.Helper()
	b.do(chromedp.Click(withText(text)))
}

func withText(text string) chromedp.Search {
	return chromedp.Search(fmt.Sprintf(`//main//*[self::button or self::a or self::summary][normalize-space()=%q] | //nav//a[normalize-space()=%q]`, text, text))
}

// text is what the page says.
func (b *tab) text() string {
	text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.querySelector("main").innerText`)) // it is only shown
	return text
}

// evaluate returns the value of an expression.
func evaluate[T any](b *tab, expression string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatal(err)
	}
	return value
}

// sees waits until the page says something, or some seconds.
func (b *tab) sees(parts ...string) {
	b.t.Helper()
	for _, part := range parts {
		b.until(fmt.Sprintf(`document.querySelector("main").innerText.includes(%q)`, part))
	}
}

// until waits until an expression is true.
func (b *tab) until(expression string) {
	b.t.Helper()
	_, err := chromedp.Run(b.ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(15*time.Second)))
	if err != nil {
		b.t.Fatalf("waiting for %s: %v; on the page: %s", expression, err, b.text())
	}
}

// reload loads a page until it says something: the dead letters are looked at when it is loaded.
func (b *tab) reload(path, until string) {
	b.t.Helper()
	for range 50 {
		if b.visit(path); strings.Contains(b.text(), until) {
			return
		}
	}
	b.t.Fatalf("%s never says %q but %s", path, until, b.text())
}

// check looks at the page with axe, whether it fits into the window, and at what the browser complained
// of. It takes a screenshot, if they are wanted.
func (b *tab) check(name string) {
	b.t.Helper()
	evaluate[int](b, b.axe+";0")
	violations := evaluate[string](b, `axe.run(document, {resultTypes: ["violations"]}).then(r => JSON.stringify(r.violations.map(v => ({id: v.id, help: v.help, nodes: v.nodes.map(n => n.html + " " + n.failureSummary)}))))`)
	overflow := evaluate[int](b, `document.documentElement.scrollWidth - window.innerWidth`)
	var found []any
	if err := json.Unmarshal([]byte(violations), &found); err != nil || len(found) > 0 {
		b.t.Errorf("%s: not accessible: %v %s", name, err, violations)
	}
	if overflow > 0 {
		b.t.Errorf("%s: %d pixels wider than the window", name, overflow)
	}
	for _, trouble := range b.troubles() {
		b.t.Errorf("%s: the browser says %s", name, trouble)
	}
	if folder := os.Getenv(screenshotsVariable); folder != "" {
		picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
		if err != nil {
			b.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name+"-"+b.look+".png"), picture, 0o600); err != nil {
			b.t.Fatal(err)
		}
	}
}
