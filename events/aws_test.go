package events_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"simple-sam-demo/internal/template"
	"simple-sam-demo/local/awsjson"
	"simple-sam-demo/local/stack"
	"simple-sam-demo/shared/item"
	"simple-sam-demo/shared/table"
)

// localAWS is a local SQS and DynamoDB with the template's table and queues. The functions'
// processes reach it by its URL. The test itself calls it in memory, and can empty it.
type localAWS struct {
	url   string
	stack *stack.Stack

	mu    sync.Mutex
	calls []string // operations that the processes called, in order
}

func startAWS(t *testing.T) *localAWS {
	t.Helper()
	a := &localAWS{}
	server := httptest.NewUnstartedServer(a)
	a.url = "http://" + server.Listener.Addr().String()
	a.renew(t)
	server.Start()
	t.Cleanup(server.Close)
	return a
}

// renew replaces everything by an empty table and empty queues with the same names. No
// process may be making a call at that moment.
func (a *localAWS) renew(t *testing.T) {
	t.Helper()
	read, err := template.Read("../template.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls = nil
	a.stack, err = stack.Start(t.Context(), stack.Config{
		Template: read, AWS: stack.AWS{URL: a.url, Handler: stack.InMemory().Handler}, Idle: true,
	})
	if err != nil {
		t.Fatal(err)
	}
}

// ServeHTTP answers the calls of the processes.
func (a *localAWS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, operation := awsjson.Target(r.Header)
	a.mu.Lock()
	endpoint := a.stack.Config.AWS.Handler
	a.calls = append(a.calls, operation)
	a.mu.Unlock()
	endpoint.ServeHTTP(w, r)
}

func (a *localAWS) called() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.calls)
}

// system returns the template's settings, with the names and URLs of this localAWS.
func (a *localAWS) system(t *testing.T) map[string]template.Function {
	t.Helper()
	system := resolveTemplate(t, func(id, attribute string) (string, error) {
		if attribute == "Ref" {
			return a.stack.Ref(id), nil
		}
		return "arn:of:" + id, nil // no function gets an ARN in its environment
	})
	byID := map[string]template.Function{}
	for _, f := range system.Functions {
		byID[f.LogicalID] = f
	}
	return byID
}

func (a *localAWS) store(t *testing.T, stored item.Item) {
	t.Helper()
	items := table.New(a.stack.Config.AWS.Config(), a.stack.Ref(a.stack.Names.Table))
	if err := items.Create(t.Context(), stored); err != nil {
		t.Fatal(err)
	}
}

// items returns the attributes of the stored items, by id.
func (a *localAWS) items(t *testing.T) map[string]map[string]string {
	t.Helper()
	client := dynamodb.NewFromConfig(a.stack.Config.AWS.Config())
	out, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(a.stack.Ref(a.stack.Names.Table))})
	if err != nil {
		t.Fatal(err)
	}
	items := map[string]map[string]string{}
	for _, attributes := range out.Items {
		stored := map[string]string{}
		for name, value := range attributes {
			switch v := value.(type) {
			case *dynamodbtypes.AttributeValueMemberS:
				stored[name] = hideTime(v.Value)
			case *dynamodbtypes.AttributeValueMemberN:
				stored[name] = "N " + v.Value
			default:
				stored[name] = fmt.Sprintf("%T", value)
			}
		}
		items[stored["id"]] = stored
	}
	return items
}

// queued takes all messages out of a queue. It returns each as a map of its body and its
// attributes, sorted by body.
func (a *localAWS) queued(t *testing.T, logicalID string) []map[string]string {
	t.Helper()
	client := sqs.NewFromConfig(a.stack.Config.AWS.Config())
	var messages []map[string]string
	for {
		out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
			QueueUrl: aws.String(a.stack.Ref(logicalID)), MaxNumberOfMessages: 10,
			MessageAttributeNames:       []string{"All"},
			MessageSystemAttributeNames: []sqstypes.MessageSystemAttributeName{"AWSTraceHeader"},
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Messages) == 0 {
			slices.SortFunc(messages, func(a, b map[string]string) int { return strings.Compare(a["body"], b["body"]) })
			return messages
		}
		for _, m := range out.Messages {
			message := map[string]string{"body": *m.Body, "AWSTraceHeader": m.Attributes["AWSTraceHeader"]}
			for name, value := range m.MessageAttributes {
				message[name] = hideTime(aws.ToString(value.StringValue))
			}
			messages = append(messages, message)
		}
	}
}

var timePattern = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`)

// hideTime replaces times by a word, because no expectation can know them.
func hideTime(text string) string { return timePattern.ReplaceAllString(text, "(time)") }
