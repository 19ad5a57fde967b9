package apigateway

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"simple-sam-demo/internal/template"
)

// AccessKey and SecretKey are the only credentials that may call an API with the authorizer AWS_IAM.
// Service is the service in the scope of a signature.
const (
	AccessKey = "local"
	SecretKey = "local"
	Service   = "execute-api"
)

const (
	algorithm  = "AWS4-HMAC-SHA256"
	timeFormat = "20060102T150405Z"
	clockSkew  = 5 * time.Minute // between the date of a signature and now
)

// refusal is an answer with status 403 that API Gateway gives without calling the function.
type refusal struct{ kind, message string }

// checkSignature returns why API Gateway would refuse a request of a route with the authorizer
// AWS_IAM, or nil if it would not. Others recorded the order of the checks and the texts on AWS:
//
//   - the order: https://github.com/mhart/dynalite/blob/v0.1.0/index.js (for DynamoDB, which checks
//     signatures in the same way),
//   - a missing, a wrong and an unknown key: https://repost.aws/knowledge-center/api-gateway-iam-sigv4-mismatch
//     and https://github.com/badslug/Paw-AWSSignature4DynamicValue/issues/5,
//   - a wrong secret: https://github.com/mhart/aws4/issues/33 and https://github.com/zirkelc/aws-signature-v4/issues/4,
//   - dates in the past and in the future: https://github.com/mhart/aws4/issues/118 and https://github.com/NickWaterton/Roomba980-Python/issues/118,
//   - scopes: https://github.com/n8n-io/n8n/issues/21337 and https://github.com/Kong/insomnia/issues/713,
//   - the header Host: https://github.com/aws/aws-sdk-php/issues/2469.
func checkSignature(r *http.Request, body []byte) *refusal {
	header := r.Header.Get("Authorization")
	if header == "" && r.URL.Query().Has("X-Amz-Signature") {
		return &refusal{"MissingAuthenticationTokenException", "The local stack does not check a signature in the query: sign with the header Authorization."}
	}
	s, refused := parseAuthorization(r)
	if refused == nil {
		refused = s.check(time.Now().UTC())
	}
	switch {
	case refused != nil:
		return refused
	case s.accessKey != AccessKey, r.Header.Get("X-Amz-Security-Token") != "": // the local stack has no sessions
		return &refusal{"UnrecognizedClientException", "The security token included in the request is invalid."}
	}
	return s.compare(r, body)
}

// refuseRoute is the answer to a request of no route. API Gateway reads the header Authorization all the same, which
// leads people astray: https://github.com/HumanCellAtlas/data-store/issues/328.
func refuseRoute(r *http.Request) *refusal {
	if _, refused := parseAuthorization(r); refused != nil {
		return refused
	}
	return missingToken
}

var missingToken = &refusal{"MissingAuthenticationTokenException", "Missing Authentication Token"}

// signature holds what the header Authorization of a request says.
type signature struct {
	algorithm string
	accessKey string
	scope     []string // date, region, service and terminator
	headers   []string // names of the signed headers, in lower case
	value     string
	date      string    // of the request, as it was sent
	at        time.Time // date, parsed
}

// parseAuthorization reads "AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…". As on
// AWS, messages have a hash of the header instead of the header itself.
func parseAuthorization(r *http.Request) (*signature, *refusal) {
	header, date := r.Header.Get("Authorization"), cmp.Or(r.Header.Get("X-Amz-Date"), r.Header.Get("Date"))
	if header == "" {
		return nil, missingToken
	}
	sum := sha256.Sum256([]byte(header))
	hashed := base64.StdEncoding.EncodeToString(sum[:])
	name, rest, _ := strings.Cut(header, " ")
	parameters := map[string]string{}
	for pair := range strings.SplitSeq(rest, ",") {
		key, value, ok := strings.Cut(strings.TrimSpace(pair), "=")
		if !ok && pair != "" {
			return nil, &refusal{"IncompleteSignatureException", "Invalid key=value pair (missing equal-sign) in Authorization header " +
				"(hashed with SHA-256 and encoded with Base64): '" + hashed + "'."}
		}
		parameters[key] = value
	}
	var missing string
	for _, needed := range []string{"Credential", "Signature", "SignedHeaders"} {
		if _, ok := parameters[needed]; !ok {
			missing += "Authorization header requires '" + needed + "' parameter. "
		}
	}
	if date == "" {
		missing += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
	}
	if missing != "" {
		return nil, &refusal{"IncompleteSignatureException", missing + "(Hashed with SHA-256 and encoded with Base64) Authorization=" + hashed}
	}
	key, scope, _ := strings.Cut(parameters["Credential"], "/")
	return &signature{
		algorithm: name, accessKey: key, scope: strings.Split(scope, "/"), date: date,
		headers: strings.Split(strings.ToLower(parameters["SignedHeaders"]), ";"), value: parameters["Signature"],
	}, nil
}

