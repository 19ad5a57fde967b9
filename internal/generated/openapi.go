package generated

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"text/template"

	"simple-sam-demo/enricher/classifier"
	sam "simple-sam-demo/internal/template"
	"simple-sam-demo/shared/item"
)

//go:embed openapi.yaml.tmpl
var openAPIText string

// openAPI fills in the template of the contract. It checks nothing; the tests in docs do, against a stack.
func openAPI(names sam.Names) ([]byte, error) {
	filled, err := template.New("openapi.yaml.tmpl").Funcs(template.FuncMap{
		"scalar": scalar, "folded": folded, "said": said, "values": values,
	}).Parse(openAPIText)
	if err != nil {
		return nil, err
	}
	values, err := newContract(names)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = filled.Execute(&b, values)
	return b.Bytes(), err
}

// contract has the parts of the contract that the item, the template and the embedded model decide.
type contract struct {
	sam.Names
	Tag        string // the last part of the path
	APIVersion string // the path's, as v0; or 0, if the path has none
	Location   string // a pattern, as a JSON string
	Features   []item.Feature
	Keys       string // the names of the features

	Numbers, Texts, Mixed object // the first item
	ID                    string
	Class                 string
	Probability           string
	Version               string // of the model
	Second, Third         object
	SecondID              string

	Several, Faulty       object // with faults
	SeveralFaults, Faults string // what the API says of these two
	AllMissing            string // what it says of an empty object
	Twice                 string // JSON with a key that is there twice
	Assignment            string // no JSON
	Signed                signed
}

// signed has what depends on the body in an answer that shows the text of a signature.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
type signed struct {
	Length         int    // of the body, in bytes
	BodyHash, Hash string // of the body, and of the canonical request
}

// sign returns what is signed of an item that is posted without spaces, its keys from A to Z.
func sign(path string, m item.Measurements) (signed, error) {
	fields := map[string]float64{}
	for f, feature := range item.Features {
		fields[feature.Name] = m[f]
	}
	body, err := json.Marshal(fields)
	if err != nil {
		return signed{}, err
	}
	hash := func(text []byte) string {
		sum := sha256.Sum256(text)
		return hex.EncodeToString(sum[:])
	}
	s := signed{Length: len(body), BodyHash: hash(body)}
	s.Hash = hash(fmt.Appendf(nil, "POST\n%s\n\ncontent-length:%d\nhost:api\nx-amz-date:20000101T000000Z\nx-api-key:an API key\n\n"+
		"content-length;host;x-amz-date;x-api-key\n%s", path, s.Length, s.BodyHash))
	return s, nil
}

// pathVersion finds the version in the API's path.
var pathVersion = regexp.MustCompile(`\bv[0-9]+\b`)

func newContract(names sam.Names) (contract, error) {
	model, err := classifier.Embedded()
	if err != nil {
		return contract{}, err
	}
	first, second, third, _ := shown()
	c := contract{
		Names: names, Tag: names.Items[strings.LastIndex(names.Items, "/")+1:], APIVersion: cmp.Or(pathVersion.FindString(names.Items), "0"),
		Location: text(regexp.QuoteMeta(names.Items) + "/[0-9a-f]{32}$"),
		Features: item.Features[:],
		Numbers:  numbers(first, 0), Texts: texts(first, 0), Mixed: mixed(first), ID: first.ID(), Version: model.Version(),
		Second: numbers(second, 0), SecondID: second.ID(), Third: numbers(third, 0),
	}
	class, probability := model.Predict(first)
	c.Class, c.Probability = class, yamlNumber(probability)
	c.Several, c.SeveralFaults = c.Numbers.spoil(2, 3)
	c.Several = append(c.Several, member{"pred_target", text(classOf(first))})
	c.SeveralFaults = "Invalid body: " + c.SeveralFaults + " unknown key pred_target in body."
	c.Faulty, c.Faults = c.Third.spoil(none, 3)
	c.Faults = "Invalid body: " + c.Faults
	c.Twice = append(c.Numbers[:1:1], c.Numbers...).json()
	c.Assignment = text(c.Numbers[0].key + "=" + c.Numbers[0].value)
	c.AllMissing = "Invalid body:"
	var keys []string
	for _, feature := range item.Features {
		keys = append(keys, scalar(feature.Name))
		c.AllMissing += " missing key " + feature.Name + " in body."
	}
	c.Keys = strings.Join(keys, ", ")
	c.Signed, err = sign(names.Items, first)
	return c, err
}

// folded writes the value of a key that stands that many spaces from the left. A value that is too long for
// the line is folded.
func folded(indent int, value string) string {
	const width, key = 139, len("message: ") // width is that of the longest line
	if indent+key+len(text(value)) <= width {
		return text(value)
	}
	folded, length := ">-", width
	for word := range strings.FieldsSeq(value) {
		if length+1+len(word) > width {
			folded, length = folded+"\n"+strings.Repeat(" ", indent), indent-1
		} else {
			folded += " "
		}
		folded, length = folded+word, length+1+len(word)
	}
	return folded
}
