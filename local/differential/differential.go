// Package differential helps tests to compare a service of the local stack with other emulators of
// the same service. It starts the emulators, compares the answers of two servers, and counts the known
// differences. It does not know the services: a test draws the calls and turns answers into facts,
// which are texts by name. It is only for tests.
//
// Begin to read in this file. tally.go has the known differences, and servers.go starts emulators.
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

// Difference is a fact that differs between two servers.
type Difference struct{ Operation, Fact, Ours, Theirs string }

func (d Difference) String() string {
	return fmt.Sprintf("%s: %s: ours %q, theirs %q", d.Operation, d.Fact, d.Ours, d.Theirs)
}

// DifferencesOf compares the facts of two servers about one operation. A missing fact counts as "".
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

// Against runs a test against other servers. The environment variable names them, with commas between;
// Against skips the other ones. It starts each server and passes the configuration of a client to the test.
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

// configOf returns the configuration of a client that does not retry. It opens a new connection for
// each call, because other servers may close a connection at any time.
func configOf(url string) aws.Config {
	config := awsclient.AtEndpoint(url)
	config.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	config.HTTPClient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	return config
}

// KeepWorkTree makes sure that rapid does not write a failed sequence to a file below testdata. The
// log has the seed, which is enough to repeat it.
func KeepWorkTree(t *testing.T) {
	t.Helper()
	const name = "rapid.nofailfile"
	before := flag.Lookup(name).Value.String()
	if err := flag.Set(name, "true"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flag.Set(name, before) })
}
