package questions

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/local/stacktest"
)

// A question that is open must be answered as the file says, or the file lies. Where AWS's answer is
// known, the local stack must answer the same.
func TestTheLocalStackAnswersAsTheFileSays(t *testing.T) {
	for _, q := range All() {
		t.Run(q.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := start(t, "AWS_IAM", nil)
				got := b.ask(t.Context(), t, q.Name)[0]
				if got.Error != "" {
					t.Fatalf("%s: %s", got.Result, got.Error)
				}
				if diff := cmp.Diff(q.Local, got.Here); diff != "" && !q.Measured {
					t.Errorf("the local stack's answers (-in answers.json +given):\n%s", diff)
				}
				wantAWS(t, q, got.Here)
				if limit := asks[q.Name].uses; b.used.sqs > limit.sqs || b.used.units > limit.units || b.used.api > limit.api {
					t.Errorf("it uses %+v, and the cost is computed of %+v", b.used, limit)
				}
				b.wantNothingLeft(t)
			})
		})
	}
}

// wantAWS fails the test if AWS is known to answer something else.
func wantAWS(t *testing.T, q Question, got []Line) {
	t.Helper()
	if q.AWS == nil || q.Measured {
		return
	}
	for _, want := range q.AWS.Lines {
		if answer, ok := find(got, want.Asked); !ok || answer != want.Answer {
			t.Errorf("%s: the local stack answers\n%q, and AWS (%s)\n%q", want.Asked, answer, q.AWS.Source, want.Answer)
		}
	}
}

func TestTheFileHasAnEntryForEachQuestion(t *testing.T) {
	names := Names()
	if diff := cmp.Diff(slices.Sorted(maps.Keys(asks)), slices.Sorted(slices.Values(names))); diff != "" {
		t.Errorf("names (-functions +file):\n%s", diff)
	}
	for _, q := range All() {
		if q.Question == "" || len(q.Where) == 0 || q.Measured != (len(q.Local) == 0) {
			t.Errorf("%s lacks something: %+v", q.Name, q)
		}
		for _, file := range q.Where {
			if _, err := os.Stat(filepath.Join(stacktest.Root(t), file)); err != nil {
				t.Errorf("%s: %v", q.Name, err)
			}
		}
		if q.AWS == nil {
			continue
		}
		if _, err := time.Parse(time.DateOnly, q.AWS.Date); err != nil || q.AWS.Source == "" || len(q.AWS.Lines) == 0 {
			t.Errorf("%s: the answer of AWS lacks a date, a source or lines: %+v, %v", q.Name, q.AWS, err)
		}
	}
}

func TestTheFileIsAsRecordWritesIt(t *testing.T) {
	got, err := Record(answers, nil, "", "", time.Now())
	if diff := cmp.Diff(string(answers), string(got)); diff != "" || err != nil {
		t.Errorf("%v (-file +written):\n%s", err, diff)
	}
}

func TestAnAnswerIsRecordedInItsPlace(t *testing.T) {
	line := Line{Asked: "x", Answer: "y|<z>"}
	run := []Asked{
		{Question: Question{Name: "api-slashes"}, Result: Differs, Here: []Line{line}},
		{Question: Question{Name: "api-encoded"}, Result: Failed},
		{Question: Question{Name: "connection-idle"}, Result: Measured, Here: []Line{line}},
	}
	text, err := Record(answers, run, "eu-central-1", "a run", time.Date(2026, 12, 1, 23, 30, 0, 0, time.FixedZone("", -3600)))
	if err != nil {
		t.Fatal(err)
	}
	got, err := parse(text)
	if err != nil {
		t.Fatal(err)
	}
	want := All()
	for i, q := range want {
		if q.Name == "api-slashes" || q.Name == "connection-idle" {
			want[i].AWS = &Answer{Date: "2026-12-02", Region: "eu-central-1", Source: "a run", Lines: []Line{line}}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
	if _, err := Record(answers, []Asked{{Question: Question{Name: "absent"}}}, "", "", time.Now()); err == nil {
		t.Error("an answer to no question was recorded")
	}
}

func TestAQuestionIsOpenUntilEachLineIsKnownOfAWS(t *testing.T) {
	local := []Line{{"a", "1"}, {"b", "2"}}
	for name, test := range map[string]struct {
		aws  *Answer
		open bool
	}{
		"no answer":   {nil, true},
		"one line":    {&Answer{Lines: []Line{{"b", "3"}}}, true},
		"all lines":   {&Answer{Lines: []Line{{"b", "3"}, {"a", "1"}}}, false},
		"other lines": {&Answer{Lines: []Line{{"c", "3"}, {"d", "1"}}}, true},
	} {
		if q := (Question{Local: local, AWS: test.aws}); q.IsOpen() != test.open {
			t.Errorf("%s: open is %v", name, q.IsOpen())
		}
	}
}

func TestTheCostIsThatOfTheQuestionsThatAreAsked(t *testing.T) {
	names := []string{"sqs-deleted-message", "dynamodb-key-in-update", "api-slashes"}
	with, without := CostOf(names, true), CostOf(names, false)
	u := asks["api-slashes"].uses
	if with.Questions != 3 || without.Questions != 2 || with.API != u.api || without.API != 0 || with.SQS != asks[names[0]].uses.sqs {
		t.Errorf("costs %+v and %+v", with, without)
	}
	want := 1e6*with.Dollars - 1e6*without.Dollars
	if perRequest := want / float64(u.api); perRequest < 3.7 || perRequest > 5 {
		t.Errorf("a million requests to the API cost %.2f dollars", perRequest)
	}
}

// A batch of statements needs permissions of its own.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html
func TestTheDocumentationListsThePermissionsThatTheQuestionsNeed(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(stacktest.Root(t), "docs", "verify.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "## Questions to AWS")
	section, _, _ = strings.Cut(section, "\n## ")
	listed := map[string]bool{"GetQueueUrl": true} // to delete a queue when the answer was lost
	for _, line := range strings.Split(section, "\n") {
		if strings.HasPrefix(line, "| SQS |") || strings.HasPrefix(line, "| DynamoDB |") {
			for i, part := range strings.Split(strings.Split(line, "|")[2], "`") {
				if i%2 == 1 {
					listed[part] = true
				}
			}
		}
	}
	synctest.Test(t, func(t *testing.T) {
		b := start(t, "AWS_IAM", nil)
		b.ask(t.Context(), t, Names()...)
		needed := map[string]bool{"GetQueueUrl": true}
		for operation := range b.operations {
			if operation == "BatchExecuteStatement" {
				needed["PartiQLInsert"], needed["PartiQLUpdate"] = true, true
			} else {
				needed[operation] = true
			}
		}
		if diff := cmp.Diff(needed, listed); diff != "" {
			t.Errorf("permissions (-needed +in docs/verify.md):\n%s", diff)
		}
	})
}
