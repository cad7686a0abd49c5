package linktor

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

func TestIsLocal(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:50051":                 true,
		"127.9.9.9:1":                     true,
		"[::1]:50051":                     true,
		"[::ffff:127.0.0.1]:50051":        true,
		"localhost:50051":                 true,
		"LocalHost:50051":                 true,
		"localhost":                       true,
		"unix:/run/linktor.sock":          true,
		"unix:///run/linktor.sock":        true,
		"unix-abstract:linktor":           true,
		"dns:///127.0.0.1:50051":          true,
		"dns:localhost:50051":             true,
		"passthrough:///127.0.0.1:50051":  true,
		"gateway.example:50051":           false,
		"127.0.0.1.example:50051":         false,
		"localhost.example:50051":         false,
		"10.0.0.1:50051":                  false,
		"0.0.0.0:50051":                   false,
		"[2001:db8::1]:50051":             false,
		"dns:///gateway.example:50051":    false,
		"dns://127.0.0.1/gateway.example": false,
		"xds:///127.0.0.1:50051":          false,
		"":                                false,
	} {
		if got := isLocal(address); got != want {
			t.Errorf("isLocal(%q) = %v", address, got)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing.pem")
	noPEM := filepath.Join(t.TempDir(), "no.pem")
	if err := os.WriteFile(noPEM, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		address string
		option  Option
		want    string
	}{
		"no address":     {"", WithAPIKey(""), "empty"},
		"a URL":          {"https://gateway.example", WithAPIKey(""), "leave out http://"},
		"a broken key":   {"127.0.0.1:1", WithAPIKey("a\nb"), "API key"},
		"no such roots":  {"gateway.example:1", WithTLS(TLS{CAFile: missing}), "missing.pem"},
		"no roots in it": {"gateway.example:1", WithTLS(TLS{CAFile: noPEM}), "no PEM certificate"},
		"no key file":    {"gateway.example:1", WithTLS(TLS{CertFile: noPEM}), "client certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(test.address, test.option)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v", err)
			}
		})
	}
	if _, err := New("gateway.example:1", WithTLS(TLS{}), WithPlaintextToOtherMachines()); err == nil {
		t.Error("TLS and plaintext were taken together")
	}
}

// checkKey checks the "authorization" metadata that the fake has received.
func checkKey(t *testing.T, f *fake, want ...string) {
	t.Helper()
	if fmt.Sprint(f.authority) != fmt.Sprint(want) {
		t.Errorf("the server has got %q, want %q", f.authority, want)
	}
}

func TestKeyGoesToThisMachine(t *testing.T) {
	f := &fake{}
	client, _ := start(t, f, WithAPIKey("  key-1\n"))
	if _, err := client.Send(limited(t), hello("")); err != nil {
		t.Fatal(err)
	}
	checkKey(t, f, "Bearer key-1")
}

func TestNoKeyNoMetadata(t *testing.T) {
	f := &fake{}
	client, _ := start(t, f, WithAPIKey("\n"))
	if _, err := client.Send(limited(t), hello("")); err != nil {
		t.Fatal(err)
	}
	checkKey(t, f)
}

func TestKeyThroughAUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	f := &fake{}
	f.serve(t, listen(t, "unix", path))
	client, _ := dial(t, "unix:"+path, WithAPIKey("key-1"))
	if _, err := client.Send(limited(t), hello("")); err != nil {
		t.Fatal(err)
	}
	checkKey(t, f, "Bearer key-1")
}

// elsewhere makes a client connect every address to the listener of the fake. The
// connection looks as if it ended on another machine.
func elsewhere(listener net.Listener) Option {
	return WithDialOptions(
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			var d net.Dialer
			conn, err := d.DialContext(ctx, "tcp", listener.Addr().String())
			return farConn{conn}, err
		}))
}

// farConn says that its other end has an address of another machine.
type farConn struct{ net.Conn }

func (farConn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 443} }

func TestKeyIsNotSentInPlaintextToOtherMachines(t *testing.T) {
	// A name such as localhost may be resolved to another machine.
	for _, address := range []string{"passthrough:///localhost:1", "passthrough:///gateway.example:1"} {
		f := &fake{}
		listener := listen(t, "tcp", "127.0.0.1:0")
		f.serve(t, listener)
		client, _ := dial(t, address, WithAPIKey("key-1"), elsewhere(listener))
		if _, err := client.Messaging.SendMessage(limited(t), hello("order-17")); err == nil {
			t.Errorf("a plaintext call to %s succeeded", address)
		}
		checkKey(t, f)
	}
}

