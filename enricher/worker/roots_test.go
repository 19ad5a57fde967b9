package main

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// amazonRoots are the SHA-256 hashes of the public keys of the roots that certify AWS's endpoints.
// https://www.amazontrust.com/repository/
var amazonRoots = map[string]string{
	"fbe3018031f9586bcbf41727e417b7d1c45c2f47f93be372a17b96b50757d5a2": "Amazon Root CA 1",
	"7f4296fc5b6a4e3b35d3c369623e364ab1af381d8fa7121533c9d6c633ea2461": "Amazon Root CA 2",
	"36abc32656acfc645c61b71613c4bf21c787f5cabbee48348d58597803d7abc9": "Amazon Root CA 3",
	"f7ecded5c66047d28ed6466b543c40e0743abe81d109254dcf845d4c2c7853c5": "Amazon Root CA 4",
	"2b071c59a0a0ae76b0eadb2bad23bad4580b69c3601b630c2eaf0613afa83f92": "Starfield Services Root Certificate Authority - G2",
}

// The test runs itself where the system has no certificates, as in the image.
// https://pkg.go.dev/crypto/x509#SystemCertPool
func TestWithoutCertificatesOfTheSystemTheWorkerTrustsAWS(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux, which the image is for, takes certificates from files")
	}
	const none = "/var/empty/none"
	if os.Getenv("SSL_CERT_FILE") != none {
		command := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
		command.Env = append(os.Environ(), "SSL_CERT_FILE="+none, "SSL_CERT_DIR="+none)
		if output, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		return
	}
	trusted := 0
	for root := range bundle.Roots() {
		certificate, err := x509.ParseCertificate(root.Certificate)
		if err != nil {
			t.Fatal(err)
		}
		key := sha256.Sum256(certificate.RawSubjectPublicKeyInfo)
		name := amazonRoots[hex.EncodeToString(key[:])]
		if name == "" {
			continue
		}
		trusted++
		if _, err := certificate.Verify(x509.VerifyOptions{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if trusted != len(amazonRoots) {
		t.Errorf("%d of the roots of AWS are in the bundle, want %d", trusted, len(amazonRoots))
	}
}
