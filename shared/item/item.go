package item

import (
	"bytes"
	"encoding/json"
	"time"
)

// TimeFormat is how times are stored and shown: RFC 3339 in UTC with milliseconds.
const TimeFormat = "2006-01-02T15:04:05.000Z"

// FormatTime writes t in [TimeFormat].
func FormatTime(t time.Time) string { return t.UTC().Format(TimeFormat) }

// Item is an item as it is stored.
type Item struct {
	ID           string
	Measurements Measurements // NaN where the stored one is missing or no number
	CreatedAt    string       // in TimeFormat
	Prediction   *Prediction  // nil until classified
	Failure      *Failure     // nil unless the last attempt failed for good
}

// Prediction is what a model says of an item.
type Prediction struct {
	Target       string  `json:"pred_target"`
	Probability  float64 `json:"pred_probability"` // of the target, 0 to 1
	ModelVersion string  `json:"model_version"`
	ClassifiedAt string  `json:"classified_at"` // in TimeFormat
}

// Failure is why an item will not be classified until somebody helps.
type Failure struct {
	Code     string `json:"failure_code"` // MalformedMessage, InvalidItem or RetriesExhausted
	Reason   string `json:"failure_reason"`
	FailedAt string `json:"failed_at"` // in TimeFormat
}

// The failure codes say why a message is in the dead-letter queue.
const (
	MalformedMessage = "MalformedMessage" // the message names no item
	InvalidItem      = "InvalidItem"      // the stored measurements are missing or not valid
	RetriesExhausted = "RetriesExhausted" // the last receive failed, too
)

// Status is where an item stands. It is derived, never stored.
type Status string

// The three statuses of an item.
const (
	Pending    Status = "PENDING"
	Classified Status = "CLASSIFIED"
	Failed     Status = "FAILED"
)

// Status tells where the item stands. An item with a failure is Failed even when an older model has
// classified it, because somebody has to look.
func (i Item) Status() Status {
	switch {
	case i.Failure != nil:
		return Failed
	case i.Prediction != nil:
		return Classified
	default:
		return Pending
	}
}

// MarshalJSON writes the item as the API shows it, as one flat object. A stored measurement that could
// not be read is null.
func (i Item) MarshalJSON() ([]byte, error) {
	known, err := json.Marshal(struct {
		ID        string `json:"id"`
		CreatedAt string `json:"created_at"`
		Status    Status `json:"status"`
		*Prediction
		*Failure
	}{i.ID, i.CreatedAt, i.Status(), i.Prediction, i.Failure})
	if err != nil {
		return nil, err
	}
	// The measurements follow the id. It has no quote that is not escaped, so this finds the key itself.
	id, others, _ := bytes.Cut(known, []byte(`,"created_at":`))
	text := make([]byte, 0, len(known)+32*len(Features))
	text = i.Measurements.appendMembers(append(append(text, id...), ','))
	return append(append(text, `,"created_at":`...), others...), nil
}
