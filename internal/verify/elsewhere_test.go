package verify

import (
	"strings"
	"testing"
	"testing/synctest"

	"simple-sam-demo/internal/names"
)

// The flag -api may name the API of another stack.
func TestAnItemInAnotherStackIsNamedAndIsTheOnlyOne(t *testing.T) {
	for name, test := range map[string]struct {
		flags []string
		fails string // the check that finds out
	}{
		"created":                             {nil, "created"},
		"although the key was not to suffice": {[]string{"-api-key", "secret"}, "key"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, other := start(t, nil, nil), start(t, nil, nil)
				b.api = other.api
				got := b.verify(t.Context(), t, append(test.flags, "-only", allButTheDataSet)...)
				there := other.ids(t)
				if len(there) != 1 {
					t.Fatalf("the other stack has the items %q, want one", there)
				}
				fail, seen := got.failing()
				want := "POST to http://api has created item " + there[0] + ", and table " + names.Table() + " does not have it"
				if got.status != 1 || strings.Join(fail, " ") != test.fails || !strings.Contains(seen, want) {
					t.Errorf("status %d, %v fail, want %s with %q: %s", got.status, fail, test.fails, want, seen)
				}
				if len(got.LeftBehind) != 1 || !strings.HasPrefix(got.LeftBehind[0], "item "+there[0]+", created by http://api") {
					t.Errorf("left behind %q, want item %s at http://api", got.LeftBehind, there[0])
				}
				if row := got.of("rejected"); row.Result != notRun {
					t.Errorf("%+v, want nothing more posted", row)
				}
			})
		})
	}
}
