package sqs_test

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

// The versions that [knownDifferences] are of.
const (
	elasticMQVersion = "1.7.1" // of org.elasticmq:elasticmq-server_2.13 in Maven Central
	motoVersion      = "5.2.5" // in PyPI
)

// startElasticMQ starts ElasticMQ, whose jars Maven fetches into its own repository.
func startElasticMQ(t *testing.T) (url string) {
	need(t, "java", "mvn")
	address, port := freeAddress(t)
	start(t, address, "java", "-Xmx256m", "-XX:+UseSerialGC",
		"-Drest-sqs.bind-hostname=127.0.0.1", "-Drest-sqs.bind-port="+port, "-Drest-sqs.sqs-limits=strict", "-Drest-stats.enabled=false",
		"-Dnode-address.host=127.0.0.1", "-Dnode-address.port="+port, "-Daws.region=us-east-1", "-Daws.accountId=000000000000",
		"-cp", elasticMQClasspath(t), "org.elasticmq.server.Main")
	return "http://" + address
}

func elasticMQClasspath(t *testing.T) string {
	folder := cached(t, "elasticmq-"+elasticMQVersion)
	pom, list := filepath.Join(folder, "pom.xml"), filepath.Join(folder, "classpath")
	if jars, err := os.ReadFile(list); err == nil && allThere(strings.Split(string(jars), string(os.PathListSeparator))) {
		return string(jars)
	}
	write(t, pom, `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>differential</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.elasticmq</groupId><artifactId>elasticmq-server_2.13</artifactId><version>`+elasticMQVersion+`</version></dependency>
  </dependencies>
</project>
`)
	run(t, "mvn", "-q", "-B", "-f", pom, "dependency:build-classpath", "-Dmdep.outputFile="+list)
	jars, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	return string(jars)
}

func allThere(files []string) bool {
	for _, file := range files {
		if _, err := os.Stat(file); err != nil {
			return false
		}
	}
	return true
}

// startMoto starts moto's server in a virtual environment of its own.
func startMoto(t *testing.T) (url string) {
	need(t, "python3")
	folder := cached(t, "moto-"+motoVersion)
	python, complete := filepath.Join(folder, "bin", "python"), filepath.Join(folder, "complete")
	if _, err := os.Stat(complete); err != nil {
		run(t, "python3", "-m", "venv", "--clear", folder)
		run(t, python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "moto[server]=="+motoVersion)
		write(t, complete, "")
	}
	address, port := freeAddress(t)
	t.Setenv("MOTO_ACCOUNT_ID", "000000000000")
	start(t, address, python, "-m", "moto.server", "-H", "127.0.0.1", "-p", port)
	return "http://" + address
}

// need skips the test unless the programs are there.
func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("to compare, %s is needed in the PATH: %v", strings.Join(programs, " and "), err)
		}
	}
}

// cached is a folder outside of the work tree, which stays.
func cached(t *testing.T, name string) string {
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

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, name string, arguments ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), name, arguments...).CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v\n%s", name, arguments, err, out)
	}
}

func freeAddress(t *testing.T) (address, port string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String(), fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}

// start starts a server, waits until it takes connections, and ends it with the test.
func start(t *testing.T, address, name string, arguments ...string) {
	t.Helper()
	folder := t.TempDir()
	log, err := os.Create(filepath.Join(folder, "log"))
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), name, arguments...) // killed before the cleanups
	command.Dir, command.Stdout, command.Stderr = folder, log, log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Wait() // it was killed
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
