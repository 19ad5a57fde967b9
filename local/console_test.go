package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"simple-sam-demo/enricher/classifier/dataset"
	"simple-sam-demo/internal/names"
	"simple-sam-demo/shared/item"
)

var pageLine = regexp.MustCompile(`the page that shows it: (.*)`)

func pageOf(t *testing.T, s started) string {
	t.Helper()
	found := pageLine.FindStringSubmatch(s.banner)
	if found == nil {
		t.Fatalf("no page in the banner:\n%s", s.banner)
	}
	return found[1]
}

func TestAPageShowsTheStack(t *testing.T) {
	t.Parallel()
	s := start(t, "-api-key", "k")
	page := pageOf(t, s)
	if text := read(t, page); !strings.Contains(text, "The pipeline") || !strings.Contains(text, s.aws) {
		t.Errorf("the page says %s", text)
	}
	if names.Batch() != "" { // the page posts the data set by batch
		tryAll(t, page)
	}

	// A browser that looks does not keep the program from stopping.
	stream, err := http.Get(page + "/events/overview")
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	looks := bufio.NewScanner(stream.Body)
	for n := 0; n < 2 && looks.Scan(); {
		if looks.Text() == "data: </ol>" {
			n++
		}
	}
	if looks.Err() != nil || looks.Text() != "data: </ol>" {
		t.Errorf("the stream ends with %q, %v", looks.Text(), looks.Err())
	}
	if status := s.stop(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

// tryAll lets the page post the data set, and looks at what it says.
func tryAll(t *testing.T, page string) {
	t.Helper()
	token := regexp.MustCompile(`name="token" value="([^"]+)"`).FindStringSubmatch(read(t, page+"/try"))[1]
	answer, err := http.PostForm(page+"/try/all", url.Values{"token": {token}})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	different := map[item.Measurements]bool{}
	for _, row := range dataset.Rows() {
		different[row.Measurements] = true
	}
	want := fmt.Sprintf("%d are new", len(different))
	if text, err := io.ReadAll(answer.Body); err != nil || !strings.Contains(string(text), want) {
		t.Errorf("no %q: %v %s", want, err, text)
	}
}

func read(t *testing.T, url string) string {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestThePageCanBeLeftOut(t *testing.T) {
	t.Parallel()
	if s := start(t, "-console", "none"); pageLine.MatchString(s.banner) {
		t.Errorf("the banner is %s", s.banner)
	}
}

func TestThePageIsNextToTheAPI(t *testing.T) {
	for api, want := range map[string]string{
		"127.0.0.1:3000":  "127.0.0.1:3001",
		"0.0.0.0:8080":    "127.0.0.1:8081", // other machines do not reach the page unless asked to
		"127.0.0.1:0":     "127.0.0.1:0",
		"127.0.0.1:65535": "", // there is none
	} {
		if got := nextTo(api); got != want {
			t.Errorf("next to %s: %s, want %s", api, got, want)
		}
	}
}

func TestWithoutAPortForThePageTheBannerSaysSo(t *testing.T) {
	var b banner
	stop, err := serveConsole(t.Context(), options{console: nextTo("127.0.0.1:65535")}, &b)
	if want := "none, as no port comes after the API's; -console host:port chooses an address"; err != nil || b.console != want {
		t.Errorf("%v, %q", err, b.console)
	}
	stop()
}

func TestAPageThatNobodyAskedForGivesWay(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	o := options{console: taken.Addr().String(), given: map[string]bool{}}
	var b banner
	stop, err := serveConsole(t.Context(), o, &b)
	if err != nil || !strings.Contains(b.console, "is in use; -console host:port") {
		t.Errorf("%v, %q", err, b.console)
	}
	stop()
	o.given["console"] = true
	if _, err := serveConsole(t.Context(), o, &b); err == nil || !strings.Contains(err.Error(), "choose another address with -console") {
		t.Errorf("error %v", err)
	}
}