// The connection ends on this machine, but at a proxy that passes the calls on to
// another machine.
func TestKeyIsNotSentInPlaintextThroughAProxy(t *testing.T) {
	f := &fake{}
	listener := listen(t, "tcp", "127.0.0.1:0")
	f.serve(t, listener)
	client, _ := dial(t, "passthrough:///gateway.example:1", WithAPIKey("key-1"),
		WithDialOptions(grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "tcp", listener.Addr().String())
		})))
	if _, err := client.Messaging.SendMessage(limited(t), hello("order-17")); err == nil {
		t.Error("a plaintext call succeeded")
	}
	checkKey(t, f)
}

// The proxy that the environment names is for other networks, and the client must
// not use it. A process reads the environment only once, so the test runs in a
// process of its own. The address is 0.0.0.0: Linux connects it to this machine,
// but Go's rules for proxies do not exempt it, as they exempt loopback addresses.
func TestProxyOfTheEnvironmentIsNotUsed(t *testing.T) {
	if os.Getenv("HTTPS_PROXY") != "http://127.0.0.1:1" {
		command := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.count=1")
		command.Env = append(os.Environ(), "HTTPS_PROXY=http://127.0.0.1:1", "NO_PROXY=", "no_proxy=")
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
		return
	}
	f := &fake{}
	listener := listen(t, "tcp4", "0.0.0.0:0")
	f.serve(t, listener)
	client, _ := dial(t, listener.Addr().String(), WithPlaintextToOtherMachines())
	if _, err := client.Messaging.SendMessage(limited(t), hello("order-17")); err != nil {
		t.Error(err)
	}
}

func TestKeyIsNotSentInPlaintextByDialOptions(t *testing.T) {
	_, err := New("gateway.example:1", WithAPIKey("key-1"),
		WithDialOptions(grpc.WithTransportCredentials(insecure.NewCredentials())))
	if err == nil {
		t.Error("a key was taken for a connection that is not encrypted")
	}
}

func TestKeyInPlaintextWhenTheCallerSaysSo(t *testing.T) {
	f := &fake{}
	listener := listen(t, "tcp", "127.0.0.1:0")
	f.serve(t, listener)
	client, _ := dial(t, "passthrough:///gateway.example:1", WithAPIKey("key-1"),
		WithPlaintextToOtherMachines(), elsewhere(listener))
	if _, err := client.Send(limited(t), hello("")); err != nil {
		t.Fatal(err)
	}
	checkKey(t, f, "Bearer key-1")
}

func TestTLSWithOwnRootsAndClientCertificate(t *testing.T) {
	folder := t.TempDir()
	ca := authority(t, folder)
	serverCert, serverKey := ca.issue(t, folder, "gateway.example")
	clientCert, clientKey := ca.issue(t, folder, "client.example")
	pair, err := tls.LoadX509KeyPair(serverCert, serverKey)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	f := &fake{}
	listener := listen(t, "tcp", "127.0.0.1:0")
	f.serve(t, listener, grpc.Creds(credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{pair}, ClientCAs: pool,
		ClientAuth: tls.RequireAndVerifyClientCert})))
	address := listener.Addr().String()

	for name, test := range map[string]struct {
		config TLS
		good   bool
	}{
		"all is right": {TLS{CAFile: ca.file, CertFile: clientCert, KeyFile: clientKey,
			ServerName: "gateway.example"}, true},
		"no client certificate": {TLS{CAFile: ca.file, ServerName: "gateway.example"}, false},
		"another name":          {TLS{CAFile: ca.file, CertFile: clientCert, KeyFile: clientKey}, false},
		"roots of the system": {TLS{CertFile: clientCert, KeyFile: clientKey,
			ServerName: "gateway.example"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			client, _ := dial(t, address, WithAPIKey("key-1"), WithTLS(test.config))
			_, err := client.Messaging.SendMessage(limited(t), hello("order-17"))
			if (err == nil) != test.good {
				t.Errorf("got %v", err)
			}
		})
	}
	checkKey(t, f, "Bearer key-1")
}

// ca is a certificate authority of a test.
type ca struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string
}

// authority makes a certificate authority. Its certificate is in the file ca.pem of
// the folder.
func authority(t *testing.T, folder string) *ca {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	c := &ca{key: newKey(t), file: filepath.Join(folder, "ca.pem")}
	der, err := x509.CreateCertificate(rand.Reader, template, template, c.key.Public(), c.key)
	if err != nil {
		t.Fatal(err)
	}
	if c.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	writePEM(t, c.file, "CERTIFICATE", der)
	return c
}

// issue makes a certificate for the name, and returns the files of the certificate
// and its key.
func (c *ca) issue(t *testing.T, folder, name string) (cert, key string) {
	t.Helper()
	private := newKey(t)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(2), DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, c.cert, private.Public(), c.key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(folder, name+".pem"), filepath.Join(folder, name+".key")
	writePEM(t, cert, "CERTIFICATE", der)
	writePEM(t, key, "EC PRIVATE KEY", secret)
	return cert, key
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func writePEM(t *testing.T, path, kind string, der []byte) {
	t.Helper()
	data := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
