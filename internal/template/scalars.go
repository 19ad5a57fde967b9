package template

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// This file has the schemas of single values.

// text accepts numbers and booleans too, as CloudFormation converts them to text.
func text() schema {
	return schema{kind: scalar, scalar: func(text string) (any, string) { return text, "" }}
}

// short accepts a text of up to some bytes.
func short(most int) schema {
	return schema{kind: scalar, scalar: func(text string) (any, string) {
		if len(text) <= most {
			return text, ""
		}
		return nil, fmt.Sprintf("a text of up to %d bytes", most)
	}}
}

func oneOf(values ...string) schema {
	expected := values[0]
	if len(values) > 1 {
		expected = "one of " + strings.Join(values, ", ")
	}
	return schema{kind: scalar, scalar: func(text string) (any, string) {
		if slices.Contains(values, text) {
			return text, ""
		}
		return nil, expected
	}}
}

// matching accepts a text that the pattern matches. expected describes such a text.
func matching(pattern, expected string) schema {
	re := regexp.MustCompile("^(?:" + pattern + ")$")
	return schema{kind: scalar, scalar: func(text string) (any, string) {
		if re.MatchString(text) {
			return text, ""
		}
		return nil, expected
	}}
}

// whole accepts whole numbers from least to most. They may be written as text.
func whole(least, most int) schema {
	return schema{kind: scalar, scalar: func(text string) (any, string) {
		if n, err := strconv.Atoi(text); err == nil && least <= n && n <= most {
			return n, ""
		}
		return nil, fmt.Sprintf("a whole number from %d to %d", least, most)
	}}
}

func number() schema {
	return schema{kind: scalar, scalar: func(text string) (any, string) {
		if n, err := parseNumber(text); err == nil {
			return n, ""
		}
		return nil, "a number"
	}}
}

func boolean() schema {
	return schema{kind: scalar, scalar: func(text string) (any, string) {
		switch strings.ToLower(text) {
		case "true":
			return true, ""
		case "false":
			return false, ""
		}
		return nil, "true or false"
	}}
}
