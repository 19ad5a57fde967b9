package apigateway

import "strings"

// isGreedy reports whether a segment of a route is a greedy parameter such as {proxy+}. It matches
// the rest of a path.
func isGreedy(segment string) bool { return strings.HasSuffix(segment, "+}") }

// matchGreedy matches a route whose last segment is greedy. This segment matches at least one segment
// of the path. Its value has no slash at the end and stays percent-encoded. Recorded on AWS by
// localstack/localstack, tests/aws/services/apigateway/test_apigateway_lambda.snapshot.json,
// test_lambda_aws_proxy_integration.
func matchGreedy(pattern, path string) (parameters map[string]string, ok bool) {
	above, greedy := pattern[:strings.LastIndex(pattern, "/")], pattern[strings.LastIndex(pattern, "/")+1:]
	segments := strings.Split(strings.TrimSuffix(path, "/"), "/")
	depth := len(strings.Split(above, "/"))
	if len(segments) <= depth {
		return nil, false
	}
	parameters, ok = matchPath(above, strings.Join(segments[:depth], "/"))
	rest := strings.Join(segments[depth:], "/")
	if !ok || rest == "" {
		return nil, false
	}
	if parameters == nil {
		parameters = map[string]string{}
	}
	parameters[strings.Trim(greedy, "{+}")] = rest
	return parameters, true
}
