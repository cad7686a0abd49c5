package linktor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/credentials/local"
)

// TLS says how a connection is encrypted. Every field may be empty.
type TLS struct {
	// CAFile is a PEM file with the root certificates to trust, in place of the
	// roots of the system.
	CAFile string
	// CertFile and KeyFile are PEM files with the client's certificate and its
	// private key, for servers that ask for one.
	CertFile, KeyFile string
	// ServerName is the name in the server's certificate. It is needed only when
	// that name is not the host of the address.
	ServerName string
}

// config returns the configuration for crypto/tls, or an error when a file cannot
// be used.
func (t TLS) config() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName}
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("linktor: the roots cannot be read: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("linktor: %s has no PEM certificate in it", t.CAFile)
		}
	}
	if t.CertFile != "" || t.KeyFile != "" {
		certificate, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("linktor: the client certificate cannot be used: %w", err)
		}
		config.Certificates = []tls.Certificate{certificate}
	}
	return config, nil
}

// security returns the dial options for encryption and for the API key. Plaintext
// is used only when the address names this machine, or with
// WithPlaintextToOtherMachines. In the first case gRPC also checks that the
// connection ends on this machine.
func (o *options) security(toThisMachine bool) ([]grpc.DialOption, error) {
	var transport credentials.TransportCredentials
	plaintext := false
	switch {
	case o.tls != nil && o.plaintext:
		return nil, errors.New("linktor: WithTLS and WithPlaintextToOtherMachines exclude each other")
	case o.plaintext:
		plaintext, transport = true, insecure.NewCredentials()
	case o.tls == nil && toThisMachine:
		plaintext, transport = true, local.NewCredentials()
	default:
		if o.tls == nil {
			o.tls = &TLS{}
		}
		config, err := o.tls.config()
		if err != nil {
			return nil, err
		}
		transport = credentials.NewTLS(config)
	}
	dial := []grpc.DialOption{grpc.WithTransportCredentials(transport)}
	if o.apiKey == "" {
		return dial, nil
	}
	for _, c := range []byte(o.apiKey) {
		if c <= ' ' || c > '~' {
			return nil, errors.New("linktor: the API key has white space or a character in it that is not ASCII")
		}
	}
	return append(dial, grpc.WithPerRPCCredentials(apiKey{o.apiKey, plaintext})), nil
}

// apiKey adds the API key to the metadata of each call.
type apiKey struct {
	key string
	// plaintext says that the key may travel on a connection that is not encrypted.
	plaintext bool
}

func (k apiKey) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + k.key}, nil
}

func (k apiKey) RequireTransportSecurity() bool { return !k.plaintext }

// String keeps the key out of logs.
func (k apiKey) String() string { return "API key" }

// GoString keeps the key out of logs.
func (k apiKey) GoString() string { return "API key" }

// isLocal returns whether the address names this machine. It asks no name server: a
// name that resolves to this machine counts as another machine, unless it is
// localhost.
func isLocal(address string) bool {
	if strings.HasPrefix(address, "unix:") || strings.HasPrefix(address, "unix-abstract:") {
		return true
	}
	for _, scheme := range []string{"dns:", "passthrough:"} {
		if rest, ok := strings.CutPrefix(address, scheme); ok {
			address = rest[strings.LastIndex(rest, "/")+1:]
			break
		}
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = strings.Trim(address, "[]")
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
