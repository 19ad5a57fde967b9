package main

import (
	"bytes"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"simple-sam-demo/enricher/classifier/dataset"
	"simple-sam-demo/internal/names"
	"simple-sam-demo/internal/sample"
	"simple-sam-demo/local/apigateway"
	"simple-sam-demo/local/stacktest"
)

func TestTheAPIDemandsASignatureWhenTheParameterSaysSo(t *testing.T) {
	t.Parallel()
	s := start(t, "-parameter", "ApiAuthorization=AWS_IAM")
	example := sample.Object(sample.Example())
	if status, answer := call(t, http.MethodPost, s.api+names.Items(), example); status != http.StatusForbidden || answer["message"] != "Missing Authentication Token" {
		t.Errorf("without a signature: %d %v", status, answer)
	}
	client := &http.Client{Transport: apigateway.Signer{Next: http.DefaultTransport}}
	if got := stacktest.Call(t, client, http.MethodPost, s.api+names.Items(), example); got.Status != http.StatusCreated {
		t.Errorf("with a signature: %d %v", got.Status, got.Body)
	}
	if want := "http -A aws4 -a ak=local,sk=local,s=execute-api,r=us-east-1 POST "; !strings.Contains(s.banner, want) {
		t.Errorf("the banner has no %q: %s", want, s.banner)
	}
}

func TestTheDemoSignsWhenItsStackDemandsSignatures(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), []string{
		"-template", filepath.Join(stacktest.Root(t), "template.yaml"), "-api", "127.0.0.1:0", "-aws", "127.0.0.1:0",
		"-api-key", "secret", "-parameter", "ApiAuthorization=AWS_IAM", "-demo",
	}, &stdout, &stderr)
	if status != 0 || !strings.Contains(stdout.String(), asModel(t, len(dataset.Rows()))) {
		t.Errorf("status %d: %s%s", status, stdout.String(), stderr.String())
	}
}

func TestTheDemoSignsWhenTheStackThatRunsDemandsSignatures(t *testing.T) {
	t.Parallel()
	s := start(t, "-api-key", "secret", "-parameter", "ApiAuthorization=AWS_IAM")
	demo := []string{"-demo", "-api", strings.TrimPrefix(s.api, "http://")}
	var stdout, stderr bytes.Buffer
	if status := run(t.Context(), append(demo, "-api-key", "secret"), &stdout, &stderr); status != 0 || !strings.Contains(stdout.String(), " is used\n") || !strings.Contains(stdout.String(), asModel(t, len(dataset.Rows()))) {
		t.Errorf("status %d: %s%s", status, stdout.String(), stderr.String())
	}
	stderr.Reset()
	if status := run(t.Context(), demo, &stdout, &stderr); status != 1 || !strings.Contains(stderr.String(), `answers "Forbidden": give its key with -api-key`) {
		t.Errorf("without the key: status %d: %s", status, stderr.String())
	}
}
