#!/usr/bin/env bash
# aws-sdk-go-v2/feature/dynamodb/attributevalue v1.21.21: names of attributes have a case in DynamoDB, so "status" and
# "Status" are two attributes of one item. UnmarshalMap puts both into a field that is tagged "status", as it also
# takes names in another case. It goes through the item in the order of a Go map, which is random. So the same
# item gives one value now and the other one later, without an error. An item with "Status" only fills the field, too.
#
# Output seen on 2026-11-29:
#   1,000 times, status=classified and Status=pending: classified seen true, pending seen true
#   1,000 times, Status=pending: classified seen false, pending seen true
set -euo pipefail
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
cat >main.go <<'GO'
package main

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func try(what string, attributes map[string]types.AttributeValue) {
	seen := map[string]bool{}
	for range 1000 {
		var item struct {
			Status string `dynamodbav:"status"`
		}
		if err := attributevalue.UnmarshalMap(attributes, &item); err != nil {
			panic(err)
		}
		seen[item.Status] = true
	}
	fmt.Printf("1,000 times, %s: classified seen %v, pending seen %v\n", what, seen["classified"], seen["pending"])
}

func main() {
	classified, pending := &types.AttributeValueMemberS{Value: "classified"}, &types.AttributeValueMemberS{Value: "pending"}
	try("status=classified and Status=pending", map[string]types.AttributeValue{"status": classified, "Status": pending})
	try("Status=pending", map[string]types.AttributeValue{"Status": pending})
}
GO
go mod init finding 2>/dev/null
go get github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue@v1.21.21 github.com/aws/aws-sdk-go-v2/service/dynamodb@v1.74.0 2>/dev/null
go mod tidy 2>/dev/null
go run . | tee seen
diff seen - <<'SEEN'
1,000 times, status=classified and Status=pending: classified seen true, pending seen true
1,000 times, Status=pending: classified seen false, pending seen true
SEEN
