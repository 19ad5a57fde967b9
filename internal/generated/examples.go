package generated

import (
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"simple-sam-demo/enricher/classifier/dataset"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/shared/item"
)

// decimals has how many decimals each feature's numbers have in the data set, so that an example shows 7.0
// where the others show 5.1.
var decimals = sync.OnceValue(func() (most [len(item.Features)]int) {
	for _, row := range dataset.Rows() {
		for f, number := range row.Measurements {
			_, fraction, _ := strings.Cut(strconv.FormatFloat(number, 'f', -1, 64), ".")
			most[f] = max(most[f], len(fraction))
		}
	}
	return most
})

// member is a member of a JSON object. The value is JSON.
type member struct{ key, value string }

// object is the body of a request.
type object []member

// numbers returns an item as a client posts it, with more decimals than are needed.
func numbers(m item.Measurements, more int) (o object) {
	for f, feature := range item.Features {
		exact := strconv.FormatFloat(m[f], 'f', -1, 64)
		rounded := strconv.FormatFloat(m[f], 'f', decimals()[f]+more, 64)
		if len(rounded) < len(exact) { // a made-up item can have more decimals
			rounded = exact
		}
		o = append(o, member{feature.Name, rounded})
	}
	return o
}

// texts returns an item as numbers does, with each number as a text.
func texts(m item.Measurements, more int) object {
	o := numbers(m, more)
	for f := range o {
		o[f].value = text(o[f].value)
	}
	return o
}

// mixed returns an item with its first number as a text, and its second one with more decimals than are
// needed.
func mixed(m item.Measurements) object {
	o := numbers(m, 0)
	o[0].value = text(o[0].value)
	if len(o) > 1 {
		o[1] = numbers(m, 1)[1]
	}
	return o
}

// text returns a JSON string.
func text(value string) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value) // a string can always be encoded
	return strings.TrimSuffix(b.String(), "\n")
}

// spoil puts faults into an object that has all features: a number that is out of its range, no number at
// all (word), and a key that is missing. word and missing are indices of features; where there are not so
// many features, that fault is left out. It returns the sentences with which the API says what is wrong.
func (o object) spoil(word, missing int) (spoiled object, faults string) {
	outside := min(1, len(o)-1)
	for f, feature := range item.Features {
		name, value, fault := feature.Name, o[f].value, ""
		switch f {
		case outside:
			value, fault = outOfRange(feature, value), feature.Fault()
		case word:
			value, fault = text("abc"), "can't parse "+name+" to float."
		case missing:
			faults += " missing key " + name + " in body."
			continue
		}
		spoiled = append(spoiled, member{name, value})
		if fault != "" {
			faults += " " + fault
		}
	}
	return spoiled, strings.TrimPrefix(faults, " ")
}

// none is an index of no feature.
const none = -1

// outOfRange returns a number that the feature cannot have: the value with the other sign, or one over the
// range. It is a text if the value is one.
func outOfRange(feature item.Feature, value string) string {
	digits := strings.Trim(value, `"`)
	number, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		panic(err) // numbers wrote it
	}
	changed := strconv.FormatFloat(feature.Max+math.Max(1, math.Abs(feature.Max)), 'f', -1, 64)
	if number > 0 && !feature.Valid(-number) {
		changed = "-" + digits
	}
	return strings.Replace(value, digits, changed, 1)
}

// json writes the object as JSON, with spaces as people write them.
func (o object) json() string {
	members := make([]string, len(o))
	for i, m := range o {
		members[i] = text(m.key) + ": " + m.value
	}
	return "{" + strings.Join(members, ", ") + "}"
}

// jsonArray writes the objects as a JSON array.
func jsonArray(objects ...object) string {
	elements := make([]string, len(objects))
	for i, o := range objects {
		elements[i] = o.json()
	}
	return "[" + strings.Join(elements, ", ") + "]"
}

// YAML writes the object as YAML in one line.
func (o object) YAML() string {
	members := make([]string, len(o))
	for i, m := range o {
		members[i] = m.YAML()
	}
	return "{" + strings.Join(members, ", ") + "}"
}

// YAML writes the member as YAML.
func (m member) YAML() string {
	value := m.value
	if text, err := strconv.Unquote(value); err == nil {
		value = scalar(text)
	}
	return scalar(m.key) + ": " + value
}

var (
	word      = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)
	otherType = []string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
)

// scalar writes a string as YAML: as it is, or as a JSON string where it would be something else otherwise.
func scalar(value string) string {
	if word.MatchString(value) && !slices.Contains(otherType, strings.ToLower(value)) {
		return value
	}
	return text(value)
}

// classOf returns the class of an example in the data set, as a client would forge it.
func classOf(m item.Measurements) string {
	for _, row := range dataset.Rows() {
		if row.Measurements == m {
			return row.Class
		}
	}
	return dataset.Rows()[0].Class
}

// shown are the items in the files: three that are posted, and one that nobody has posted.
func shown() (first, second, third, unknown item.Measurements) {
	examples := sample.Examples()
	return examples[0], examples[1], examples[2], examples[3]
}
