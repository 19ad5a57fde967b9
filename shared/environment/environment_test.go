package environment_test

import (
	"testing"

	"simple-sam-demo/shared/environment"
)

func TestAllThatIsWrongIsReportedAtOnce(t *testing.T) {
	variables := map[string]string{"NAME": "a", "COUNT": "5", "ZERO": "0", "WORD": "many"}
	s := environment.New(func(name string) string { return variables[name] })
	if name, count := s.String("NAME"), s.PositiveInt("COUNT"); name != "a" || count != 5 || s.Err() != nil {
		t.Errorf("%q, %d, %v", name, count, s.Err())
	}
	s.String("ABSENT")
	s.PositiveInt("ZERO")
	s.PositiveInt("WORD")
	want := "environment variable ABSENT is not set\n" +
		`environment variable ZERO is "0": expected a whole number over 0` + "\n" +
		`environment variable WORD is "many": expected a whole number over 0`
	if err := s.Err(); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
