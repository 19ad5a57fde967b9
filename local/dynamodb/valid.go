package dynamodb

import (
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/truora/minidyn/core"
	minidyn "github.com/truora/minidyn/server"
)

// checkKey tells why a key cannot be one of the table's.
func (s *Server) checkKey(tableName *string, key item) error {
	table := s.tables[aws.ToString(tableName)]
	if table == nil {
		return errNoTable
	}
	names := keyNames(table)
	for _, name := range names {
		if len(key) != len(names) || kind(key[name]) != table.AttributesDef[name] {
			return invalid("The provided key element does not match the schema")
		}
	}
	return checkKeyValues(table, key)
}

// checkItem tells why an item cannot be in the table.
func (s *Server) checkItem(tableName *string, i item) error {
	table := s.tables[aws.ToString(tableName)]
	if table == nil {
		return errNoTable
	}
	for _, name := range keyNames(table) {
		if i[name] == nil {
			return invalid("One or more parameter values were invalid: Missing the key %s in the item", name)
		}
		if want, got := table.AttributesDef[name], kind(i[name]); got != want {
			return invalid("One or more parameter values were invalid: Type mismatch for key %s expected: %s actual: %s", name, want, got)
		}
	}
	for name, want := range table.AttributesDef { // where it is another, minidyn refuses what it has stored
		if v := i[name]; v != nil && kind(v) != want {
			return invalid("One or more parameter values were invalid: Type mismatch for Index Key %s Expected: %s Actual: %s", name, want, kind(v))
		}
	}
	if err := checkKeyValues(table, i); err != nil {
		return err
	}
	for _, v := range i {
		if err := checkValue(v); err != nil {
			return err
		}
	}
	return nil
}

func checkKeyValues(table *core.Table, i item) error {
	for _, name := range keyNames(table) {
		v := i[name]
		if v.S != nil && *v.S == "" || v.B != nil && len(v.B) == 0 {
			empty := map[string]string{"S": "string", "B": "binary"}[kind(v)]
			return invalid("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty %s value. Key: %s", empty, name)
		}
		if err := checkValue(v); err != nil {
			return err
		}
	}
	return nil
}

// checkValues is of those of an update, which are stored.
func checkValues(values item) error {
	for name, v := range values {
		if err := checkValue(v); err != nil {
			return invalid("ExpressionAttributeValues contains invalid value: %s for key %s", err.(*refusal).message, name)
		}
	}
	return nil
}

// checkValue tells why a value is none, which would be an error of each later request on
// its item.
func checkValue(v *minidyn.AttributeValue) error {
	switch kind(v) {
	case "":
		return invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
	case "N":
		return checkNumber(*v.N)
	case "B":
		if len(v.B) == 0 { // which minidyn stores, but cannot evaluate
			return invalid("an empty binary value is not supported here")
		}
	case "NULL":
		if !*v.NULL {
			return invalid("One or more parameter values were invalid: Null attribute value types must have the value of true")
		}
	case "SS", "NS", "BS":
		if len(v.SS)+len(v.NS)+len(v.BS) == 0 {
			return invalid("One or more parameter values were invalid: a set may not be empty")
		}
	}
	for _, number := range v.NS {
		if err := checkNumber(aws.ToString(number)); err != nil {
			return err
		}
	}
	for _, element := range v.L {
		if err := checkValue(element); err != nil {
			return err
		}
	}
	for _, element := range v.M {
		if err := checkValue(element); err != nil {
			return err
		}
	}
	return nil
}

func checkNumber(text string) error {
	_, err := strconv.ParseFloat(text, 64)
	if err != nil || strings.Trim(text, "+-.0123456789eE") != "" { // as Go also reads words and hexadecimals
		return invalid("The parameter cannot be converted to a numeric value: %s", text)
	}
	return nil
}

// kind returns the name of a value's type, or nothing for a value without one.
func kind(v *minidyn.AttributeValue) string {
	switch {
	case v == nil:
		return ""
	case v.S != nil:
		return "S"
	case v.N != nil:
		return "N"
	case v.B != nil:
		return "B"
	case v.BOOL != nil:
		return "BOOL"
	case v.NULL != nil:
		return "NULL"
	case v.M != nil:
		return "M"
	case v.L != nil:
		return "L"
	case v.SS != nil:
		return "SS"
	case v.NS != nil:
		return "NS"
	case v.BS != nil:
		return "BS"
	}
	return ""
}
