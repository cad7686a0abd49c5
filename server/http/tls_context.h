// Makes what OpenSSL needs for a handshake from the listener's TlsIdentity, and
// makes it again when the identity has changed.

#pragma once

#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "server/base/mutex.h"
#include "server/base/tls_identity.h"

namespace linktor {

// A context that offers TLS 1.2 and 1.3 with `identity`'s certificate, and
// requires a certificate of the client when `identity` has a client_ca.
// INVALID_ARGUMENT, with OpenSSL's words, when the PEM texts cannot be used.
// The pointer is shared because handshakes under way keep the context that they
// began with.
absl::StatusOr<std::shared_ptr<boost::asio::ssl::context>> MakeTlsContext(
    const TlsIdentity& identity);

// The context of a listener. Its workers share it, so that a client may resume
// its session with another worker. Thread-safe.
class TlsContexts {
 public:
  explicit TlsContexts(TlsSource source) : source_(std::move(source)) {}

  // The context for the next handshake, made from the identity in force. Fails
  // as MakeTlsContext does, and tries again at the next call.
  absl::StatusOr<std::shared_ptr<boost::asio::ssl::context>> Current();

 private:
  const TlsSource source_;
  Mutex mutex_;
  // The identity that context_ was made from.
  std::uint64_t generation_ ABSL_GUARDED_BY(mutex_) = 0;
  // Null before the first handshake.
  std::shared_ptr<boost::asio::ssl::context> context_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor
