package awsjson

import (
	"encoding/json"
	"errors"
	"reflect"
)

// Unsupported is the type of a member of an input that AWS has and the local service does not support. A
// request that has the member is an error: see [UnsupportedMember]. Without such a field the decoder would
// ignore the member, as it ignores a member that AWS does not have. The field must not be in an embedded
// struct: the name of that struct would be in the path.
type Unsupported struct{}

// UnmarshalJSON refuses every value but null, which means that the member is not there.
func (*Unsupported) UnmarshalJSON(value []byte) error {
	if string(value) == "null" {
		return nil
	}
	return &json.UnmarshalTypeError{Value: "value", Type: unsupported} // encoding/json adds the path
}

var unsupported = reflect.TypeFor[Unsupported]()

// UnsupportedMember returns the path of the member that made decoding fail because it is [Unsupported], such
// as GlobalSecondaryIndexes.OnDemandThroughput. It returns "" for any other error.
func UnsupportedMember(err error) string {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Type == unsupported {
		return wrong.Field
	}
	return ""
}
