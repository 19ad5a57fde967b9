package questions

import "fmt"

// uses is how much a question uses at most, unless calls have to be repeated.
type uses struct {
	sqs   int // requests
	units int // DynamoDB's units, writes and reads alike
	api   int // requests to the API, each with an invocation of a function
}

// Prices in dollars, of us-east-1, on demand, as AWS had them in November 2026. Free tiers are not counted.
// https://aws.amazon.com/sqs/pricing/, https://aws.amazon.com/dynamodb/pricing/on-demand/ (a write, which costs
// more than a read), https://aws.amazon.com/api-gateway/pricing/ and https://aws.amazon.com/lambda/pricing/
// (a request to a REST API, and an invocation of 0.2 s with 256 MB).
const (
	perSQSRequest = 0.4e-6
	perUnit       = 0.625e-6
	perAPIRequest = 3.5e-6 + 0.2e-6 + 0.2*0.25*0.0000133334
)

// Cost is what it costs to ask some questions.
type Cost struct {
	Questions int     `json:"questions"`
	SQS       int     `json:"sqs_requests"`
	Units     int     `json:"dynamodb_units"`
	API       int     `json:"api_requests"`
	Dollars   float64 `json:"dollars"` // at most
}

// CostOf returns what it costs to ask the questions of these names. A run without an API does not
// ask the questions about it.
func CostOf(names []string, withAPI bool) (c Cost) {
	for _, name := range names {
		u := asks[name].uses
		if u.api > 0 && !withAPI {
			continue
		}
		c.Questions++
		c.SQS += u.sqs
		c.Units += u.units
		c.API += u.api
	}
	c.Dollars = float64(c.SQS)*perSQSRequest + float64(c.Units)*perUnit + float64(c.API)*perAPIRequest
	return c
}

func (c Cost) String() string {
	return fmt.Sprintf("%d questions: at most %d requests to SQS, %d units of DynamoDB and %d requests to the API, which cost $%.6f",
		c.Questions, c.SQS, c.Units, c.API, c.Dollars)
}
