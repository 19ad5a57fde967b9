package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"time"
)

// otherRoots is how many root certificates are in the file beside the one that is needed. A function
// reads them all before its first connection, and on Lambda there are about as many.
const otherRoots = 140

// certificates are like those of AWS: RSA keys of 2048 bits, and a chain of three certificates.
type certificates struct {
	server tls.Certificate
	file   string // path of the file with all root certificates
}

// newCertificates makes certificates for the hosts.
func newCertificates(folder string, hosts []string) (certificates, error) {
	var keys [3]*rsa.PrivateKey
	for i := range keys {
		var err error
		if keys[i], err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			return certificates{}, err
		}
	}
	root, errRoot := certificate("root", nil, keys[0], nil, keys[0])
	intermediate, errIntermediate := certificate("intermediate", nil, keys[1], root, keys[0])
	leaf, errLeaf := certificate("leaf", hosts, keys[2], intermediate, keys[1])
	if err := errors.Join(errRoot, errIntermediate, errLeaf); err != nil {
		return certificates{}, err
	}
	roots := pemOf(root)
	for i := range otherRoots {
		other, err := certificate(fmt.Sprint("other root ", i), nil, keys[0], nil, keys[0])
		if err != nil {
			return certificates{}, err
		}
		roots = append(pemOf(other), roots...) // the one that is needed is the last
	}
	file := filepath.Join(folder, "roots.pem")
	server := tls.Certificate{Certificate: [][]byte{leaf.Raw, intermediate.Raw, root.Raw}, PrivateKey: keys[2]}
	return certificates{server, file}, os.WriteFile(file, roots, 0o600)
}

// certificate makes a certificate. Without an issuer it is a root. Without hosts it may sign others.
func certificate(name string, hosts []string, key *rsa.PrivateKey, issuer *x509.Certificate, issuerKey *rsa.PrivateKey) (*x509.Certificate, error) {
	unsigned := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{Country: []string{"US"}, Organization: []string{"bench"}, CommonName: name}, DNSNames: hosts,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, IsCA: hosts == nil,
	}
	if issuer == nil {
		issuer = unsigned
	}
	signed, err := x509.CreateCertificate(rand.Reader, unsigned, issuer, key.Public(), issuerKey)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(signed)
}

func pemOf(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}
