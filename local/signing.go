package main

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"simple-sam-demo/local/apigateway"
	"simple-sam-demo/local/template"
)

// signing signs requests to an API whose authorizer is AWS_IAM.
type signing struct{ next http.RoundTripper }

func (s signing) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := r.GetBody()
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context()) // which is the caller's
	hash := sha256.Sum256(text)
	who := aws.Credentials{AccessKeyID: apigateway.AccessKey, SecretAccessKey: apigateway.SecretKey}
	if err := v4.NewSigner().SignHTTP(r.Context(), who, r, hex.EncodeToString(hash[:]), apigateway.Service, template.Region, time.Now()); err != nil {
		return nil, err
	}
	return s.next.RoundTrip(r)
}
