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

// fargatePricesOf is the day on which the following prices were looked up.
const fargatePricesOf = "2026-11-28"

var (
	fargateCPU    = price{0.03238, 1, "https://aws.amazon.com/fargate/pricing/"}  // a vCPU for an hour, Linux/ARM
	fargateMemory = price{0.00356, 1, "https://aws.amazon.com/fargate/pricing/"}  // a GB for an hour, Linux/ARM
	publicAddress = price{0.005, 1, "https://aws.amazon.com/vpc/pricing/"}        // an IPv4 address for an hour
	natGateway    = price{0.045, 1, "https://aws.amazon.com/vpc/pricing/"}        // for an hour, and once more for each GB
	endpointHour  = price{0.01, 1, "https://aws.amazon.com/privatelink/pricing/"} // an interface endpoint in one zone, for an hour
)

// spotDiscount is the most that Fargate Spot takes off the prices of CPU and memory. The discount changes with time.
// https://aws.amazon.com/fargate/pricing/
const spotDiscount = 0.7
