// A TLS identity is the certificate and the private key by which a listener
// proves who it is. Certificates are replaced while the server runs. Therefore
// a listener asks for the identity at every handshake and keeps none.
// CertificateFiles (access/certificates.h) makes the identities; the gRPC
// listener and the HTTP listeners use them.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "server/base/secret.h"

namespace linktor {

// An identity never changes once it is made. Its parts belong together and have
// been checked. Handshakes on several threads share one identity.
struct TlsIdentity {
  // The generation begins with 1 and grows with every new identity of a
  // listener. Code that derives something costly from the identity keeps the
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
  // The server's certificate ends at this time.
  absl::Time not_after;
};

// A TlsSource returns the identity in force, which is never null. A listener
// calls it at every handshake, on any thread, so it is cheap and does not
// block.
using TlsSource = std::function<std::shared_ptr<const TlsIdentity>()>;

}  // namespace linktor
