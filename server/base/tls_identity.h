// A listener proves by this certificate and key who it is. Certificates are
// replaced while the server runs, so listeners ask for the identity at every
// handshake and keep none. access/certificates.h makes it; the listeners of
// gRPC and of HTTP use it.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "server/base/secret.h"

namespace linktor {

// An identity is immutable once made; its parts belong together and have been
// checked. Handshakes on several threads share one.
struct TlsIdentity {
  // Grows with every change of the files, from 1. A user that derives something
  // costly from the identity keeps it for as long as this number stays.
  std::uint64_t generation = 0;
  // It is the PEM of the server's certificate, then of those that lead to its
  // root.
  std::string certificate_chain;
  // It is the PEM of the key that belongs to the first certificate, not
  // encrypted.
  Secret private_key;
  // It is the PEM of the certificates that may have signed a client's. Where it
  // is empty, clients are not asked for one; otherwise a client without one is
  // refused.
  std::string client_ca;
  // The server's certificate ends at this time.
  absl::Time not_after;
};

// Returns the identity in force, never null. It is called at every handshake
// and from any thread, so it is cheap and does not block.
using TlsSource = std::function<std::shared_ptr<const TlsIdentity>()>;

}  // namespace linktor
