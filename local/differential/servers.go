package differential

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// MotoVersion is the version of moto in PyPI.
const MotoVersion = "5.2.5"

// StartMoto starts moto's server in its own Python virtual environment.
func StartMoto(t *testing.T) (url string) {
	Need(t, "python3")
	folder := Cached(t, "moto-"+MotoVersion)
	python, complete := filepath.Join(folder, "bin", "python"), filepath.Join(folder, "complete")
	if _, err := os.Stat(complete); err != nil {
		Run(t, "python3", "-m", "venv", "--clear", folder)
		Run(t, python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "moto[server]=="+MotoVersion)
		Write(t, complete, "")
	}
	address, port := FreeAddress(t)
	t.Setenv("MOTO_ACCOUNT_ID", "000000000000")
	Start(t, address, python, "-m", "moto.server", "-H", "127.0.0.1", "-p", port)
	return "http://" + address
}

// Need skips the test if one of the programs is not installed.
func Need(t *testing.T, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("to compare, %s is needed in the PATH: %v", strings.Join(programs, " and "), err)
		}
	}
}

// Cached returns a folder outside of the work tree. Later runs use it again.
func Cached(t *testing.T, name string) string {
	t.Helper()
	root, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(root, "simple-sam-demo-differential", name)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	return folder
}

func Write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func Run(t *testing.T, name string, arguments ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), name, arguments...).CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v\n%s", name, arguments, err, out)
	}
}

func FreeAddress(t *testing.T) (address, port string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String(), fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}

// Start starts a server and waits until it accepts connections. It stops the server at the end of the test.
func Start(t *testing.T, address, name string, arguments ...string) {
	t.Helper()
	folder := t.TempDir()
	log, err := os.Create(filepath.Join(folder, "log"))
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), name, arguments...) // t.Context ends, and kills the server, before the cleanups run
	command.Dir, command.Stdout, command.Stderr = folder, log, log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Wait() // always an error, as the server was killed
		_ = log.Close()
	})
	for until := time.Now().Add(time.Minute); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
		if c, err := net.Dial("tcp", address); err == nil {
			_ = c.Close()
			return
		}
	}
	text, _ := os.ReadFile(log.Name())
	t.Fatalf("%s does not listen on %s after a minute:\n%s", name, address, text)
}
