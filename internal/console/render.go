package console

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"math"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"simple-sam-demo/enricher/classifier/dataset"
	"simple-sam-demo/internal/names"
	"simple-sam-demo/shared/item"
)

var (
	//go:embed templates/*.html
	templateFiles embed.FS
	//go:embed static
	staticFiles embed.FS

	// pages are the templates by their names: the layout with a page's own "main".
	pages = parsePages("overview", "letters", "letter", "confirm", "outcome", "redriveall", "items", "item", "scatter", "try", "error")
)

var functions = template.FuncMap{
	"count": formatCount, "rate": formatRate, "ago": formatAgo, "percent": func(p float64) string { return fmt.Sprintf("%.1f %%", 100*p) },
	"number": formatNumber, "plotted": plotted, "short": func(id string) string { runes := []rune(id); return string(runes[:min(len(runes), 8)]) },
	"clip": clip, "isid": item.ValidID, "lower": strings.ToLower, "plural": formatPlural,
	"rows": func() int { return len(dataset.Rows()) }, "batch": func() bool { return names.Batch() != "" }, "table": names.Table,
}

func parsePages(names ...string) map[string]*template.Template {
	shared := template.Must(template.New("").Funcs(functions).ParseFS(templateFiles, "templates/layout.html", "templates/live.html", "templates/plot.html"))
	all := map[string]*template.Template{}
	for _, name := range names {
		all[name] = template.Must(template.Must(shared.Clone()).ParseFS(templateFiles, "templates/"+name+".html"))
	}
	return all
}

func serveStatic() http.Handler {
	files, err := fs.Sub(staticFiles, "static")
	if err != nil {
		panic(err) // the name is a valid one
	}
	return http.StripPrefix("/static/", http.FileServerFS(files))
}

// view is what a template gets. Main is the page's own.
type view struct {
	Page     string
	Stack    Stack
	ReadOnly bool
	Token    string
	Advice   *advice // what went wrong, or nil
	Back     string  // where somebody came from to whom something went wrong, or ""
	Main     any
}

func (s *server) view(page string, main any) view {
	return view{Page: page, Stack: s.stack, ReadOnly: s.options.ReadOnly, Token: s.token, Main: main}
}

// page serves a page: what show returns goes into its template. An error is shown in its place.
func (s *server) page(name string, show func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		main, err := show(r)
		if elsewhere, ok := errors.AsType[*redirect](err); ok {
			http.Redirect(w, r, elsewhere.to, http.StatusSeeOther)
			return
		}
		if other, ok := errors.AsType[*instead](err); ok {
			s.render(w, http.StatusOK, other.page, s.view(other.page, other.main))
			return
		}
		if err != nil {
			s.fail(w, r, err)
			return
		}
		s.render(w, http.StatusOK, name, s.view(name, main))
	}
}

// redirect leads the browser to another page.
type redirect struct{ to string }

func (r *redirect) Error() string { return "see " + r.to }

// instead shows another page at the same address.
type instead struct {
	page string
	main any
}

func (i *instead) Error() string { return "show " + i.page }

// act serves a change: the browser is led to the page that do returns.
func (s *server) act(do func(*http.Request) (next string, err error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		next, err := do(r)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		s.watcher.Hurry()
		http.Redirect(w, r, next, http.StatusSeeOther)
	}
}

func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	a := s.advise(err)
	v := s.view("error", nil)
	v.Advice = &a
	switch section, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/"); {
	case r.Method == http.MethodPost:
		v.Back = back(r)
	case a.Status < http.StatusInternalServerError && rest != "" && !errors.Is(err, errNoPage):
		v.Back = "/" + section // the list in which this one is missing
	}
	s.render(w, a.Status, "error", v)
}

// back returns the page from which a form was sent, or "".
func back(r *http.Request) string {
	from, err := url.Parse(r.Referer())
	if err != nil || from.Host != r.Host {
		return ""
	}
	return (&url.URL{Path: path.Clean("/" + from.Path), RawQuery: from.RawQuery}).String()
}

func (s *server) render(w http.ResponseWriter, status int, name string, v view) {
	s.write(w, status, name, "layout", v)
}

// write renders before it answers, so that an error is not half a page.
func (s *server) write(w http.ResponseWriter, status int, page, part string, data any) {
	var text bytes.Buffer
	if err := pages[page].ExecuteTemplate(&text, part, data); err != nil {
		http.Error(w, "The page cannot be shown: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = text.WriteTo(w) // the browser may be gone
}

// formatCount groups digits by three with thin spaces.
func formatCount(n any) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "\u202f" + text[i:]
	}
	return text
}

// formatPlural shows a number of things: 1 message, 2 messages.
func formatPlural(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return formatCount(n) + " " + thing
}

// formatRate shows a change a second, or nothing for none.
func formatRate(perSecond float64) string {
	switch n := math.Round(perSecond); {
	case n > 0:
		return "+" + formatCount(int(n)) + "/s"
	case n < 0:
		return "−" + formatCount(int(-n)) + "/s"
	default:
		return ""
	}
}

func formatAgo(t any) string {
	var at time.Time
	switch t := t.(type) {
	case time.Time:
		at = t
	case string:
		at, _ = time.Parse(item.TimeFormat, t)
	}
	if at.IsZero() {
		return ""
	}
	if d := time.Since(at); d >= time.Second {
		return formatDuration(d) + " ago"
	}
	return "now"
}

// formatDuration shows a duration in its greatest unit.
func formatDuration(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	default:
		return fmt.Sprintf("%d days", int(d.Hours()/24))
	}
}

func formatNumber(number float64) string {
	if math.IsNaN(number) || math.IsInf(number, 0) {
		return "not a number"
	}
	return item.FormatNumber(number)
}

// plottedFeature is a feature that the list of items shows.
type plottedFeature struct {
	item.Feature
	Index int // in item.Features
}

// plotted are the features of the scatter: there may be too many to show all of them.
func plotted() (all []plottedFeature) {
	for _, i := range item.Plotted {
		all = append(all, plottedFeature{item.Features[i], i})
	}
	return all
}

var (
	errNoPage  = errors.New("there is no such page")
	errOldForm = errors.New("the form has no valid token")
)
