package generated

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/shared/item"
)

func TestAPatternMatchesTheNumbersUpToItsLimit(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, limit := range []string{"0", "0.5", "0.07", "1", "9", "10", "14.83", "25.7", "60", "99.99", "100", "857", "1000", "2100.05", "12345678"} {
		t.Run(limit, func(t *testing.T) {
			number, err := strconv.ParseFloat(limit, 64)
			if err != nil {
				t.Fatal(err)
			}
			below, to := regexp.MustCompile("^("+upTo(number, true)+")$"), regexp.MustCompile("^("+upTo(number, false)+")$")
			for _, text := range append(numerals(random, limit), "", ".", "-1", "x", "1x", "1.2.3") {
				value, err := strconv.ParseFloat(text, 64)
				wantBelow, wantTo := err == nil && value >= 0 && value < number, err == nil && value >= 0 && value <= number
				if limit != "0" && below.MatchString(text) != wantBelow || to.MatchString(text) != wantTo {
					t.Fatalf("%q is below %s: %v, up to it: %v; want %v, %v", text, limit, !wantBelow, !wantTo, wantBelow, wantTo)
				}
			}
		})
	}
}

// numerals returns numbers in decimal notation, many of them near a limit.
func numerals(random *rand.Rand, limit string) []string {
	whole, fraction, _ := strings.Cut(limit, ".")
	digits := func(most int) (text string) {
		for range random.IntN(most + 1) {
			text += strconv.Itoa(random.IntN(10))
		}
		return text
	}
	texts := []string{limit, "0" + limit, whole, whole + "."}
	for range 300 {
		near := []byte(whole + "." + fraction)
		for i := range near {
			if near[i] != '.' && random.IntN(4) == 0 {
				near[i] = byte('0' + random.IntN(10))
			}
		}
		texts = append(texts, string(near)+digits(2), strings.TrimRight(string(near), "0"), "00"+string(near), digits(5), "."+digits(3), digits(5)+"."+digits(3))
	}
	return texts
}

func TestTheValuesOfAFeatureAreItsRange(t *testing.T) {
	digit := `(\.[0-9]{0,40})?`
	zero := `0{0,9}0(\.0{0,40})?|\.0{1,40}`
	for name, test := range map[string]struct {
		feature item.Feature
		want    []string
	}{
		"over 0": {item.Feature{Max: 7, OverMin: true}, []string{
			"{type: number, minimum: 1.0e-130, maximum: 7}",
			`{type: string, pattern: '^(?=.*[1-9])(0{0,9}[0-6]` + digit + `|0{0,9}7(\.0{0,40})?|\.[0-9]{1,40})$'}`,
		}},
		"from 0": {item.Feature{Max: 7}, []string{
			"{type: number, const: 0}",
			"{type: number, minimum: 1.0e-130, maximum: 7}",
			`{type: string, pattern: '^(0{0,9}[0-6]` + digit + `|0{0,9}7(\.0{0,40})?|\.[0-9]{1,40})$'}`,
		}},
		"from below 0 to above": {item.Feature{Min: -2, Max: 1e6}, []string{
			"{type: number, minimum: -2, maximum: -1.0e-130}",
			"{type: number, const: 0}",
			"{type: number, minimum: 1.0e-130, maximum: 1.0e+06}",
			`{type: string, pattern: '^(-(0{0,9}[0-1]` + digit + `|0{0,9}2(\.0{0,40})?|\.[0-9]{1,40})|` +
				`(0{0,9}[0-9]{1,6}` + digit + `|0{0,9}1000000(\.0{0,40})?|\.[0-9]{1,40}))$'}`,
		}},
		"over 3": {item.Feature{Min: 3, Max: 4, OverMin: true}, []string{
			"{type: number, exclusiveMinimum: 3, maximum: 4}",
			`{type: string, pattern: '^(?!(0{0,9}[0-2]` + digit + `|0{0,9}3(\.0{0,40})?|\.[0-9]{1,40})$)` +
				`(0{0,9}[0-3]` + digit + `|0{0,9}4(\.0{0,40})?|\.[0-9]{1,40})$'}`,
		}},
		"below 0 only": {item.Feature{Min: -2, Max: -1}, []string{
			"{type: number, minimum: -2, maximum: -1}",
			`{type: string, pattern: '^-(?!(0{0,9}0` + digit + `|\.[0-9]{1,40})$)` +
				`(0{0,9}[0-1]` + digit + `|0{0,9}2(\.0{0,40})?|\.[0-9]{1,40})$'}`,
		}},
		"0 is the most": {item.Feature{Min: -1, OverMin: true}, []string{
			"{type: number, exclusiveMinimum: -1, maximum: -1.0e-130}",
			"{type: number, const: 0}",
			`{type: string, pattern: '^(-(0{0,9}0` + digit + `|\.[0-9]{1,40})|(` + zero + `))$'}`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, values(test.feature)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestATextIsFoldedWhereTheLineEnds(t *testing.T) {
	sentence := strings.TrimSpace(strings.Repeat("key ", 40))
	if got := folded(8, "short: yes"); got != `"short: yes"` {
		t.Errorf("a short text is %s", got)
	}
	for line := range strings.SplitSeq(folded(8, sentence), "\n") {
		if len(line) > 139 {
			t.Errorf("the line %q has %d characters", line, len(line))
		}
	}
	if got := strings.Fields(strings.TrimPrefix(folded(8, sentence), ">-")); strings.Join(got, " ") != sentence {
		t.Errorf("the words are %q", got)
	}
}

func TestAWordThatYAMLWouldTakeForAnotherTypeIsQuoted(t *testing.T) {
	for value, want := range map[string]string{"setting": "setting", "no": `"no"`, "Y": `"Y"`, "12": `"12"`, "a b": `"a b"`, "d,e": `"d,e"`, "grün": `"grün"`, "": `""`} {
		if got := scalar(value); got != want {
			t.Errorf("scalar(%q) = %s, want %s", value, got, want)
		}
	}
	if got := fmt.Sprint(member{"on", `"1.5"`}.YAML(), " ", member{"width", "1.5"}.YAML()); got != `"on": "1.5" width: 1.5` {
		t.Errorf("members are %s", got)
	}
}
