package template

import (
	"regexp"
	"slices"
	"strings"
)

// Route is a method and path of the REST API, and the function behind it.
type Route struct {
	Function string // its logical id
	Method   string // upper case, or ANY
	Path     string // may have {parameters}; the last one can be greedy: {proxy+}
	Stage    string
	Signed   bool // requests must be signed, because the API's authorizer is AWS_IAM
}

// routePath matches a path of segments. Each segment is a literal text or a {parameter}; the last
// one can be a greedy parameter {name+}. API Gateway says: "Resource's path part only allow
// a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end".
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html
// The colon: https://github.com/getmoto/moto/issues/6148
var (
	routePath = regexp.MustCompile(`^/$|^(?:/(?:[A-Za-z0-9._:-]+|\{[A-Za-z0-9._:-]+\}))*(?:/\{[A-Za-z0-9._:-]+\+\})?$`)
	methods   = []string{"ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
)

// routes has the routes of the API that were read so far.
type routes struct {
	source     *source
	stage      string
	signed     bool              // whether the routes demand signed requests
	at         map[string]place  // the place in the template, by method and path
	parameters map[string]string // the segment of a {parameter}, by the path before it
}

// add adds a route. It refuses an invalid route, and a route that contradicts another one.
func (a *routes) add(r Route, at place) error {
	if r.Path == "" || !routePath.MatchString(r.Path) {
		return a.source.fault(at.key("Path"), "%q is not a path: write segments like /name or /{name}, where the last may be /{name+}, of letters, digits and . _ - :", r.Path)
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

// addParameters refuses two parameters with different names after the same path, as API Gateway does:
// "A sibling ({id}) of this resource already has a variable path part -- only one is allowed". It also
// refuses a path that has a parameter twice, as this parameter would have two values.
// https://github.com/serverless/serverless/issues/3075
func (a *routes) addParameters(path string, at place) error {
	before, seen := "", map[string]bool{}
	for _, segment := range strings.Split(path, "/")[1:] {
		if name := strings.Trim(segment, "{+}"); strings.HasPrefix(segment, "{") {
			if other, ok := a.parameters[before]; ok && other != segment {
				return a.source.fault(at, "%s: another route has %s where this one has %s, and API Gateway allows only one parameter there", path, other, segment)
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
