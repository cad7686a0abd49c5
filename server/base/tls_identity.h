// The certificate and key by which a listener proves who it is. Certificates
// are replaced while the server runs, so listeners ask for the identity at
// every handshake and keep none.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "server/base/secret.h"

namespace linktor {

// Immutable once made; its parts belong together and have been checked.
struct TlsIdentity {
  // Grows with every change of the files, from 1. Whoever derives something
  // costly from the identity keeps it for as long as this number stays.
  std::uint64_t generation = 0;
  // PEM: the server's certificate, then those that lead to its root.
  std::string certificate_chain;
  // PEM.
  Secret private_key;
  // PEM: who may have signed a client's certificate. Empty: clients are not
  // asked for one.
  std::string client_ca;
  // When the server's certificate ends.
  absl::Time not_after;
};

// Returns the identity in force, never null. It is called at every handshake
// and from any thread, so it is cheap and does not block.
using TlsSource = std::function<std::shared_ptr<const TlsIdentity>()>;

}  // namespace linktor
