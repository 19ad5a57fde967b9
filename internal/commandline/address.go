package commandline

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// Address returns the host:port that the value of a flag means. A port alone is on this machine only. Who wants
// to be reached by other machines has to name a host: one that was forgotten must not let them in.
func Address(flag, text string) (string, error) {
	if isPort(text) {
		return net.JoinHostPort("127.0.0.1", text), nil
	}
	host, port, err := net.SplitHostPort(text)
	switch {
	case err != nil || !isPort(port):
		return "", fmt.Errorf("%s %q is not an address: give host:port, like 127.0.0.1:3000, or a port alone, like 3000", flag, text)
	case host == "":
		return "", fmt.Errorf("%s %q means every address of this machine: say %s for this machine only, or 0.0.0.0%s if you mean it", flag, text, port, text)
	}
	return text, nil
}

func isPort(text string) bool {
	_, err := strconv.ParseUint(text, 10, 16)
	return err == nil
}

// Listen takes an address of the form that [Address] returns. The flag is named in the error.
func Listen(flag, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s is in use: stop what listens there, or choose another address with %s host:port", address, flag)
	case err != nil:
		return nil, fmt.Errorf("can't listen on %s (%s): %w", address, flag, err)
	}
	return l, nil
}

// Reachable returns the host:port at which programs on this machine reach a listener. One
// that listens everywhere has no address of its own, but is at the loopback address, too.
func Reachable(l net.Listener) string {
	host, port, err := net.SplitHostPort(l.Addr().String())
	if err == nil && net.ParseIP(host).IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// IsExposed tells whether other machines can reach a listener.
func IsExposed(l net.Listener) bool { return !l.Addr().(*net.TCPAddr).IP.IsLoopback() }

// Warning says what it means that other machines can reach something. It is for what asks nobody for a password.
func Warning(what string) string {
	return "other machines can reach " + what + ", and use all of it: it asks for no password"
}
