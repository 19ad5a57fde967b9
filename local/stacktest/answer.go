package stacktest

import (
	"bytes"
	"io"
	"net/http"
)

// EditAnswer returns what a call returned, with another body. It leaves an error as it is.
func EditAnswer(response *http.Response, err error, edit func(body []byte) []byte) (*http.Response, error) {
	if err != nil {
		return response, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	body = edit(body)
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	response.Header.Del("X-Amz-Crc32") // of the body before
	return response, nil
}
