package commandline_test

import (
	"net"
	"strings"
	"testing"

	"simple-sam-demo/internal/commandline"
)

func TestAPortAloneIsOnThisMachine(t *testing.T) {
	for text, want := range map[string]string{
		"3000": "127.0.0.1:3000", "0": "127.0.0.1:0", "127.0.0.1:3000": "127.0.0.1:3000", "0.0.0.0:3000": "0.0.0.0:3000",
		"[::1]:3000": "[::1]:3000", "localhost:3000": "localhost:3000", "box:3000": "box:3000",
	} {
		if got, err := commandline.Address("-api", text); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", text, got, err, want)
		}
	}
}

func TestAPortWithoutAHostIsRefused(t *testing.T) {
	_, err := commandline.Address("-api", ":3000")
	if want := `-api ":3000" means every address of this machine: say 3000 for this machine only, or 0.0.0.0:3000 if you mean it`; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestWhatIsNoAddressIsRefused(t *testing.T) {
	for _, text := range []string{"", "nowhere", "70000", "127.0.0.1:70000", "127.0.0.1:http", "127.0.0.1", "::1:3000"} {
		if got, err := commandline.Address("-api", text); err == nil || !strings.Contains(err.Error(), "is not an address: give host:port") {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
}

func TestOtherMachinesReachWhatIsNotOnTheLoopbackAddress(t *testing.T) {
	for address, want := range map[string]bool{"127.0.0.1:0": false, "localhost:0": false, "0.0.0.0:0": true} {
		l, err := commandline.Listen("-api", address)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if got := commandline.IsExposed(l); got != want {
			t.Errorf("%s: %t", address, got)
		}
		if host, _, err := net.SplitHostPort(commandline.Reachable(l)); err != nil || !net.ParseIP(host).IsLoopback() {
			t.Errorf("%s is reached at %s, %v", address, host, err)
		}
	}
}
