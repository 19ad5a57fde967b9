package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simple-sam-demo/internal/commandline"
)

// shop is a module with mutants of all kinds.
var shop = map[string]string{
	"go.mod": "module shop\n\ngo 1.26\n",
	"price/price.go": `package price

// Most is a constant, which needs a build of its own.
const Most = 3

// Reduced tells whether so many are cheaper.
func Reduced(n int) bool {
	return n >= Most
}

// Count counts down, and never ends if nothing is subtracted.
func Count(n int) (rounds int) {
	for n > 0 {
		n--
		rounds++
	}
	return rounds
}

// Opposite is called by nobody but the second judge.
func Opposite(n int) int {
	return 0 - n
}

// Total adds up the prices, but for those below zero.
func Total(prices []int) (sum int) {
	for _, p := range prices {
		if p < 0 {
			continue
		}
		sum += p
	}
	return sum
}
`,
	"price/price_test.go": `package price

import "testing"

func TestPrice(t *testing.T) {
	if Reduced(2) || !Reduced(4) || Count(2) != 2 || Total([]int{2, -1, 3}) != 5 {
		t.Fatal("wrong")
	}
}
`,
	"reasons.txt": "",
	"judge/main.go": `package main

import "shop/price"

func main() {
	if price.Opposite(5) != -5 {
		panic("wrong")
	}
}
`,
}

