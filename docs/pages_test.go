package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func page(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheREADMESaysWhereEachPageIs(t *testing.T) {
	_, section, _ := strings.Cut(page(t, "../README.md"), "\n## Where things are\n")
	section, _, _ = strings.Cut(section, "\n## ")
	pages, err := filepath.Glob("*.md")
	if err != nil || len(pages) == 0 {
		t.Fatal(pages, err)
	}
	for _, name := range pages {
		if !strings.Contains(section, "(docs/"+name+")") {
			t.Errorf("the section Where things are has no link to docs/%s", name)
		}
	}
}

// Names in backquotes have no place in the order, because they change when another item takes the iris's place.
func TestEachTableOfTheGlossaryIsFromAToZ(t *testing.T) {
	words := regexp.MustCompile(`(?m)^\| \*\*([^` + "`" + `*]+)\*\*`)
	tables := strings.Split(page(t, "glossary.md"), "\n## ")[1:]
	for _, table := range tables {
		var all []string
		for _, word := range words.FindAllStringSubmatch(table, -1) {
			all = append(all, strings.ToLower(strings.ReplaceAll(word[1], "-", " ")))
		}
		if title, _, _ := strings.Cut(table, "\n"); len(all) < 2 || !slices.IsSorted(all) {
			t.Errorf("%s: %q are not in order", title, all)
		}
	}
}

// SAM CLI 1.170.0 refuses A=, or ignores it. The shell takes away quotation marks that have no others around them.
func TestACommandThatEmptiesAParameterHasQuotationMarks(t *testing.T) {
	emptiesNothing := regexp.MustCompile(`--parameter-overrides[^\n]*? (?:'?\w+=['\s]|\w+="")`)
	pages, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(pages, "../README.md") {
		for _, command := range emptiesNothing.FindAllString(page(t, name), -1) {
			t.Errorf("%s: %q empties nothing: write 'NAME=\"\"'", name, command)
		}
	}
}
