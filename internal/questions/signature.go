package questions

import (
	"context"
	"net/http"
	"regexp"

	"simple-sam-demo/internal/names"
)

// maskings take from the answer to a wrong signature what differs from run to run.
var maskings = []struct {
	is   *regexp.Regexp
	mask string
}{
	{regexp.MustCompile(`(?m)^host:.*$`), "host:HOST"},
	{regexp.MustCompile(`(?m)^x-amz-security-token:.*\n`), ""}, // of temporary credentials
	{regexp.MustCompile(`;x-amz-security-token`), ""},
	{regexp.MustCompile(`(?m)^/.*/` + unknownID + `$`), "/PATH"}, // with the stage before it on AWS
	{regexp.MustCompile(`[0-9]{8}T[0-9]{6}Z`), "TIME"},
	{regexp.MustCompile(`[0-9]{8}/[-a-z0-9]+/execute-api`), "DATE/REGION/execute-api"},
	{regexp.MustCompile(`[0-9a-f]{64}`), "HASH"},
}

func getWronglySigned(ctx context.Context, p *Place) ([]Line, error) {
	if err := p.api.demandsSignature(ctx); err != nil {
		return nil, err
	}
	got, err := p.api.attempt(ctx, http.MethodGet, names.Item(unknownID), "", &signing{spoilt: true})
	if err != nil {
		return nil, err
	}
	answer := got.String()
	for _, m := range maskings {
		answer = m.is.ReplaceAllString(answer, m.mask)
	}
	return []Line{{"GET with a wrong signature", answer}}, nil
}

func getSignedQueries(ctx context.Context, p *Place) ([]Line, error) {
	if err := p.api.demandsSignature(ctx); err != nil {
		return nil, err
	}
	at := names.Item(unknownID)
	var lines transcript
	for _, q := range []struct{ asked, sent, signed string }{
		{"?x=a+b, a space is signed", "?x=a+b", "?x=a%20b"},
		{"?x=a+b, a plus is signed", "?x=a+b", "?x=a%2Bb"},
		{"?a=1;b=2, one parameter is signed", "?a=1;b=2", "?a=1%3Bb%3D2"},
		{"?a=1;b=2, two parameters are signed", "?a=1;b=2", "?a=1&b=2"},
		{"?b=2&a=1, sorted", "?b=2&a=1", "?a=1&b=2"},
		{"?a, without an equals sign", "?a", "?a="},
	} {
		got, err := p.api.attempt(ctx, http.MethodGet, at+q.sent, "", &signing{url: at + q.signed})
		if err != nil {
			return nil, err
		}
		if got.status == http.StatusForbidden {
			lines.add(q.asked, "refused")
		} else {
			lines.add(q.asked, "accepted")
		}
	}
	return lines, nil
}
