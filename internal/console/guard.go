package console

import (
	"crypto/subtle"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// contentSecurityPolicy lets the browser run and load only what this server sends as files. Markup that
// were to slip into a page would stay without effect.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// maxForm bounds what a browser may send: the longest message that SQS takes, in a form's encoding.
// A line end takes six times its size there: a form has %0D%0A for it.
const maxForm = 7 << 20

// guard lets only those requests through that a page of this server makes, or a person who types its
// address. Other pages in the same browser can send requests here, too: with their Origin, or, when
// they make their own name resolve to this address, with their Host.
func (s *server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentSecurityPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if !strings.HasPrefix(r.URL.Path, "/static/") {
			h.Set("Cache-Control", "no-store")
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if why := s.refusal(r); why != "" {
			http.Error(w, why, http.StatusForbidden)
			return
		}
		if r.Method == http.MethodPost && subtle.ConstantTimeCompare([]byte(r.PostFormValue("token")), []byte(s.token)) != 1 {
			s.fail(w, r, errOldForm)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// refusal says why a request is refused, or "".
func (s *server) refusal(r *http.Request) string {
	origin := r.Header.Get("Origin")
	switch {
	case !s.isOwnHost(r.Host):
		return "Refused: this page is not called " + r.Host + ". Use the address that the program printed, or name this one with -host."
	case origin != "" && !isOrigin(origin, r.Host):
		return "Refused: the request comes from another page, " + origin + "."
	case isForeign(r):
		return "Refused: another page asks for this one. Follow no link, but enter the address."
	case r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodPost:
		return "Refused: " + r.Method + " is not used here."
	case r.Method != http.MethodPost:
		return ""
	case s.options.ReadOnly:
		return "Refused: the console was started with -read-only. Nothing was changed."
	}
	return ""
}

// isOwnHost tells whether a name can only lead here: a loopback address, localhost, or a name from the
// command line. When the page is exposed, any address does: a foreign page's own name is not one.
func (s *server) isOwnHost(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	if slices.ContainsFunc(append([]string{"localhost"}, s.options.Hosts...), func(own string) bool { return strings.EqualFold(own, name) }) {
		return true
	}
	ip := net.ParseIP(strings.Trim(name, "[]"))
	return ip != nil && (s.options.Exposed || ip.IsLoopback())
}

// isForeign tells whether another page makes the browser ask, with an image say. That page would not see
// the answer, but to look at dead letters hides them, and to read items costs something. Only the
// beginning, which does neither, may be linked to. Browsers that do not know the header do not send it.
// https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
func isForeign(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return false
	default:
		return r.URL.Path != "/" || r.Method != http.MethodGet || r.Header.Get("Sec-Fetch-Mode") != "navigate"
	}
}

func isOrigin(origin, host string) bool {
	u, err := url.Parse(origin)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host == host
}
