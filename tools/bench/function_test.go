package main

import (
	"testing"
)

func TestTheShellsSettingsForAWSDoNotReachTheMeasuredFunction(t *testing.T) {
	for _, name := range []string{"AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"} {
		t.Setenv(name, "restored after the test")
	}
	t.Setenv("AWS_MAX_ATTEMPTS", "some")
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://elsewhere.test")
	cfg, err := functionAWS("http://127.0.0.1:1")
	if err != nil || *cfg.BaseEndpoint != "http://127.0.0.1:1" || cfg.Region != "us-east-1" {
		t.Errorf("%v, %v", cfg, err)
	}
}
