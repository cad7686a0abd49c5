// A TLS identity is the certificate and the private key with which a listener
// proves who it is. Certificates may be replaced while the server runs.
// Therefore a listener asks for the current identity at every handshake, and
// does not keep it. CertificateFiles (access/certificates.h) makes the
// identities; the gRPC listener and the HTTP listeners use them.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "server/base/secret.h"

namespace linktor {

// An identity never changes after it is made. CertificateFiles has checked that
// its parts can be used and belong together. Handshakes on several threads
// share one identity.
struct TlsIdentity {
  // The generation begins with 1 and grows with every new identity of a
  // listener. Code that makes something costly from the identity can keep the
  // result as long as this number stays the same.
  std::uint64_t generation = 0;
  // This is PEM: the server's certificate, and then the intermediate
  // certificates that lead to its root.
  std::string certificate_chain;
  // This is PEM: the private key that belongs to the first certificate. It is
  // not encrypted.
  Secret private_key;
  // This is PEM: CA certificates, and a client's certificate must be signed by
  // one of them. When the text is empty, clients are not asked for a
  // certificate. Otherwise a client without a certificate is refused.
  std::string client_ca;
  // The server's certificate is valid until this time.
  absl::Time not_after;
};

// A TlsSource returns the identity in force, that is, the identity that the
// next handshake must use. The result is never null. A listener calls it at
// every handshake, on any thread, so it is cheap and does not block.
using TlsSource = std::function<std::shared_ptr<const TlsIdentity>()>;

}  // namespace linktor
