#!/usr/bin/env bash
# goformation v7.14.9 (github.com/awslabs/goformation/v7) reads a SAM template into Go structs. If an SQS event of a
# function has a property that goformation doesn't know, all properties of the event are gone, the queue and the batch
# size, too: there is no SQSEvent, and written again the event has null for Properties. There is no error. By the SAM
# reference (SQS), an event may have FunctionResponseTypes, FilterCriteria, ScalingConfig and
# MaximumBatchingWindowInSeconds, and goformation knows none of them. A property of the function that it doesn't know,
# such as RecursiveLoop, is an error.
#
# Output seen on 2026-11-30:
#   BatchSize: error <nil>, event map[BatchSize:5 Queue:arn:aws:sqs:us-east-1:123456789012:q]
#   FunctionResponseTypes: error <nil>, event <nil>
#   FilterCriteria: error <nil>, event <nil>
#   ScalingConfig: error <nil>, event <nil>
#   MaximumBatchingWindowInSeconds: error <nil>, event <nil>
#   RecursiveLoop of the function: error json: unknown field "RecursiveLoop"
set -euo pipefail
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
cat >main.go <<'GO'
package main

import (
	"encoding/json"
	"fmt"

	"github.com/awslabs/goformation/v7"
)

const template = `{
  "Transform": "AWS::Serverless-2016-10-31",
  "Resources": {
    "F": {
      "Type": "AWS::Serverless::Function",
      "Properties": {
        "CodeUri": "s3://bucket/key", "Handler": "bootstrap", "Runtime": "provided.al2023" %s,
        "Events": {"E": {"Type": "SQS", "Properties": {"Queue": "arn:aws:sqs:us-east-1:123456789012:q", "BatchSize": 5%s}}}
      }
    }
  }
}`

func try(what, function, property string) {
	read, err := goformation.ParseJSON(fmt.Appendf(nil, template, function, property))
	fmt.Printf("%s: error %v", what, err)
	if err == nil {
		f, err := read.GetServerlessFunctionWithName("F")
		if err != nil {
			panic(err)
		}
		written, err := json.Marshal(f.Events["E"].Properties)
		if err != nil {
			panic(err)
		}
		var event any
		if err := json.Unmarshal(written, &event); err != nil {
			panic(err)
		}
		fmt.Printf(", event %v", event)
	}
	fmt.Println()
}

func main() {
	try("BatchSize", "", "")
	try("FunctionResponseTypes", "", `, "FunctionResponseTypes": ["ReportBatchItemFailures"]`)
	try("FilterCriteria", "", `, "FilterCriteria": {"Filters": [{"Pattern": "{}"}]}`)
	try("ScalingConfig", "", `, "ScalingConfig": {"MaximumConcurrency": 5}`)
	try("MaximumBatchingWindowInSeconds", "", `, "MaximumBatchingWindowInSeconds": 1`)
	try("RecursiveLoop of the function", `, "RecursiveLoop": "Allow"`, "")
}
GO
cat >go.mod <<'MOD'
module finding

go 1.25.0

require github.com/awslabs/goformation/v7 v7.14.9
MOD
go mod tidy 2>/dev/null
go run . | tee seen
diff seen - <<'SEEN'
BatchSize: error <nil>, event map[BatchSize:5 Queue:arn:aws:sqs:us-east-1:123456789012:q]
FunctionResponseTypes: error <nil>, event <nil>
FilterCriteria: error <nil>, event <nil>
ScalingConfig: error <nil>, event <nil>
MaximumBatchingWindowInSeconds: error <nil>, event <nil>
RecursiveLoop of the function: error json: unknown field "RecursiveLoop"
SEEN
