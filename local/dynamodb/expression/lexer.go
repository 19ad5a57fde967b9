package expression

import (
	"strings"
)

// kind is what a token is.
type kind byte

const (
	end     kind = iota
	word         // an attribute name, a function's name or a keyword
	name         // #name
	ref          // :value
	number       // digits: an index, or in PartiQL a number
	text         // 'text', in PartiQL
	quoted       // "name", in PartiQL
	symbol       // = <> < <= > >= ( ) [ ] , . + - and in PartiQL { } : ? * << >> !=
	illegal      // any other character
)

type token struct {
	kind     kind
	text     string // without quotes
	from, to int    // where it is in the expression
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"

func isPart(b byte) bool { return strings.IndexByte(letters, b) >= 0 || '0' <= b && b <= '9' }

// scan divides an expression, or a statement of PartiQL, into tokens. The last is the end.
func scan(source string, partiQL bool) (tokens []token) {
	for at := 0; ; {
		at = skipSpace(source, at, partiQL)
		if at == len(source) {
			return append(tokens, token{end, "<EOF>", at, at})
		}
		t := next(source, at, partiQL)
		tokens = append(tokens, t)
		at = t.to
	}
}

// skipSpace returns where the next token begins. PartiQL has comments.
func skipSpace(source string, at int, partiQL bool) int {
	for {
		rest := strings.TrimLeft(source[at:], " \t\r\n")
		at = len(source) - len(rest)
		length := -1
		switch {
		case partiQL && strings.HasPrefix(rest, "--"):
			length = strings.IndexByte(rest+"\n", '\n')
		case partiQL && strings.HasPrefix(rest, "/*"):
			if length = strings.Index(rest, "*/"); length > 0 {
				length += 2
			}
		}
		if length < 0 {
			return at
		}
		at += length
	}
}

func next(source string, at int, partiQL bool) token {
	span := func(k kind, part func(byte) bool) token {
		to := at + 1
		for to < len(source) && part(source[to]) {
			to++
		}
		return token{k, source[at:to], at, to}
	}
	switch b := source[at]; {
	case '0' <= b && b <= '9':
		if partiQL {
			return partiQLNumber(source, at)
		}
		return span(number, func(b byte) bool { return '0' <= b && b <= '9' })
	case isPart(b) && (b != '_' || partiQL):
		return span(word, isPart)
	case b == '#' && !partiQL:
		return span(name, isPart)
	case b == ':' && !partiQL:
		return span(ref, isPart)
	case (b == '\'' || b == '"') && partiQL:
		return quotedText(source, at)
	}
	symbols := []string{"<>", "<=", ">=", "=", "<", ">", "(", ")", "[", "]", ",", ".", "+", "-"}
	if partiQL {
		symbols = append([]string{"<<", ">>", "!=", "{", "}", ":", "?", "*", ";"}, symbols...)
	}
	for _, s := range symbols {
		if strings.HasPrefix(source[at:], s) {
			return token{symbol, s, at, at + len(s)}
		}
	}
	return token{illegal, source[at : at+1], at, at + 1}
}

// quotedText reads 'text' or "name", in which the quote is doubled.
func quotedText(source string, at int) token {
	quote := source[at : at+1]
	var b strings.Builder
	for to := at + 1; ; {
		n := strings.Index(source[to:], quote)
		if n < 0 {
			return token{illegal, source[at:], at, len(source)}
		}
		b.WriteString(source[to : to+n])
		to += n + 1
		if !strings.HasPrefix(source[to:], quote) {
			return token{map[string]kind{"'": text, `"`: quoted}[quote], b.String(), at, to}
		}
		b.WriteString(quote)
		to++
	}
}

// partiQLNumber reads digits with a fraction and an exponent.
func partiQLNumber(source string, at int) token {
	to := at
	digits := func() {
		for to < len(source) && '0' <= source[to] && source[to] <= '9' {
			to++
		}
	}
	digits()
	if to+1 < len(source) && source[to] == '.' {
		to++
		digits()
	}
	if rest := strings.TrimLeft(source[to:], "eE"); len(source[to:])-len(rest) == 1 {
		mantissa := to
		to += 1 + len(rest) - len(strings.TrimLeft(rest[:min(1, len(rest))], "+-")+rest[min(1, len(rest)):])
		exponent := to
		if digits(); to == exponent {
			to = mantissa
		}
	}
	return token{number, source[at:to], at, to}
}
