package dynamodb

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
)

// refusal is an error that DynamoDB answers with.
type refusal struct {
	code, message string
	more          object // members beside the two
}

func (r *refusal) Error() string { return r.code + ": " + r.message }

func invalid(format string, a ...any) error {
	return &refusal{code: "ValidationException", message: fmt.Sprintf(format, a...)}
}

func belowOne(limit int) error {
	return invalid("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: "+
		"Member must have value greater than or equal to 1", limit)
}

var errNoTable = &refusal{code: "ResourceNotFoundException", message: "Requested resource not found"}

// noTable is the refusal of an operation on a table by those on tables; those on items
// do not name it.
func noTable(name *string) error {
	return &refusal{code: errNoTable.code, message: errNoTable.message + ": Table: " + aws.ToString(name) + " not found"}
}

// failure answers with an error.
func failure(err error) answer {
	r, ok := errors.AsType[*refusal](err)
	if !ok {
		r = minidynRefusal(err)
	}
	body := object{"__type": "com.amazonaws.dynamodb.v20120810#" + r.code, "message": r.message}
	maps.Copy(body, r.more)
	return answer{http.StatusBadRequest, mustJSON(body)}
}

// minidynRefusal puts an error of minidyn's in DynamoDB's words. Where it has no code, the
// request is one that minidyn does not understand.
func minidynRefusal(err error) *refusal {
	r := &refusal{code: "ValidationException", message: err.Error()}
	if known, ok := errors.AsType[smithy.APIError](err); ok {
		r.code, r.message = known.ErrorCode(), known.ErrorMessage()
	}
	r.message, _, _ = strings.Cut(r.message, " &types.") // a dump of a Go value
	return r
}
