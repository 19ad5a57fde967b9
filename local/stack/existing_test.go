package stack_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"simple-sam-demo/internal/names"
	"simple-sam-demo/local/stack"
)

// startAt starts a stack that polls nothing at an endpoint that may have resources already.
func startAt(t *testing.T, endpoint stack.AWS, parameters map[string]string) error {
	t.Helper()
	s, err := stack.Start(t.Context(), stack.Config{Template: read(t, parameters), AWS: endpoint, Idle: true})
	if err == nil {
		t.Cleanup(s.Stop)
	}
	return err
}

// Its messages would be moved after fewer receives, and deleted sooner, than its functions know.
func TestAStackDoesNotChangeTheQueuesOfAnother(t *testing.T) {
	for parameter, want := range map[string]string{
		"MaxReceiveCount":         "its RedrivePolicy is ",
		"MessageRetentionSeconds": "its MessageRetentionPeriod is 86400, not 345600",
	} {
		endpoint := stack.InMemory()
		first := map[string]string{"MaxReceiveCount": "5"}
		first[parameter] = map[string]string{"MaxReceiveCount": "25", "MessageRetentionSeconds": "86400"}[parameter]
		if err := startAt(t, endpoint, first); err != nil {
			t.Fatal(err)
		}
		before := attributes(t, endpoint)
		err := startAt(t, endpoint, nil)
		if err == nil || !strings.HasPrefix(err.Error(), "queue EnrichQueue: it exists at the endpoint, and "+want) {
			t.Errorf("%s: %v", parameter, err)
		}
		if after := attributes(t, endpoint); after != before {
			t.Errorf("%s: the queue of the first stack was %s, and is %s", parameter, before, after)
		}
		if err := startAt(t, endpoint, first); err != nil {
			t.Errorf("with the same parameters: %v", err)
		}
	}
}

func attributes(t *testing.T, endpoint stack.AWS) string {
	t.Helper()
	client := sqs.NewFromConfig(endpoint.Config())
	queue, err := client.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("EnrichQueue")})
	if err != nil {
		t.Fatal(err)
	}
	out, err := client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: queue.QueueUrl, AttributeNames: []types.QueueAttributeName{"RedrivePolicy", "MessageRetentionPeriod"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Attributes["RedrivePolicy"] + " " + out.Attributes["MessageRetentionPeriod"]
}

func TestATableWithAnotherKeyIsNotUsed(t *testing.T) {
	endpoint := stack.InMemory()
	_, err := dynamodb.NewFromConfig(endpoint.Config()).CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String(names.Table()), BillingMode: dynamodbtypes.BillingModePayPerRequest,
		KeySchema:            []dynamodbtypes.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: "HASH"}},
		AttributeDefinitions: []dynamodbtypes.AttributeDefinition{{AttributeName: aws.String("pk"), AttributeType: "N"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := "create table " + names.Table() + ": it exists at the endpoint, and its key is pk (N, HASH), not id (S, HASH): delete the table"
	if err := startAt(t, endpoint, nil); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
