package console

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"simple-sam-demo/internal/console/letters"
	"simple-sam-demo/shared/item"
	"simple-sam-demo/shared/queue"
)

// lettersPage is a page of dead letters.
type lettersPage struct {
	Live live
	letters.Page
	Codes  []string
	Code   string
	Next   string // where the next page goes on, or ""
	IsNext bool   // this is not the first page
	Lost   bool   // where it was to go on is forgotten, so it begins anew
	Moving bool   // nothing was read, as that would hide messages from a move task
}

// About is how many dead letters there are, as far as anybody knows. SQS counts a new one up to a minute late.
func (p lettersPage) About() int { return max(p.Live.Dead.Total(), p.Read) }

var codes = []string{item.MalformedMessage, item.InvalidItem, item.RetriesExhausted, letters.NoReason}

func (s *server) showLetters(r *http.Request) (any, error) {
	p := lettersPage{Codes: codes, Code: r.FormValue("code")}
	after := r.FormValue("after")
	before, known := s.recent.trail(after)
	p.IsNext, p.Lost = known && after != "", !known
	p.Live = s.live(s.watcher.Look(r.Context()))
	if p.Live.Err != nil {
		return nil, p.Live.Err
	}
	if p.Moving = r.FormValue("moving") != ""; p.Moving {
		return p, nil
	}
	var err error
	p.Page, err = s.box.Read(r.Context(), p.Code, before)
	if p.Moving = errors.Is(err, letters.ErrMoving); p.Moving {
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	next := s.recent.keep(p.Page)
	if !p.Whole && p.Read > 0 {
		p.Next = next
	}
	return p, nil
}

// letterPage is one dead letter.
type letterPage struct {
	letters.Letter
	SeenAt time.Time
	Digest string // of the body, by which a changed one is known
}

func (s *server) showLetter(r *http.Request) (any, error) {
	l, at, err := s.letter(r)
	return letterPage{l, at, letters.Digest(l.Body)}, err
}

// letter returns a letter as it was seen lately, or looks for it.
func (s *server) letter(r *http.Request) (letters.Letter, time.Time, error) {
	id := r.PathValue("id")
	if l, at, ok := s.recent.letter(id); ok {
		return l, at, nil
	}
	l, err := s.box.Find(r.Context(), id)
	switch {
	case errors.Is(err, letters.ErrGone):
		err = errLetterGone
	case errors.Is(err, letters.ErrUnread):
		err = errLetterUnread
	}
	return l, time.Now(), err
}

var (
	errLetterGone   = &mistake{"This message is not in the dead-letter queue", "It may have been redriven or deleted, or somebody else is looking at it just now. Go back to the dead letters and look again."}
	errLetterUnread = &mistake{"This message was not found", "It may be among the messages that could not be read in time. Or it has been redriven or deleted, or somebody else is looking at it just now. Go back to the dead letters and look again."}
)

// chosen is what is asked before letters are redriven or deleted.
type chosen struct {
	Delete  bool
	IDs     []string
	Shown   []letters.Letter // those of them that are known
	Body    string           // to send in place of the letter's own, or ""
	Useless error            // why the enricher cannot use Body, or nil
}

func (s *server) confirmChosen(r *http.Request) (any, error) {
	ids, err := chosenIDs(r)
	return chosen{Delete: r.FormValue("action") == "delete", IDs: ids, Shown: s.known(ids)}, err
}

// known returns those letters that were seen lately.
func (s *server) known(ids []string) (all []letters.Letter) {
	for _, id := range ids {
		if l, _, ok := s.recent.letter(id); ok {
			all = append(all, l)
		}
	}
	return all
}

func chosenIDs(r *http.Request) ([]string, error) {
	switch ids := r.Form["id"]; {
	case len(ids) == 0:
		return nil, &mistake{"No message is chosen", "Go back and tick the box before each message that you mean."}
	case len(ids) > letters.PageSize:
		return nil, &mistake{fmt.Sprintf("%d messages are chosen", len(ids)), fmt.Sprintf("Choose at most %d, or redrive all.", letters.PageSize)}
	default:
		return ids, nil
	}
}

// outcomePage says what became of the chosen letters.
type outcomePage struct {
	letters.Outcome
	Delete bool
	Item   string // of the letter, if it is one and names an item
	Advice *advice
}

func (s *server) redriveChosen(r *http.Request) (any, error) {
	ids, err := chosenIDs(r)
	if err != nil {
		return nil, err
	}
	known := s.known(ids)
	var body *string
	if r.Form.Has("body") {
		text := r.FormValue("body")
		if body = &text; text == "" {
			return nil, &mistake{"The message is empty", "SQS takes no empty message. Delete it instead."}
		}
		if r.FormValue("sure") == "" && r.FormValue("was") != letters.Digest(text) {
			_, useless := queue.ParseBody(text)
			return nil, &instead{"confirm", chosen{IDs: ids, Shown: known, Body: text, Useless: useless}}
		}
	}
	ctx, cancel := s.untilTheEnd(r)
	defer cancel()
	o, err := s.box.Redrive(ctx, ids, body)
	p := s.outcome(o, err, false)
	if len(ids) == 1 && body != nil {
		p.Item, _ = queue.ParseBody(*body) // what names no item leads to none
	} else if len(ids) == 1 && len(known) == 1 {
		p.Item = known[0].Item()
	}
	return p, nil
}

func (s *server) deleteChosen(r *http.Request) (any, error) {
	ids, err := chosenIDs(r)
	if err != nil {
		return nil, err
	}
	ctx, cancel := s.untilTheEnd(r)
	defer cancel()
	o, err := s.box.Delete(ctx, ids)
	return s.outcome(o, err, true), nil
}

func (s *server) outcome(o letters.Outcome, err error, isDelete bool) outcomePage {
	s.recent.forget(o.Done)
	s.watcher.Hurry()
	p := outcomePage{Outcome: o, Delete: isDelete}
	if err != nil {
		a := s.advise(err)
		p.Advice = &a
	}
	return p
}

func (s *server) confirmRedriveAll(r *http.Request) (any, error) {
	v := s.watcher.Once(r.Context())
	return s.live(v), v.Err
}

func (s *server) redriveAll(r *http.Request) (string, error) {
	return "/dead-letters?moving=yes", s.box.RedriveAll(r.Context())
}

func (s *server) cancelMove(r *http.Request) (string, error) {
	return "/dead-letters", s.box.CancelMove(r.Context(), r.FormValue("task"))
}

// download is a letter in a line of JSON.
type download struct {
	MessageID  string                      `json:"message_id"`
	Body       string                      `json:"body"`
	SentAt     string                      `json:"sent_at"`
	Sender     string                      `json:"sender"`
	Attributes map[string]messageAttribute `json:"attributes"`
}

// messageAttribute is a message attribute in the form in which `aws sqs send-message` takes it.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_MessageAttributeValue.html
type messageAttribute struct {
	DataType    string
	StringValue *string `json:",omitempty"`
	BinaryValue []byte  `json:",omitempty"` // in base64
}

// downloadLetters sends all letters, as many as can be read in a minute.
func (s *server) downloadLetters(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := s.untilTheEnd(r)
	defer cancel()
	// A browser that does not read on would keep all others from looking.
	stream := http.NewResponseController(w)
	_ = stream.SetWriteDeadline(time.Now().Add(letters.Visibility)) // a recorder has none
	defer func() { _ = stream.SetWriteDeadline(time.Time{}) }()
	out := json.NewEncoder(w)
	begun := false
	begin := func() {
		w.Header().Set("Content-Type", "application/jsonl; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="dead-letters.jsonl"`)
		begun = true
	}
	whole, err := s.box.Each(ctx, r.FormValue("code"), func(l letters.Letter) error {
		if !begun {
			begin()
		}
		d := download{MessageID: l.ID, Body: l.Body, SentAt: item.FormatTime(l.SentAt), Sender: l.Sender, Attributes: map[string]messageAttribute{}}
		for name, a := range l.Attributes {
			d.Attributes[name] = messageAttribute{aws.ToString(a.DataType), a.StringValue, a.BinaryValue}
		}
		return out.Encode(d)
	})
	switch {
	case err != nil && !begun:
		s.fail(w, r, err)
	case err != nil || !whole:
		panic(http.ErrAbortHandler) // so that the browser does not take a part for the whole
	case !begun:
		begin()
	}
}
