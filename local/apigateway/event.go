package apigateway

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"

	"simple-sam-demo/internal/template"
)

const (
	accountID = "000000000000"
	apiID     = "local"
)

// anyMethods are the methods that ANY stands for.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-method-settings.html
var anyMethods = []string{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}

// match finds the route of a request: the most specific route that has its path and its method. It
// ignores slashes at the beginning and the end of the path.
func match(routes []template.Route, r *http.Request) (route template.Route, parameters map[string]string, ok bool) {
	path := "/" + strings.Trim(r.URL.EscapedPath(), "/")
	for _, candidate := range routes {
		if candidate.Method != r.Method && (candidate.Method != "ANY" || !slices.Contains(anyMethods, r.Method)) {
			continue
		}
		p, matches := matchPath(candidate.Path, path)
		if matches && (!ok || specificity(candidate) > specificity(route)) {
			route, parameters, ok = candidate, p, true
		}
	}
	return route, parameters, ok
}

// specificity returns a key that sorts the most specific route first. API Gateway compares segments
// from the left: a literal segment comes before a parameter, and a parameter before a greedy
// parameter. After that, a method comes before ANY.
func specificity(route template.Route) string {
	var s strings.Builder
	for segment := range strings.SplitSeq(route.Path, "/") {
		switch {
		case isGreedy(segment):
			s.WriteByte('0')
		case strings.HasPrefix(segment, "{"):
			s.WriteByte('1')
		default:
			s.WriteByte('2')
		}
	}
	if route.Method != "ANY" {
		s.WriteByte('2')
	}
	return s.String()
}

func matchPath(pattern, path string) (parameters map[string]string, ok bool) {
	want := strings.Split(pattern, "/")
	got := strings.Split(path, "/")
	if isGreedy(want[len(want)-1]) {
		return matchGreedy(pattern, path)
	}
	if len(want) != len(got) {
		return nil, false
	}
	for i := range want {
		if name, isParameter := strings.CutPrefix(want[i], "{"); isParameter {
			if got[i] == "" {
				return nil, false
			}
			if parameters == nil {
				parameters = map[string]string{}
			}
			parameters[strings.TrimSuffix(name, "}")] = got[i] // stays percent-encoded
		} else if want[i] != got[i] {
			return nil, false
		}
	}
	return parameters, true
}

// proxyEvent returns the event that a function gets. Its path begins with one slash. The path of its
// request context is exactly the client's. Both paths and the path parameters stay percent-encoded.
// The query is decoded. Recorded on AWS:
// https://github.com/localstack/localstack tests/aws/services/apigateway/test_apigateway_lambda.snapshot.json
// (test_lambda_aws_proxy_integration) and https://github.com/aws/aws-sam-cli/issues/771.
func proxyEvent(r *http.Request, id requestIDs, route template.Route, parameters map[string]string, body []byte) events.APIGatewayProxyRequest {
	headers := requestHeaders(r)
	// A semicolon separates two parameters of a query as & does.
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
	query, _ := url.ParseQuery(strings.ReplaceAll(r.URL.RawQuery, ";", "&")) // a parameter that cannot be decoded is left out
	if len(query) == 0 {
		query = nil
	}
	event := events.APIGatewayProxyRequest{
		Resource:                        route.Path,
		Path:                            "/" + strings.TrimLeft(r.URL.EscapedPath(), "/"),
		HTTPMethod:                      r.Method,
		Headers:                         last(headers),
		MultiValueHeaders:               headers,
		QueryStringParameters:           last(query),
		MultiValueQueryStringParameters: query,
		PathParameters:                  parameters,
		RequestContext:                  requestContext(r, id, route),
		Body:                            string(body),
	}
	if !utf8.Valid(body) {
		event.Body, event.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	return event
}

func requestContext(r *http.Request, id requestIDs, route template.Route) events.APIGatewayProxyRequestContext {
	now := time.Now().UTC()
	return events.APIGatewayProxyRequestContext{
		AccountID:         accountID,
		APIID:             apiID,
		ResourceID:        "local",
		ResourcePath:      route.Path,
		HTTPMethod:        r.Method,
		Path:              r.URL.EscapedPath(), // without a stage: the local API has none in its paths
		Stage:             route.Stage,
		DomainName:        r.Host,
		DomainPrefix:      apiID,
		Protocol:          r.Proto,
		RequestID:         id.request,
		ExtendedRequestID: id.extended,
		RequestTime:       now.Format("02/Jan/2006:15:04:05 -0700"),
		RequestTimeEpoch:  now.UnixMilli(),
		Identity:          identity(r, route),
	}
}

// identity says who calls. The caller of a signed request is an IAM user with the name of its access key.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
func identity(r *http.Request, route template.Route) events.APIGatewayRequestIdentity {
	who := events.APIGatewayRequestIdentity{SourceIP: sourceIP(r), UserAgent: r.UserAgent()}
	if route.Signed {
		who.AccessKey, who.AccountID, who.Caller, who.User = AccessKey, accountID, AccessKey, AccessKey
		who.UserArn = "arn:aws:iam::" + accountID + ":user/" + AccessKey
	}
	return who
}

// last keeps only the last of several values, as API Gateway does.
func last(values map[string][]string) map[string]string {
	if len(values) == 0 {
		return nil
	}
	single := make(map[string]string, len(values))
	for name, all := range values {
		if len(all) > 0 {
			single[name] = all[len(all)-1]
		}
	}
	return single
}
