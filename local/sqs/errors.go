package sqs

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"simple-sam-demo/local/awsjson"
)

// apiError is an error of the SQS API. Clients of the JSON protocol read its type. Clients
// that once used the Query protocol read its Query code.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
type apiError = awsjson.Error

func sqsError(shape, code, format string, arguments ...any) *apiError {
	return &apiError{Type: "com.amazonaws.sqs#" + shape, Query: code, Message: fmt.Sprintf(format, arguments...)}
}

func coralError(shape, code, format string, arguments ...any) *apiError {
	return &apiError{Type: "com.amazon.coral.service#" + shape, Query: code, Message: fmt.Sprintf(format, arguments...)}
}

// errSerialization says what is wrong with a request that is not JSON, or that has a value of
// the wrong type. It uses AWS's own words where we know them.
func errSerialization(err error) *apiError {
	text := err.Error()
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		switch {
		case wrong.Value == "object":
			text = "Start of structure or map found where not expected."
		case wrong.Value == "array":
			text = "Start of list found where not expected."
		case wrong.Value == "string" && wrong.Type.Kind() == reflect.Int:
			text = "STRING_VALUE can not be converted to an Integer"
		default:
			field := wrong.Field[strings.LastIndexByte(wrong.Field, '.')+1:]
			text = strings.TrimSuffix(wrong.Value+" found where not expected: "+field, ": ")
		}
	}
	return coralError("SerializationException", "SerializationException", "%s", text)
}

func errUnsupported(message string) *apiError {
	return sqsError("UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation", "%s", message)
}

func errInvalidValue(format string, arguments ...any) *apiError {
	return coralError("InvalidParameterValueException", "InvalidParameterValue", format, arguments...)
}

// errTraceHeader refuses a request for its trace header. AWS does: github.com/aws/aws-xray-sdk-python, issue 213.
func errTraceHeader(value string) *apiError {
	return errInvalidValue("The request has a 'X-Amzn-Trace-Id' HTTP header which is reserved for AWS X-Ray trace header and has an invalid value '%s'", value)
}

func errMissing(parameter string) *apiError {
	return coralError("MissingRequiredParameterException", "MissingParameter",
		"The request must contain the parameter %s.", parameter)
}

func errRange(parameter string, value any, condition string) *apiError {
	return errInvalidValue("Value %v for parameter %s is invalid. Reason: %s.", value, parameter, condition)
}

func errNoQueue() *apiError {
	return sqsError("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
}

// errNoAccess refuses a queue of another account. AWS's words are in fluent-plugin-s3's issue 342.
func errNoAccess() *apiError {
	e := errNoQueue()
	e.Message = "The specified queue does not exist or you do not have access to it."
	return e
}

func errQueueExists(attribute string) *apiError {
	return sqsError("QueueNameExists", "QueueAlreadyExists",
		"A queue already exists with the same name and a different value for attribute %s", attribute)
}

func errDeletedRecently() *apiError {
	return sqsError("QueueDeletedRecently", "AWS.SimpleQueueService.QueueDeletedRecently",
		"You must wait 60 seconds after deleting a queue before you can create another with the same name.")
}

func errPurging(name string) *apiError {
	e := sqsError("PurgeQueueInProgress", "AWS.SimpleQueueService.PurgeQueueInProgress",
		"Only one PurgeQueue operation on %s is allowed every 60 seconds.", name)
	e.Status = http.StatusForbidden
	return e
}

func errAttributeName(name string) *apiError {
	text := "Unknown Attribute " + name + "."
	if name == "DeduplicationScope" || name == "FifoThroughputLimit" {
		text = "You can specify the " + name + " only when FifoQueue is set to true."
	}
	return sqsError("InvalidAttributeName", "InvalidAttributeName", "%s", text)
}

func errTwoEncryptions() *apiError {
	return sqsError("InvalidAttributeName", "InvalidAttributeName", "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.")
}

func errAttributeValue(name string) *apiError {
	return sqsError("InvalidAttributeValue", "InvalidAttributeValue", "Invalid value for the parameter %s.", name)
}

func errReceiptHandle(handle string) *apiError {
	return sqsError("ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid",
		"The input receipt handle %q is not a valid receipt handle.", handle)
}

func errGone(handle string) *apiError {
	return errInvalidValue("Value %s for parameter ReceiptHandle is invalid. "+
		"Reason: Message does not exist or is not available for visibility timeout change.", handle)
}

func errContents(character string) *apiError {
	return sqsError("InvalidMessageContents", "InvalidMessageContents", "Invalid binary character '%s' was found in the message body, "+
		"the set of allowed characters is #x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF].", character)
}

func errBatch(shape, format string, arguments ...any) *apiError {
	return sqsError(shape, "AWS.SimpleQueueService."+shape, format, arguments...)
}

// errTooLong refuses a message that is too long. AWS words it differently for an entry of a batch.
func errTooLong(maxSize int, inBatch bool) *apiError {
	are := "are invalid"
	if inBatch {
		are = "cannot be validated"
	}
	return errInvalidValue("One or more parameters %s. Reason: Message must be shorter than %d bytes.", are, maxSize)
}

func errOverLimit(format string, arguments ...any) *apiError {
	e := sqsError("OverLimit", "OverLimit", format, arguments...)
	e.Status = http.StatusForbidden
	return e
}

func errNotFound(format string, arguments ...any) *apiError {
	e := sqsError("ResourceNotFoundException", "ResourceNotFoundException", format, arguments...)
	e.Status = http.StatusNotFound
	return e
}
