// Package response makes the answers of the HTTP API, as API Gateway takes them from a function. Which
// answer a request gets is for the functions to say.
package response

import (
	"encoding/json"

	"github.com/aws/aws-lambda-go/events"
)

type message struct {
	Message string `json:"message"`
}

// JSON answers with a status and a body that encodes to JSON.
func JSON(status int, body any) events.APIGatewayProxyResponse {
	text, err := json.Marshal(body)
	if err != nil { // a programming error: all bodies are plain structs
		panic(err)
	}
	return events.APIGatewayProxyResponse{
		StatusCode: status,
		Headers:    map[string]string{"Content-Type": "application/json"},
		Body:       string(text),
	}
}

// Message answers with {"message": text}. The text is for the client: it never
// holds an internal error.
func Message(status int, text string) events.APIGatewayProxyResponse {
	return JSON(status, message{text})
}

// TryAgain is the message to a client when the failure is ours.
const TryAgain = "Temporarily unavailable. Try again."

// Unavailable answers 503 for a failure of ours. The client may repeat its request.
func Unavailable() events.APIGatewayProxyResponse {
	answer := Message(503, TryAgain)
	answer.Headers["Retry-After"] = "1"
	return answer
}

// MethodNotAllowed answers a method that the resource does not have.
func MethodNotAllowed(allowed string) events.APIGatewayProxyResponse {
	answer := Message(405, "Method not allowed. Use "+allowed+".")
	answer.Headers["Allow"] = allowed
	return answer
}
