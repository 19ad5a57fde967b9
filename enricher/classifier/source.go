package classifier

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"simple-sam-demo/shared/awsclient"
)

// source is where model artifacts come from.
type source interface {
	// fetch returns the artifact that is there. The error is errUnchanged when the artifact still has
	// the tag, and errUnreachable when nothing is known about it.
	fetch(ctx context.Context, tag string) (content, error)
}

// content is what a source has. Of a long one, it is the beginning, which is one byte longer than an
// artifact may be.
type content struct {
	data []byte
	tag  string // changes whenever the data may have changed
}

var (
	errUnchanged   = errors.New("artifact unchanged")
	errUnreachable = errors.New("artifact out of reach")
)

// file is an artifact's path. Its tag is the time of its last change, and its size.
type file string

func (f file) fetch(_ context.Context, tag string) (content, error) {
	opened, err := os.Open(string(f))
	if err != nil {
		return content{}, err
	}
	defer opened.Close()
	info, err := opened.Stat()
	if err != nil {
		return content{}, err
	}
	changed := fmt.Sprint(info.ModTime().UnixNano(), " ", info.Size())
	if changed == tag {
		return content{}, errUnchanged
	}
	data, err := readArtifact(opened)
	if err != nil {
		return content{}, err
	}
	return content{data, changed}, nil
}

// object is an artifact in S3. Its tag is its ETag.
type object struct {
	client      *s3.Client
	bucket, key string
}

const s3Scheme = "s3://"

func newObject(uri string, cfg aws.Config) (*object, error) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(uri, s3Scheme), "/")
	if bucket == "" || key == "" {
		return nil, errors.New("expected s3://bucket/key")
	}
	client := s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = cfg.BaseEndpoint != nil // an emulator has no host name a bucket
	})
	return &object{client, bucket, key}, nil
}

// fetch takes no longer than a few times awsclient.AttemptTimeout.
func (o *object) fetch(ctx context.Context, tag string) (content, error) {
	in := &s3.GetObjectInput{Bucket: &o.bucket, Key: &o.key}
	if tag != "" {
		in.IfNoneMatch = &tag
	}
	out, err := o.client.GetObject(ctx, in)
	if err != nil {
		return content{}, s3Error(err)
	}
	defer out.Body.Close()
	data, err := readArtifact(out.Body)
	if err != nil {
		return content{}, fmt.Errorf("%w: %w", errUnreachable, err)
	}
	return content{data, aws.ToString(out.ETag)}, nil
}

// s3Error tells what S3 answered. It leaves out the id of the request, so that the same answer has the
// same text each time.
func s3Error(err error) error {
	var response *awshttp.ResponseError
	var answer smithy.APIError
	switch {
	case !errors.As(err, &response) || !errors.As(err, &answer) || response.HTTPStatusCode() >= http.StatusInternalServerError ||
		awsclient.NewRetryer().IsErrorRetryable(err): // which says nothing of the artifact
		return fmt.Errorf("%w: %w", errUnreachable, err)
	case response.HTTPStatusCode() == http.StatusNotModified:
		return errUnchanged
	default:
		return fmt.Errorf("S3 answered %d %s: %s", response.HTTPStatusCode(), answer.ErrorCode(), answer.ErrorMessage())
	}
}

func readArtifact(r io.Reader) ([]byte, error) {
	return io.ReadAll(io.LimitReader(r, MaxArtifactBytes+1)) // Parse refuses what is longer
}
