package table

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"simple-sam-demo/shared/awsclient"
)

// Connect opens connections to DynamoDB before they are needed, see [awsclient.Opener].
func (t *Table) Connect(ctx context.Context, connections int) {
	_, _ = t.client.ListTables(ctx, nil, func(o *dynamodb.Options) {
		o.HTTPClient = awsclient.Opener{Client: o.HTTPClient, Connections: connections}
	})
}
