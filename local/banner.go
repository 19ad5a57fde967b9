package main

import (
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"simple-sam-demo/internal/commandline"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/internal/template"
	"simple-sam-demo/local/apigateway"
	"simple-sam-demo/shared/item"
)

// banner is what a user needs to know of a running stack.
type banner struct {
	api             string // host:port
	endpoint        string // URL
	items           string // path of the API's items
	table           string
	queue           string // URL
	deadLetterQueue string // URL
	console         string // URL of the page, or why there is none, or ""
	apiKey          string
	signed          bool   // whether calls must be signed
	modelURI        string // as the template's parameter has it
	warnings        []string
}

// warn notes what other machines can reach, if a listener lets them.
func (b *banner) warn(l net.Listener, what string) {
	if commandline.IsExposed(l) {
		b.warnings = append(b.warnings, commandline.Warning(what))
	}
}

// print writes calls to paste, and then a line that begins with "ready".
func (b banner) print(w io.Writer, took time.Duration) {
	api := b.api
	if host, port, err := net.SplitHostPort(api); err == nil && host == "127.0.0.1" {
		api = ":" + port // HTTPie's short form of localhost
	}
	key := ""
	if b.apiKey != "" {
		key = " " + quoted("x-api-key:"+b.apiKey)
	}
	page := ""
	for _, warning := range b.warnings {
		page += "  " + warning + "\n"
	}
	if b.console != "" {
		page += "\n  the page that shows it: " + b.console + "\n"
	}
	auth := "" // -A aws4 needs HTTPie's plugin httpie-aws-authv4
	if b.signed {
		auth = fmt.Sprintf(" -A aws4 -a ak=%s,sk=%s,s=%s,r=%s", apigateway.AccessKey, apigateway.SecretKey, apigateway.Service, template.Region)
	}
	example := sample.Example()
	post := []string{"http" + auth, "POST", quoted(api + b.items)}
	for i, feature := range item.Features {
		post = append(post, feature.Name+"="+item.FormatNumber(example[i]))
	}
	if key != "" {
		post = append(post, strings.TrimSpace(key))
	}
	fmt.Fprintf(w, `simple-sam-demo: the API on http://%[1]s, SQS and DynamoDB on %[3]s
%[10]s
  %[11]s
  http%[9]s %[2]s%[4]s

  %[5]s
  local_aws dynamodb scan --table-name %[6]s
  local_aws sqs receive-message --queue-url %[7]s --message-attribute-names All --attribute-names All --visibility-timeout 0

ready after %[8]s; Ctrl-C stops
`, b.api, quoted(api+b.items+"/"+example.ID()), b.endpoint, key, localAWS(b.endpoint), quoted(b.table), quoted(b.deadLetterQueue), took.Round(time.Millisecond), auth, page, wrap(post))
}

// localAWS is a function of the shell that calls the aws cli for the local stack. Neither a profile, nor a proxy of
// the user's shell counts. A lower-case no_proxy goes before any other.
func localAWS(endpoint string) string {
	return "local_aws() { env -u AWS_PROFILE -u AWS_DEFAULT_PROFILE no_proxy='*' AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_DEFAULT_REGION=us-east-1 aws --endpoint-url " +
		quoted(endpoint) + ` "$@"; }`
}

// quoted returns a word as a shell reads it.
func quoted(word string) string {
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("_@%+=:,./-", r)
	}
	if !strings.ContainsFunc(word, func(r rune) bool { return !plain(r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// wrap makes a line of a command's words, for a shell. Words that would make it long are on lines of their
// own, each but the last with a backslash at its end, so that all of them can be pasted at once.
func wrap(words []string) string {
	const width = 100
	text, column := words[0], len(words[0])
	for _, word := range words[1:] {
		if column += 1 + len(word); column > width {
			text, column = text+" \\\n   ", 3+len(word)
		}
		text += " " + word
	}
	return text
}
