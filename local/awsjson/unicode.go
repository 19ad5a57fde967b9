package awsjson

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// checkUnicode refuses a JSON text with bytes that are not UTF-8, or with the escape of one half of a surrogate pair
// without the other. encoding/json would put U+FFFD in the place of each, so two different keys could become one. DynamoDB
// answers a SerializationException to text in Latin-1. Nobody has recorded what AWS answers to half a pair.
// https://github.com/aws/aws-sdk-php/issues/1536
func checkUnicode(body []byte) error {
	if !utf8.Valid(body) {
		return errors.New("the request is not UTF-8")
	}
	for {
		i := bytes.IndexByte(body, '\\')
		if i < 0 || i+1 == len(body) {
			return nil
		}
		first := escaped(body[i:])
		switch {
		case !utf16.IsSurrogate(first):
			body = body[i+2:] // what follows a \u is no backslash
		case utf16.DecodeRune(first, escaped(body[i+6:])) == utf8.RuneError:
			return fmt.Errorf("the request has a %s that is half a surrogate pair", body[i:i+6])
		default:
			body = body[i+12:]
		}
	}
}

// escaped returns the character that an escape \uXXXX at the beginning of text stands for, or -1 if none is there.
func escaped(text []byte) rune {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return -1
	}
	n, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return rune(n)
}
