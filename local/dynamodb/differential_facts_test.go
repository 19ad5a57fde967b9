package dynamodb_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
)

// told holds what a server answered, as text, by the name of the member of the answer.
type told = map[string]string

// notCompared are members of answers that say nothing about the effect of a call, or that are
// different on every server.
var notCompared = []string{
	"ResultMetadata", "ConsumedCapacity", "ItemCollectionMetrics", "TableArn", "IndexArn", "TableId", "TableStatus", "IndexStatus",
	"CreationDateTime", "TableSizeBytes", "IndexSizeBytes", "ItemCount", "WarmThroughput", "BillingModeSummary", "ProvisionedThroughput",
	"DeletionProtectionEnabled", "TableClassSummary", "MultiRegionConsistency", "OnDemandThroughput", "SSEDescription",
}

// tell adds the members of an answer. It sorts lists unless they are ordered.
func tell(f told, ordered bool, answer any) {
	members := reflect.Indirect(reflect.ValueOf(answer))
	for i := range members.NumField() {
		name := members.Type().Field(i).Name
		if !members.Type().Field(i).IsExported() || slices.Contains(notCompared, name) {
			continue
		}
		f[name] = words(members.Field(i), ordered)
	}
}

// inWords writes a value in one line. It sorts sets and lists.
func inWords(v any) string { return words(reflect.ValueOf(v), true) }

func words(v reflect.Value, ordered bool) string {
	if a, ok := v.Interface().(types.AttributeValue); ok {
		return attribute(a)
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return ""
		}
		return words(v.Elem(), ordered)
	case reflect.Slice:
		if b, ok := v.Interface().([]byte); ok {
			return fmt.Sprintf("%x", b)
		}
		return list(v, ordered)
	case reflect.Map:
		var entries []string
		for _, key := range v.MapKeys() {
			entries = append(entries, fmt.Sprintf("%v: %s", key, words(v.MapIndex(key), ordered)))
		}
		slices.Sort(entries)
		return strings.Join(entries, ", ")
	case reflect.Struct:
		var entries []string
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if text := words(exported(v, i), ordered); text != "" && !slices.Contains(notCompared, name) {
				entries = append(entries, name+": "+text)
			}
		}
		return "{" + strings.Join(entries, ", ") + "}"
	}
	return fmt.Sprint(v)
}

// exported returns a member of a struct, or "" for a member that only the SDK uses.
func exported(v reflect.Value, i int) reflect.Value {
	if v.Type().Field(i).IsExported() {
		return v.Field(i)
	}
	return reflect.ValueOf("")
}

func list(v reflect.Value, ordered bool) string {
	var entries []string
	for i := range v.Len() {
		entries = append(entries, "{"+words(v.Index(i), ordered)+"}")
	}
	if !ordered {
		slices.Sort(entries)
	}
	return strings.Join(entries, " ")
}

// attribute writes an attribute value in one line. It sorts sets, as they have no order.
func attribute(v types.AttributeValue) string {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return fmt.Sprintf("%q", v.Value)
	case *types.AttributeValueMemberN:
		return v.Value
	case *types.AttributeValueMemberB:
		return fmt.Sprintf("x%x", v.Value)
	case *types.AttributeValueMemberBOOL:
		return fmt.Sprint(v.Value)
	case *types.AttributeValueMemberNULL:
		return "null"
	case *types.AttributeValueMemberSS:
		return "SS<" + strings.Join(slices.Sorted(slices.Values(v.Value)), " ") + ">"
	case *types.AttributeValueMemberNS:
		return "NS<" + strings.Join(slices.Sorted(slices.Values(v.Value)), " ") + ">"
	case *types.AttributeValueMemberBS:
		var all []string
		for _, b := range v.Value {
			all = append(all, fmt.Sprintf("%x", b))
		}
		return "BS<" + strings.Join(slices.Sorted(slices.Values(all)), " ") + ">"
	case *types.AttributeValueMemberL:
		var all []string
		for _, e := range v.Value {
			all = append(all, attribute(e))
		}
		return "[" + strings.Join(all, " ") + "]"
	case *types.AttributeValueMemberM:
		var all []string
		for _, name := range slices.Sorted(maps.Keys(v.Value)) {
			all = append(all, name+": "+attribute(v.Value[name]))
		}
		return "{" + strings.Join(all, ", ") + "}"
	}
	return "(nil)"
}

// tellError adds the facts of an error: its code, its status if that is not 400, and its other
// members.
func tellError(f told, err error) {
	var refusal smithy.APIError
	if !errors.As(err, &refusal) {
		if f["error"] = err.Error(); strings.Contains(f["error"], "Client.Timeout") {
			f["error"] = "no answer"
		}
		return
	}
	f["error"] = refusal.ErrorCode()
	if r, ok := errors.AsType[*awshttp.ResponseError](err); ok && r.HTTPStatusCode() != http.StatusBadRequest {
		f["error"] = fmt.Sprint(r.HTTPStatusCode(), " ", f["error"])
	}
	if failed, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok && failed.Item != nil {
		f["Item"] = inWords(failed.Item)
	}
	if canceled, ok := errors.AsType[*types.TransactionCanceledException](err); ok {
		for i, reason := range canceled.CancellationReasons {
			f[fmt.Sprintf("reason %d", i)] = strings.TrimSpace(aws.ToString(reason.Code) + " " + inWords(reason.Item))
		}
	}
}
