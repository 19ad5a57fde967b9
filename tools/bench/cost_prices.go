package main

// price is what AWS charges, in us-east-1, on demand and without the free tier.
type price struct {
	Dollar float64
	Per    float64 // how many the price is for
	Source string
}

// pricesOf is the day on which the prices were looked up.
const pricesOf = "2026-11-24"

var (
	apiRequests    = price{3.50, 1e6, "https://aws.amazon.com/api-gateway/pricing/"} // REST
	lambdaRequests = price{0.20, 1e6, "https://aws.amazon.com/lambda/pricing/"}
	lambdaDuration = price{0.0000133334, 1, "https://aws.amazon.com/lambda/pricing/"} // arm64
	sqsRequests    = price{0.40, 1e6, "https://aws.amazon.com/sqs/pricing/"}
	dynamoDBWrites = price{0.625, 1e6, "https://aws.amazon.com/dynamodb/pricing/on-demand/"} // of 1 KB
	dynamoDBReads  = price{0.125, 1e6, "https://aws.amazon.com/dynamodb/pricing/on-demand/"} // of 4 KB, strongly consistent
	logs           = price{0.50, 1, "https://aws.amazon.com/cloudwatch/pricing/"}
)
