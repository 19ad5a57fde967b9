package stacktest

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Shells returns environment variables, by a name each, as people have them in the shell
// that they start a program from. All lead a program that heeds them away from the endpoint
// that it was given, or end it. Whatever it sends elsewhere, through a proxy also, fails the test.
// https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
func Shells(t *testing.T) map[string][]string {
	t.Helper()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("%s %s was sent elsewhere", r.Method, r.URL)
		w.WriteHeader(http.StatusBadGateway)
	}))
	t.Cleanup(elsewhere.Close)
	home := t.TempDir()
	settings := "[default]\nregion = eu-central-1\nendpoint_url = URL\nservices = elsewhere\n" +
		"[services elsewhere]\ndynamodb =\n  endpoint_url = URL\nsqs =\n  endpoint_url = URL\n"
	write(t, filepath.Join(home, ".aws", "config"), strings.ReplaceAll(settings, "URL", elsewhere.URL))
	write(t, filepath.Join(home, "broken"), "[default\nregion")
	shells := map[string][]string{
		"no profile of that name": {"AWS_PROFILE=gone"},
		"endpoints ignored":       {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true"},
		"an endpoint":             {"AWS_ENDPOINT_URL=" + elsewhere.URL},
		"endpoints of services":   {"AWS_ENDPOINT_URL_SQS=" + elsewhere.URL, "AWS_ENDPOINT_URL_DYNAMODB=" + elsewhere.URL, "AWS_ENDPOINT_URL_CLOUDFORMATION=" + elsewhere.URL},
		"no CA bundle":            {"AWS_CA_BUNDLE=" + filepath.Join(home, "absent.pem")},
		"another region":          {"AWS_REGION=eu-central-1", "AWS_DEFAULT_REGION=eu-central-1"},
		"no region":               {"AWS_REGION=no region"},
		"attempts":                {"AWS_MAX_ATTEMPTS=some"},
		"retry mode":              {"AWS_RETRY_MODE=never"},
		"defaults mode":           {"AWS_DEFAULTS_MODE=none"},
		"new retries":             {"AWS_NEW_RETRIES_2026=true"},
		"an app":                  {"AWS_SDK_UA_APP_ID=" + strings.Repeat("x", 60)},
		"FIPS":                    {"AWS_USE_FIPS_ENDPOINT=true"},
		"dual stack":              {"AWS_USE_DUALSTACK_ENDPOINT=true"},
		"FIPS, perhaps":           {"AWS_USE_FIPS_ENDPOINT=perhaps"},
		"account endpoints":       {"AWS_ACCOUNT_ID_ENDPOINT_MODE=required"},
		"account endpoints, some": {"AWS_ACCOUNT_ID_ENDPOINT_MODE=some"},
		"discovery":               {"AWS_ENABLE_ENDPOINT_DISCOVERY=true"},
		"half of a key":           {"AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY="},
		"a role":                  {"AWS_ROLE_ARN=arn:aws:iam::1:role/r", "AWS_WEB_IDENTITY_TOKEN_FILE=" + filepath.Join(home, "absent")},
		"a file":                  {},
		"a broken file":           {"AWS_CONFIG_FILE=" + filepath.Join(home, "broken"), "AWS_SHARED_CREDENTIALS_FILE=" + filepath.Join(home, "broken")},
	}
	for name := range shells {
		shells[name] = append(shells[name], "HOME="+home, "HTTP_PROXY="+elsewhere.URL, "HTTPS_PROXY="+elsewhere.URL)
	}
	return shells
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