// check does the checks that do not need the secret.
func (s *signature) check(now time.Time) *refusal {
	var err error
	if s.at, err = time.Parse(timeFormat, s.date); err != nil {
		return &refusal{"IncompleteSignatureException", fmt.Sprintf("Date must be in ISO-8601 'basic format'. Got '%.40s'. See http://en.wikipedia.org/wiki/ISO_8601", s.date)}
	}
	earliest, latest := now.Add(-clockSkew), now.Add(clockSkew)
	switch {
	case s.at.Before(earliest):
		return &refusal{"InvalidSignatureException", fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - 5 min.)", s.date, earliest.Format(timeFormat), now.Format(timeFormat))}
	case s.at.After(latest):
		return &refusal{"InvalidSignatureException", fmt.Sprintf("Signature not yet current: %s is still later than %s (%s + 5 min.)", s.date, latest.Format(timeFormat), now.Format(timeFormat))}
	case !slices.Contains(s.headers, "host"):
		return &refusal{"InvalidSignatureException", "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."}
	case s.algorithm != algorithm:
		return &refusal{"IncompleteSignatureException", fmt.Sprintf("Unsupported AWS 'algorithm': '%.40s' (only %s for now). ", s.algorithm, algorithm)}
	case len(s.scope) != 4:
		return &refusal{"IncompleteSignatureException", fmt.Sprintf("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got %d", len(s.scope)+1)}
	}
	var faults []string
	if s.scope[1] != template.Region {
		faults = append(faults, "Credential should be scoped to a valid region.")
	}
	if s.scope[2] != Service {
		faults = append(faults, "Credential should be scoped to correct service: '"+Service+"'.")
	}
	if s.scope[3] != "aws4_request" {
		faults = append(faults, "Credential should be scoped with a valid terminator: 'aws4_request'.")
	}
	if s.scope[0] != s.date[:len("20060102")] {
		faults = append(faults, fmt.Sprintf("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%.40s' != '%s', from '%s'.", s.scope[0], s.date[:8], s.date))
	}
	if len(faults) > 0 {
		return &refusal{"InvalidSignatureException", strings.Join(faults, " ")}
	}
	return nil
}

// compare signs the request with the secret, and refuses it if its signature is another one.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
func (s *signature) compare(r *http.Request, body []byte) *refusal {
	request := s.canonicalRequest(r, body)
	toSign := strings.Join([]string{algorithm, s.date, strings.Join(s.scope, "/"), hash(request)}, "\n")
	key := []byte("AWS4" + SecretKey)
	for _, part := range s.scope {
		key = mac(key, part)
	}
	if slices.IsSorted(s.headers) && hmac.Equal([]byte(hex.EncodeToString(mac(key, toSign))), []byte(s.value)) {
		return nil
	}
	return &refusal{"InvalidSignatureException", "The request signature we calculated does not match the signature you provided. " +
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\n\n" +
		"The Canonical String for this request should have been\n'" + request + "'\n\nThe String-to-Sign should have been\n'" + toSign + "'\n"}
}

// canonicalRequest returns the text that stands for a request in its signature.
func (s *signature) canonicalRequest(r *http.Request, body []byte) string {
	lines := []string{r.Method, canonicalPath(r.URL), canonicalQuery(r.URL)}
	names := slices.Sorted(slices.Values(s.headers))
	for _, name := range names {
		var values []string
		for _, value := range headerValues(r, name) {
			values = append(values, strings.Join(strings.Fields(value), " "))
		}
		lines = append(lines, name+":"+strings.Join(values, ","))
	}
	return strings.Join(append(lines, "", strings.Join(names, ";"), hash(string(body))), "\n")
}

// headerValues returns the values of a header. The server takes two of them out of the others.
func headerValues(r *http.Request, name string) []string {
	switch name {
	case "host":
		return []string{r.Host}
	case "content-length":
		return []string{strconv.FormatInt(r.ContentLength, 10)}
	}
	return r.Header.Values(name)
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func mac(key []byte, text string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

// canonicalPath returns the path in the form that is signed: "Normalize URI paths according to RFC 3986.
// Remove redundant and relative path components." AWS does that (https://github.com/aws/aws-sdk-js-v3/pull/3408),
// and encodes what is encoded already once more.
func canonicalPath(u *url.URL) string {
	escaped := u.EscapedPath()
	clean := path.Clean("/" + escaped)
	if strings.HasSuffix(escaped, "/") && clean != "/" {
		clean += "/"
	}
	return strings.ReplaceAll(encoded(clean), "%2F", "/")
}

// canonicalQuery returns the query in the form that is signed, sorted. A part that cannot be decoded is
// signed as it is, so that no part is left unsigned.
func canonicalQuery(u *url.URL) string {
	var pairs [][]string
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		if key, value, _ := strings.Cut(pair, "="); pair != "" {
			pairs = append(pairs, []string{encoded(unescaped(key)), encoded(unescaped(value))})
		}
	}
	slices.SortFunc(pairs, slices.Compare)
	var query []string
	for _, pair := range pairs {
		query = append(query, strings.Join(pair, "="))
	}
	return strings.Join(query, "&")
}

// encoded percent-encodes all bytes of a text but those that RFC 3986 calls unreserved.
func encoded(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

func unescaped(text string) string {
	if decoded, err := url.QueryUnescape(text); err == nil {
		return decoded
	}
	return text
}
