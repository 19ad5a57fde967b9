package template

import (
	"regexp"
	"slices"
	"strings"
)

// Route is a method and path of the REST API, and the function behind it.
type Route struct {
	Function string // logical id
	Method   string // upper case, or ANY
	Path     string // with {parameters}, of which the last can be greedy: {proxy+}
	Stage    string
	Signed   bool // requests need a signature of AWS: the API's authorizer is AWS_IAM
}

// routePath is of segments, each literal or a {parameter}; the last can be {greedy+}. API
// Gateway says: "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path
// variable and curly braces at the beginning and the end".
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html
// https://github.com/getmoto/moto/issues/6148 is of the colon.
var (
	routePath = regexp.MustCompile(`^/$|^(?:/(?:[A-Za-z0-9._:-]+|\{[A-Za-z0-9._:-]+\}))*(?:/\{[A-Za-z0-9._:-]+\+\})?$`)
	methods   = []string{"ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
)

// routes are those of the one API, as far as they were read.
type routes struct {
	source     *source
	stage      string
	signed     bool
	at         map[string]place  // of a method and path
	parameters map[string]string // the segment that is a {parameter}, by the path before it
}

// add checks a route, and that it does not stand in the way of another.
func (a *routes) add(r Route, at place) error {
	if r.Path == "" || !routePath.MatchString(r.Path) {
		return a.source.fault(at.key("Path"), "%q is not of segments like /name or /{name}, and at last perhaps /{name+}, of letters, digits and . _ - :", r.Path)
	}
	if !slices.Contains(methods, r.Method) {
		return a.source.fault(at.key("Method"), "%q is not one of %s", r.Method, strings.Join(methods, ", "))
	}
	route := r.Method + " " + r.Path
	if other, ok := a.at[route]; ok {
		return a.source.fault(at, "%s is also the route of %s", route, other)
	}
	a.at[route] = at
	return a.addParameters(r.Path, at.key("Path"))
}

// addParameters refuses a second parameter after the same path: "A sibling ({id}) of this
// resource already has a variable path part -- only one is allowed". A name that is there
// twice would have two values.
// https://github.com/serverless/serverless/issues/3075
func (a *routes) addParameters(path string, at place) error {
	before, seen := "", map[string]bool{}
	for _, segment := range strings.Split(path, "/")[1:] {
		if name := strings.Trim(segment, "{+}"); strings.HasPrefix(segment, "{") {
			if other, ok := a.parameters[before]; ok && other != segment {
				return a.source.fault(at, "%s: another route has %s in the place of %s, and API Gateway takes only one there", path, other, segment)
			}
			if seen[name] {
				return a.source.fault(at, "%s has the parameter %s twice", path, name)
			}
			a.parameters[before], seen[name] = segment, true
		}
		before += "/" + segment
	}
	return nil
}
