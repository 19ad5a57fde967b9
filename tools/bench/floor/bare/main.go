// Command bare is the least that a function on Lambda can be. Its start is what a start costs when
// nothing is done.
package main

import "github.com/aws/aws-lambda-go/lambda"

func main() { lambda.Start(func() error { return nil }) }
