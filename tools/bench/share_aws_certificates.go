package main

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
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
	root, err := newCertificate("root", nil, nil)
	if err != nil {
		return certificates{}, err
	}
	intermediate, err := newCertificate("intermediate", root, nil)
	if err != nil {
		return certificates{}, err
	}
	leaf, err := newCertificate("leaf", intermediate, hosts)
	if err != nil {
		return certificates{}, err
	}
	var roots bytes.Buffer
	for i := range otherRoots {
		other := &certificate{key: root.key}
		if err := other.sign(fmt.Sprint("other root ", i), nil, nil); err != nil {
			return certificates{}, err
		}
		other.encode(&roots)
	}
	root.encode(&roots)
	file := filepath.Join(folder, "roots.pem")
	server := tls.Certificate{Certificate: [][]byte{leaf.Raw, intermediate.Raw, root.Raw}, PrivateKey: leaf.key}
	return certificates{server, file}, os.WriteFile(file, roots.Bytes(), 0o600)
}

type certificate struct {
	*x509.Certificate
	key crypto.Signer
}

// newCertificate makes a certificate with a new key. Without an issuer it is a root. Without hosts it may
// sign other certificates.
func newCertificate(name string, issuer *certificate, hosts []string) (*certificate, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	c := &certificate{key: key}
	return c, c.sign(name, issuer, hosts)
}

func (c *certificate) sign(name string, issuer *certificate, hosts []string) error {
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return err
	}
	unsigned := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{Country: []string{"US"}, Organization: []string{"bench"}, CommonName: name}, DNSNames: hosts,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, IsCA: hosts == nil,
	}
	parent, key := unsigned, c.key
	if issuer != nil {
		parent, key = issuer.Certificate, issuer.key
	}
	signed, err := x509.CreateCertificate(rand.Reader, unsigned, parent, c.key.Public(), key)
	if err != nil {
		return err
	}
	c.Certificate, err = x509.ParseCertificate(signed)
	return err
}

func (c *certificate) encode(out *bytes.Buffer) {
	_ = pem.Encode(out, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}) // a buffer never returns an error
}
