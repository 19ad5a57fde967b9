// Package questions asks AWS what its documentation leaves open: how SQS, DynamoDB and API Gateway behave
// where the local stack had to guess. A question is a short function over the SDK's clients, which
// returns the answer as a few lines of text. So the same question can be put to AWS and to the local
// stack. The answers are in answers.json: what the local stack answers, and what AWS answered, if
// somebody has asked it. The tests of this package hold the local stack to both.
//
// It is not a test of the pipeline: package tools/verify is. It knows nothing of the inside of the
// local stack.
//
// Begin to read in this file. place.go has the queues and the table that a run makes for itself, and
// run.go asks. The questions are in the other files, one for each service.
package questions

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
)

// Question is one behaviour that AWS's documentation does not decide.
type Question struct {
	Name     string   `json:"name"`
	Question string   `json:"question"`           // in one sentence
	Where    []string `json:"where"`              // the files of the repository that depend on the answer
	Measured bool     `json:"measured,omitempty"` // the answer is how long something took, which is not compared
	Local    []Line   `json:"local,omitempty"`    // what the local stack answers; none if it is measured
	AWS      *Answer  `json:"aws"`                // what AWS answered, or nil if nobody has asked it
	Notes    string   `json:"notes,omitempty"`    // what is known without an answer
}

// Line is a part of an answer: what was done, and what came of it.
type Line struct {
	Asked  string `json:"asked"`
	Answer string `json:"answer"`
}

// Answer is what AWS answered. It may lack lines if others have asked AWS, and not all of it.
type Answer struct {
	Date   string `json:"date"`   // as in 2026-11-28
	Region string `json:"region"` // or "" if the source does not say it
	Source string `json:"source"` // the URL of a record, or the command that asked
	Lines  []Line `json:"lines"`
}

//go:embed answers.json
var answers []byte

// All returns the questions in their order.
func All() []Question {
	all, err := parse(answers)
	if err != nil {
		panic(err) // cannot happen: a test reads the file
	}
	return all
}

func parse(text []byte) (all []Question, err error) {
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("read the answers: %w", err)
	}
	return all, nil
}

// Find returns the question of a name, or nil.
func Find(name string) *Question {
	for _, q := range All() {
		if q.Name == name {
			return &q
		}
	}
	return nil
}

// IsOpen tells whether a line of the answer is not known of AWS.
func (q *Question) IsOpen() bool {
	if q.AWS == nil {
		return true
	}
	return slices.ContainsFunc(q.Local, func(l Line) bool {
		_, ok := find(q.AWS.Lines, l.Asked)
		return !ok
	})
}

// find returns the answer of the line that asked something.
func find(lines []Line, asked string) (answer string, ok bool) {
	i := slices.IndexFunc(lines, func(l Line) bool { return l.Asked == asked })
	if i < 0 {
		return "", false
	}
	return lines[i].Answer, true
}

// ask is how a question is put to a place.
type ask struct {
	uses uses
	do   func(context.Context, *Place) ([]Line, error)
}

// asks has the function of each question in answers.json.
var asks = map[string]ask{
	"sqs-deleted-message":             {uses{sqs: 10}, changeDeletedMessage},
	"sqs-missing-receipt-handle":      {uses{sqs: 8}, useNoReceiptHandle},
	"sqs-old-receipt-handle":          {uses{sqs: 15}, deleteWithOldHandle},
	"sqs-redrive-policy":              {uses{sqs: 9}, setWrongRedrivePolicies},
	"sqs-half-surrogate":              {uses{sqs: 4}, sendHalfSurrogate},
	"sqs-move-arrivals":               {uses{sqs: 170}, moveWhileMessagesArrive},
	"sqs-move-hidden":                 {uses{sqs: 45}, moveHiddenMessages},
	"sqs-move-delayed":                {uses{sqs: 40}, moveToADelayedQueue},
	"dynamodb-same-operand":           {uses{units: 10}, compareAnAttributeWithItself},
	"dynamodb-condition-or-update":    {uses{units: 16}, updateWrongly},
	"dynamodb-delete-from-index-key":  {uses{units: 8}, deleteFromAnIndexKey},
	"dynamodb-table-or-request-first": {uses{units: 8}, useNoTableWrongly},
	"dynamodb-key-in-update":          {uses{units: 4}, readTheKeyInAnUpdate},
	"dynamodb-filter-of-index":        {uses{units: 8}, filterByWhatAnIndexLacks},
	"dynamodb-half-surrogate":         {uses{units: 4}, storeHalfSurrogate},
	"dynamodb-batch-condition":        {uses{units: 16}, batchWithFalseConditions},
	"dynamodb-batch-limits":           {uses{units: 60}, batchBeyondLimits},
	"dynamodb-batch-duration":         {uses{units: 600}, timeBatches},
	"api-slashes":                     {uses{api: 12}, getWithSlashes},
	"api-encoded":                     {uses{api: 8}, getEncoded},
	"api-body-not-utf8":               {uses{api: 3}, postOtherBytes},
	"api-body-too-long":               {uses{api: 4}, postTooMuch},
	"api-signature-mismatch":          {uses{api: 3}, getWronglySigned},
	"api-signed-query":                {uses{api: 10}, getSignedQueries},
	"connection-idle":                 {uses{sqs: 1}, keepConnections},
	"connection-resumed":              {uses{sqs: 2}, resumeSessions},
}

// format is the opposite of parse.
func format(all []Question) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(all)
	return text.Bytes(), err
}
