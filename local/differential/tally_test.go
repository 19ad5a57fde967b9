package differential

import (
	"strings"
	"testing"

	"simple-sam-demo/internal/questions"
)

func TestADifferenceIsOpenUntilAWSHasAnsweredItsQuestion(t *testing.T) {
	if whose := (&Known{}).Whose(); whose != "theirs" {
		t.Errorf("without a question: %s", whose)
	}
	for _, q := range questions.All() {
		want := "theirs, as AWS has answered: "
		if q.IsOpen() {
			want = "open: "
		}
		if whose := (&Known{Question: q.Name}).Whose(); whose != want+q.Name {
			t.Errorf("%s, want %s%s", whose, want, q.Name)
		}
	}
	if whose := (&Known{Question: "absent"}).Whose(); !strings.Contains(whose, "does not exist: absent") {
		t.Errorf("a question that is not there: %s", whose)
	}
}
