// Package differential compares a service of the local stack with other emulators of it, in
// tests that draw random sequences of calls. It starts the emulators, compares what two
// servers answer, and counts the differences that are known. It knows nothing of the services.
package differential

import (
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"simple-sam-demo/shared/awsclient"
)

// Difference is a fact that two servers tell differently.
type Difference struct{ Operation, Fact, Ours, Theirs string }

func (d Difference) String() string {
	return fmt.Sprintf("%s: %s: ours %q, theirs %q", d.Operation, d.Fact, d.Ours, d.Theirs)
}

// DifferencesOf compares what two servers tell of one operation. A fact that a server does
// not tell is "".
func DifferencesOf(operation string, ours, theirs map[string]string) (all []Difference) {
	either := maps.Clone(ours)
	maps.Copy(either, theirs)
	for _, fact := range slices.Sorted(maps.Keys(either)) {
		if ours[fact] != theirs[fact] {
			all = append(all, Difference{operation, fact, ours[fact], theirs[fact]})
		}
	}
	return all
}

// Against runs a test for each of the other servers that an environment variable names,
// with commas between, and skips the rest. It starts the server and gives the test the
// configuration of a client.
func Against(t *testing.T, variable string, servers map[string]func(t *testing.T) (url string), test func(t *testing.T, name string, config aws.Config)) {
	KeepWorkTree(t)
	for _, name := range slices.Sorted(maps.Keys(servers)) {
		t.Run(name, func(t *testing.T) {
			if !slices.Contains(strings.Split(os.Getenv(variable), ","), name) {
				t.Skipf("runs only with %s=%s in the environment", variable, name)
			}
			test(t, name, configOf(servers[name](t)))
		})
	}
}

// configOf returns a configuration of clients that do not repeat what failed, nor use a
// connection twice: other servers end them when they like.
func configOf(url string) aws.Config {
	config := awsclient.AtEndpoint(url)
	config.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	config.HTTPClient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	return config
}

// KeepWorkTree keeps rapid from writing a file of what failed below testdata. The log has
// the seed.
func KeepWorkTree(t *testing.T) {
	t.Helper()
	const name = "rapid.nofailfile"
	before := flag.Lookup(name).Value.String()
	if err := flag.Set(name, "true"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flag.Set(name, before) })
}
