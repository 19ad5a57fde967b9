package expression

import (
	"fmt"
	"regexp"
	"strings"
)

type kind byte

const (
	end     kind = iota
	word         // an attribute name, a function's name or a keyword
	name         // #name
	ref          // :value
	number       // digits: an index, or a number in PartiQL
	text         // 'text', in PartiQL
	quoted       // "name", in PartiQL
	symbol       // = <> < <= > >= ( ) [ ] , . + - and in PartiQL { } : ? * << >> !=
	illegal      // any other character
)

type token struct {
	kind     kind
	text     string // without quotes
	from, to int    // its position in the expression, in bytes
}

// place writes the position of a token as DynamoDB's messages show it: the line, the column (the
// first is 1) and the length. This code does not count lines: the line is always 1.
func (t token) place() string { return fmt.Sprintf("1:%d:%d", t.from+1, t.to-t.from) }

var (
	symbols        = []string{"<>", "<=", ">=", "=", "<", ">", "(", ")", "[", "]", ",", ".", "+", "-"}
	partiQLSymbols = append([]string{"<<", ">>", "!=", "{", "}", ":", "?", "*", ";"}, symbols...)
	partiQLNumber  = regexp.MustCompile(`^[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?`)
)

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

func isPart(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || b == '_' || isDigit(b)
}

// scan divides an expression or a PartiQL statement into tokens. The last token is the end.
func scan(source string, partiQL bool) (tokens []token) {
	for at := 0; ; {
		rest := skipSpace(source[at:], partiQL)
		at = len(source) - len(rest)
		if rest == "" {
			return append(tokens, token{end, "<EOF>", at, at})
		}
		kind, text, length := next(rest, partiQL)
		tokens = append(tokens, token{kind, text, at, at + length})
		at += length
	}
}

// skipSpace removes the space before the next token. In PartiQL it also removes comments.
func skipSpace(rest string, partiQL bool) string {
	for {
		rest = strings.TrimLeft(rest, " \t\r\n")
		comment, closed := "", true
		switch {
		case partiQL && strings.HasPrefix(rest, "--"):
			comment, _, _ = strings.Cut(rest, "\n")
		case partiQL && strings.HasPrefix(rest, "/*"):
			comment, _, closed = strings.Cut(rest, "*/")
			comment += "*/"
		}
		if comment == "" || !closed {
			return rest
		}
		rest = rest[len(comment):]
	}
}

// next reads a token. It returns the token's content without quotes, and its length with quotes.
func next(rest string, partiQL bool) (k kind, content string, length int) {
	span := func(k kind, part func(byte) bool) (kind, string, int) {
		to := 1
		for to < len(rest) && part(rest[to]) {
			to++
		}
		return k, rest[:to], to
	}
	switch b := rest[0]; {
	case isDigit(b) && partiQL:
		digits := partiQLNumber.FindString(rest)
		return number, digits, len(digits)
	case isDigit(b):
		return span(number, isDigit)
	case isPart(b) && (b != '_' || partiQL):
		return span(word, isPart)
	case b == '#' && !partiQL:
		return span(name, isPart)
	case b == ':' && !partiQL:
		return span(ref, isPart)
	case b == '\'' && partiQL:
		return quotedText(text, rest)
	case b == '"' && partiQL:
		return quotedText(quoted, rest)
	}
	known := symbols
	if partiQL {
		known = partiQLSymbols
	}
	for _, s := range known {
		if strings.HasPrefix(rest, s) {
			return symbol, s, len(s)
		}
	}
	return illegal, rest[:1], 1
}

// quotedText reads 'text' or "name". A doubled quote in it stands for one quote.
func quotedText(k kind, rest string) (kind, string, int) {
	quote, content, length := rest[:1], "", 1
	for {
		part, after, closed := strings.Cut(rest[length:], quote)
		if !closed {
			return illegal, rest, len(rest)
		}
		content += part
		length += len(part) + 1
		if !strings.HasPrefix(after, quote) {
			return k, content, length
		}
		content += quote
		length++
	}
}
