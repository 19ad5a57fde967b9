package apigateway

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"simple-sam-demo/internal/template"
)

// Signer signs the requests of a client to an API with the authorizer AWS_IAM.
type Signer struct{ Next http.RoundTripper }

// RoundTrip signs a request and sends it. It gets the body from GetBody, which http.NewRequest sets.
func (s Signer) RoundTrip(r *http.Request) (*http.Response, error) {
	var text []byte
	if r.GetBody != nil {
		body, err := r.GetBody()
		if err != nil {
			return nil, err
		}
		if text, err = io.ReadAll(body); err != nil {
			return nil, err
		}
	}
	r = r.Clone(r.Context()) // a RoundTripper must not change the caller's request
	hash := sha256.Sum256(text)
	who := aws.Credentials{AccessKeyID: AccessKey, SecretAccessKey: SecretKey}
	if err := v4.NewSigner().SignHTTP(r.Context(), who, r, hex.EncodeToString(hash[:]), Service, template.Region, time.Now()); err != nil {
		return nil, err
	}
	return s.Next.RoundTrip(r)
}