func write(t *testing.T, files map[string]string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	for name, text := range files {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// optionsFor returns options for the shop in a folder.
func optionsFor(folder, results string, out *bytes.Buffer) options {
	return options{
		folder: folder, packages: "./price", tests: "./price", second: "./judge", reasons: "reasons.txt",
		results: results, parallel: 2, extra: 2 * time.Second, stdout: out, stderr: out,
	}
}

func TestAMutantIsCaughtByATestOrTheSecondJudgeOrIsEndlessOrSurvives(t *testing.T) {
	folder, results := write(t, shop), filepath.Join(t.TempDir(), "results")
	var out bytes.Buffer
	o := optionsFor(folder, results, &out)
	err := o.mutate(t.Context())
	if err == nil || !strings.Contains(out.String(), "survived without a reason: price/price.go Reduced: n >= Most → n > Most\n") {
		t.Errorf("%v, want an error, and the survivors in:\n%s", err, out.String())
	}
	known, err := openResults(results)
	if err != nil {
		t.Fatal(err)
	}
	defer known.writer.Close()
	got := map[string]string{}
	for name, r := range known.known {
		got[strings.TrimPrefix(name, "price/price.go ")] = r.Outcome
	}
	want := map[string]string{
		"Most: 3 → 3 + 1":                survived, // no test has 3
		"Most: 3 → 3 - 1":                caughtOwn,
		"Reduced: n >= Most → true":      caughtOwn,
		"Reduced: n >= Most → false":     caughtOwn,
		"Reduced: n >= Most → n > Most":  survived, // no test has 3
		"Reduced: n >= Most → n == Most": caughtOwn,
		"Count: n > 0 → false":           caughtOwn,
		"Count: 0 → (0)+1":               caughtOwn,
		"Count: 0 → (0)-1":               caughtOwn,
		"Count: n-- → (nothing)":         endless,
		"Count: rounds++ → (nothing)":    caughtOwn,
		"Count: rounds → *new(int)":      caughtOwn,
		"Opposite: 0 - n → *new(int)":    caughtSecond,
		"Opposite: 0 - n → 0 + n":        caughtSecond,
		"Opposite: 0 → (0)+1":            caughtSecond,
		"Opposite: 0 → (0)-1":            caughtSecond,
		"Total: p < 0 → true":            caughtOwn,
		"Total: p < 0 → false":           caughtOwn,
		"Total: 0 → (0)+1":               survived, // 0 changes no sum
		"Total: 0 → (0)-1":               caughtOwn,
		"Total: continue → break":        caughtOwn,
		"Total: continue → return":       caughtOwn,
		"Total: continue → (nothing)":    caughtOwn,
		"Total: sum += p → (nothing)":    caughtOwn,
		"Total: sum → *new(int)":         caughtOwn,
		"Total: for _, p := range prices { if p < 0 { continue } sum += p } → for _, p := range prices { break; if p < 0 { continue } sum += p }":  caughtOwn,
		"Total: for _, p := range prices { if p < 0 { continue } sum += p } → for _, p := range prices { if p < 0 { continue } sum += p ; break }": caughtOwn,
		"Count: for n > 0 { n-- rounds++ } → for n > 0 { break; n-- rounds++ }":                                                                    caughtOwn,
		"Count: for n > 0 { n-- rounds++ } → for n > 0 { n-- rounds++ ; break }":                                                                   caughtOwn,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

func TestASurvivorNeedsAReasonAndAReasonASurvivor(t *testing.T) {
	const (
		survivor = "price/price.go Reduced: n >= Most → n > Most"
		caught   = "price/price.go Reduced: n >= Most → true"
		gone     = "price/price.go Sum: a → b"
		reason   = "\n    Nobody buys three.\n"
	)
	for name, test := range map[string]struct{ reasons, only, complaint string }{
		"a survivor with a reason":    {survivor + reason, "Reduced: n", ""},
		"a survivor without a reason": {"", "Reduced: n", "survived without a reason: " + survivor},
		"a reason for one caught":     {survivor + reason + caught + reason, "Reduced: n", "needs no reason any more: " + caught + " (" + caughtOwn + ")"},
		"a reason for one gone":       {survivor + reason + gone + reason, "", "needs no reason any more: " + gone + " (there is no such mutant)"},
		"no reason below the mutant":  {survivor, "Reduced: n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			folder := write(t, shop)
			var out bytes.Buffer
			o := optionsFor(folder, filepath.Join(folder, "results"), &out)
			m, sources, err := o.read()
			if err != nil {
				t.Fatal(err)
			}
			all, _ := find(m, sources)
			var known strings.Builder // so that no mutant is tried
			for _, m := range all {
				outcome := caughtOwn
				if m.name() == survivor {
					outcome = survived
				}
				fmt.Fprintf(&known, "{%q:%q,%q:%q,%q:true}\n", "Name", m.name(), "Outcome", outcome, "Reached")
			}
			if err := errors.Join(os.WriteFile(o.results, []byte(known.String()), 0o600), os.WriteFile(filepath.Join(folder, o.reasons), []byte(test.reasons), 0o600)); err != nil {
				t.Fatal(err)
			}
			o.only = test.only
			err = o.mutate(t.Context())
			if (err == nil) != (name == "a survivor with a reason") || !strings.Contains(out.String(), test.complaint) {
				t.Errorf("%v, want %q in:\n%s", err, test.complaint, out.String())
			}
		})
	}
}

func TestARunThatWasInterruptedGoesOn(t *testing.T) {
	folder := write(t, shop)
	results := filepath.Join(folder, "results")
	name := "price/price.go Reduced: n >= Most → true"
	if err := os.WriteFile(results, []byte(fmt.Sprintf("{%q:%q,%q:%q}\n", "Name", name, "Outcome", caughtOthers)), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	o := optionsFor(folder, results, &out)
	o.only, o.tests = "n >= Most → true", "./none"
	if err := o.mutate(t.Context()); err != nil { // no judge is built: there is nothing to do
		t.Fatalf("%v\n%s", err, out.String())
	}
}

func TestNothingIsWrittenToTheSources(t *testing.T) {
	folder := write(t, shop)
	var out bytes.Buffer
	o := optionsFor(folder, "", &out)
	o.only = "rounds++ → (nothing)"
	if err := o.mutate(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	files := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(folder, path)
		files[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(shop, files); diff != "" {
		t.Errorf("the module's files (-before +after):\n%s", diff)
	}
}

// A typo must not look as if all mutants were caught.
func TestWhereThereIsNoMutantItFails(t *testing.T) {
	for want, change := range map[string]func(o *options){
		"-only nope: no mutant's name has this text in it":       func(o *options) { o.only = "nope" },
		"-packages ./judge: there is nothing to change in these": func(o *options) { o.packages = "./judge" },
	} {
		for _, list := range []bool{false, true} {
			files := maps.Clone(shop)
			files["judge/main.go"] = "package main\n\nfunc main() {}\n"
			var out bytes.Buffer
			o := optionsFor(write(t, files), "", &out)
			o.list = list
			change(&o)
			if err := o.mutate(t.Context()); err == nil || !strings.Contains(err.Error(), want) || out.Len() > 0 {
				t.Errorf("%v, want %q, and it printed %q", err, want, out.String())
			}
		}
	}
}

func TestTheReasonsMayBeOutsideTheModule(t *testing.T) {
	const name = "price/price.go Reduced: n >= Most → n > Most"
	outside := write(t, map[string]string{
		"reasons.txt": name + "\n    Nobody buys three.\n",
		"results":     fmt.Sprintf("{%q:%q,%q:%q}\n", "Name", name, "Outcome", survived),
	})
	var out bytes.Buffer
	o := optionsFor(write(t, shop), filepath.Join(outside, "results"), &out)
	o.only, o.reasons = "n >= Most → n > Most", filepath.Join(outside, "reasons.txt")
	if err := o.mutate(t.Context()); err != nil {
		t.Errorf("%v\n%s", err, out.String())
	}
}

func TestACommandLineThatCannotWorkIsRefused(t *testing.T) {
	over, cancel := context.WithCancel(t.Context()) // so that one that is not refused is not tried for long
	cancel()
	for _, args := range [][]string{{"-parallel", "0"}, {"-again"}, {"-extra", "-1s"}} {
		var out, stderr bytes.Buffer
		if status := run(over, args, &out, &stderr); status != commandline.WrongUsage {
			t.Errorf("%v: status %d, want %d\n%s", args, status, commandline.WrongUsage, stderr.String())
		}
	}
}
