package target

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// Unsigned is the message of API Gateway's answer to a request that it demands a signature of. It answers
// so to an unknown path, too.
const Unsigned = "Missing Authentication Token"

// Sign signs a request, which has the body, for an API that demands it (ApiAuthorization: AWS_IAM).
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
func Sign(r *http.Request, body []byte, credentials aws.CredentialsProvider, region string) error {
	found, err := credentials.Retrieve(r.Context())
	if err != nil {
		return fmt.Errorf("sign the call of the API: %w", err)
	}
	sum := sha256.Sum256(body)
	return v4.NewSigner().SignHTTP(r.Context(), found, r, hex.EncodeToString(sum[:]), "execute-api", region, time.Now())
}
