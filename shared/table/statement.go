package table

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
)

// statementError is why a statement of a batch failed. It is a [smithy.APIError], like the error of a
// whole call.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchStatementError.html
type statementError struct{ types.BatchStatementError }

func (e *statementError) Error() string                 { return e.ErrorCode() + ": " + e.ErrorMessage() }
func (e *statementError) ErrorCode() string             { return string(e.Code) }
func (e *statementError) ErrorMessage() string          { return aws.ToString(e.Message) }
func (e *statementError) ErrorFault() smithy.ErrorFault { return smithy.FaultUnknown }

// isTransient tells whether the same statement may succeed a moment later.
func (e *statementError) isTransient() bool {
	switch e.Code {
	case types.BatchStatementErrorCodeEnumThrottlingError,
		types.BatchStatementErrorCodeEnumProvisionedThroughputExceeded,
		types.BatchStatementErrorCodeEnumRequestLimitExceeded,
		types.BatchStatementErrorCodeEnumTransactionConflict,
		types.BatchStatementErrorCodeEnumInternalServerError:
		return true
	default:
		return false
	}
}

// isSuperseded tells whether the condition was not met because the item carries the model version or a
// newer one. The error then holds the item.
func (e *statementError) isSuperseded(modelVersion string) bool {
	prediction := decode(e.Item).Prediction
	return prediction != nil && prediction.ModelVersion >= modelVersion
}
