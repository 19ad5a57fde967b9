package console

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"simple-sam-demo/internal/console/watch"
)

// live is what moves on a page.
type live struct {
	watch.View
	Stale    string // how long ago it was seen, when it cannot be seen now
	Had      string // how many dead letters there were when those on the page were read, or ""
	ReadOnly bool
	Token    string
	Deployed bool
	Advice   *advice
}

func (s *server) live(v watch.View) live {
	l := live{View: v, ReadOnly: s.options.ReadOnly, Token: s.token, Deployed: s.stack.IsDeployed()}
	if v.Err != nil {
		a := s.advise(v.Err)
		l.Advice = &a
		if !v.At.IsZero() {
			l.Stale = formatAgo(v.At)
		}
	}
	return l
}

// Older tells whether the dead letters on the page are not those of now.
func (l live) Older() bool { return l.Had != "" && l.Had != strconv.Itoa(l.Dead.Total()) }

// countsLag is how long a message may be in a queue of AWS before it is counted.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
const countsLag = time.Minute

// Oldest says how long the oldest message of the queue has waited, as far as it can be known: SQS does
// not tell, but all messages came after the queue was last seen empty. CloudWatch's
// ApproximateAgeOfOldestMessage would not do: it is minutes old, and leaves out the messages that were
// received three times.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
func (l live) Oldest() string {
	lag := time.Second
	if l.Deployed {
		lag = countsLag
	}
	switch {
	case l.Queue.Total() == 0:
		return "the queue is empty"
	case l.EmptyAt.IsZero():
		return "the oldest message came before this page began to look"
	default:
		return "the oldest message came at most " + formatDuration(time.Since(l.EmptyAt)+lag) + " ago"
	}
}

// QueueLine is the line of the queue's messages in the last minutes.
func (l live) QueueLine() sparkline {
	return l.line(func(s watch.Sight) int { return s.Queue.Total() })
}

// DeadLine is the line of the dead letters.
func (l live) DeadLine() sparkline {
	return l.line(func(s watch.Sight) int { return s.Dead.Total() })
}

// ItemsLine is the line of the items.
func (l live) ItemsLine() sparkline {
	return l.line(func(s watch.Sight) int { return int(s.Items) })
}

// sparkline is a line in a box of 240 × 40.
type sparkline struct {
	Points string
	Max    int
}

func (l live) line(value func(watch.Sight) int) sparkline {
	const width, height, step = 240.0, 40.0, 2.0
	sights := append(l.Past[:len(l.Past):len(l.Past)], l.Sight)
	line := sparkline{}
	for _, s := range sights {
		line.Max = max(line.Max, value(s))
	}
	var points strings.Builder
	for i, s := range sights {
		y := height - 1
		if line.Max > 0 {
			y = height - 1 - float64(value(s))/float64(line.Max)*(height-3)
		}
		fmt.Fprintf(&points, "%.0f,%.1f ", width-float64(len(sights)-1-i)*step, y)
	}
	line.Points = points.String()
	return line
}

// Working tells whether anything is on its way, so that the picture moves.
func (l live) Working() bool { return l.Advice == nil && l.Queue.Total() > 0 }

// scatterEvery is how many looks there are between two hints to a browser that its scatter may be old.
const scatterEvery = 2

func (s *server) showOverview(r *http.Request) (any, error) {
	p := scatterPage{Live: s.live(s.watcher.Once(r.Context()))}
	if p.Live.Advice != nil { // it says what is wrong, and one wait is enough
		p.Plot = newPlot(nil)
		p.Plot.Unread = true
		return p, nil
	}
	var err error
	if p.Plot, err = s.plot(r); err != nil {
		p.Plot = s.noPlot(err)
	}
	return p, nil
}

// readTimeout is how long a browser may leave what it was sent unread. A laptop that was closed, say, does
// not leave, but nobody looks.
const readTimeout = 10 * time.Second

// untilTheEnd returns a context that ends when the browser goes, or the program ends.
func (s *server) untilTheEnd(r *http.Request) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(r.Context())
	ended := context.AfterFunc(s.ctx, cancel)
	return ctx, func() { ended(); cancel() }
}

// streamEvents sends what moves on a page, once a second, until the browser or the program goes.
// https://html.spec.whatwg.org/multipage/server-sent-events.html
func (s *server) streamEvents(w http.ResponseWriter, r *http.Request) {
	name, known := map[string]string{"overview": "live-overview", "letters": "live-letters", "scatter": "live-scatter"}[r.PathValue("view")]
	if !known {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	stream := http.NewResponseController(w)
	ctx, cancel := s.untilTheEnd(r)
	defer cancel()
	looks := 0
	defer func() { _ = stream.SetWriteDeadline(time.Time{}) }()
	_ = s.watcher.Watch(ctx, func(v watch.View) error {
		_ = stream.SetWriteDeadline(time.Now().Add(readTimeout)) // a recorder has none
		var text bytes.Buffer
		l := s.live(v)
		l.Had = r.FormValue("had")
		if err := pages["overview"].ExecuteTemplate(&text, name, l); err != nil {
			return err
		}
		for line := range strings.Lines(text.String()) {
			if _, err := fmt.Fprintf(w, "data: %s\n", strings.TrimRight(line, "\r\n")); err != nil {
				return err
			}
		}
		end := "\n"
		switch looks++; {
		case name == "live-letters" && !v.Move.IsRunning():
			end = "\nevent: moved\ndata: look\n\n"
			if l.Older() {
				end += "event: changed\ndata: look\n\n"
			}
		case name != "live-letters" && looks%scatterEvery == 0:
			end = "\nevent: scatter\ndata: look\n\n"
		}
		if _, err := fmt.Fprint(w, end); err != nil {
			return err
		}
		return stream.Flush()
	})
}
