package environment_test

import (
	"testing"

	"simple-sam-demo/shared/environment"
)

func TestAllThatIsWrongIsReportedAtOnce(t *testing.T) {
	variables := map[string]string{"NAME": "a", "COUNT": "5", "ZERO": "0", "WORD": "many", "HUGE": "9300000000", "MORE": "901"}
	s := environment.New(func(name string) string { return variables[name] })
	if name, count := s.String("NAME"), s.IntBetween("COUNT", 5, 5); name != "a" || count != 5 || s.Err() != nil {
		t.Errorf("%q, %d, %v", name, count, s.Err())
	}
	s.String("ABSENT")
	s.IntBetween("ZERO", 1, 900)
	s.IntBetween("WORD", 1, 900)
	s.IntBetween("HUGE", 1, 900)
	s.IntBetween("WORD", 0, 900) // no number is no zero
	s.IntBetween("MORE", 1, 900)
	want := "environment variable ABSENT is not set\n" +
		`environment variable ZERO is "0": expected a whole number from 1 to 900` + "\n" +
		`environment variable WORD is "many": expected a whole number from 1 to 900` + "\n" +
		`environment variable HUGE is "9300000000": expected a whole number from 1 to 900` + "\n" +
		`environment variable WORD is "many": expected a whole number from 0 to 900` + "\n" +
		`environment variable MORE is "901": expected a whole number from 1 to 900`
	if err := s.Err(); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestANumberThatCannotBeReadIsZero(t *testing.T) {
	for _, text := range []string{"many", "901", "99999999999999999999"} {
		s := environment.New(func(string) string { return text })
		if got := s.IntBetween("N", 1, 900); got != 0 || s.Err() == nil {
			t.Errorf("%s is read as %d, %v", text, got, s.Err())
		}
	}
}
