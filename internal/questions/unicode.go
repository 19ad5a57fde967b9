package questions

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// mark stands for half of a surrogate pair in a request. No text of Go can hold that, so it is put into the JSON of
// the request.
const mark, halfSurrogate = "HALF", `\ud83c`

func halfSurrogates(s *middleware.Stack) error {
	return s.Build.Add(middleware.BuildMiddlewareFunc("HalfSurrogates", func(ctx context.Context, in middleware.BuildInput, next middleware.BuildHandler) (middleware.BuildOutput, middleware.Metadata, error) {
		r, ok := in.Request.(*smithyhttp.Request)
		if !ok {
			return middleware.BuildOutput{}, middleware.Metadata{}, fmt.Errorf("unknown request %T", in.Request)
		}
		body, err := io.ReadAll(r.GetStream())
		if err == nil {
			in.Request, err = r.SetStream(bytes.NewReader(bytes.ReplaceAll(body, []byte(mark), []byte(halfSurrogate))))
		}
		if err != nil {
			return middleware.BuildOutput{}, middleware.Metadata{}, err
		}
		return next.HandleBuild(ctx, in)
	}), middleware.Before)
}

func sendHalfSurrogate(ctx context.Context, p *Place) ([]Line, error) {
	q, err := p.queue(ctx, nil)
	if err != nil {
		return nil, err
	}
	body := mark
	_, err = p.sqs.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &q.url, MessageBody: &body}, func(o *sqs.Options) {
		o.APIOptions = append(o.APIOptions, halfSurrogates)
		o.DisableMessageChecksumValidation = true // SQS may put something else in its place
	})
	var lines transcript
	if err := lines.outcome("SendMessage with half a surrogate pair", "success", err); err != nil || lines[0].Answer != "success" {
		return lines, err
	}
	m, err := p.receive(ctx, q, 0)
	if err != nil {
		return nil, err
	}
	lines.add("what arrives", fmt.Sprintf("%+q", *m.Body))
	return lines, nil
}

func storeHalfSurrogate(ctx context.Context, p *Place) ([]Line, error) {
	table, err := p.tableName(ctx)
	if err != nil {
		return nil, err
	}
	_, err = p.dynamodb.PutItem(ctx, &dynamodb.PutItemInput{TableName: &table, Item: item{"id": text(mark)}}, func(o *dynamodb.Options) {
		o.APIOptions = append(o.APIOptions, halfSurrogates)
	})
	var lines transcript
	if err := lines.outcome("PutItem with half a surrogate pair as the key", "success", err); err != nil {
		return nil, err
	}
	return lines, nil
}
