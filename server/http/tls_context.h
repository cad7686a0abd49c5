// Makes what OpenSSL needs for a handshake from the listener's TlsIdentity, and
// makes it again when the identity has changed. The workers ask at each
// handshake. Internal to the listener.

#pragma once

#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "server/base/mutex.h"
#include "server/base/tls_identity.h"

namespace linktor::http {

// Returns a context that offers TLS 1.2 and 1.3 with `identity`'s certificate,
// and requires a certificate of the client when `identity` has a client_ca.
// Fails with INVALID_ARGUMENT and OpenSSL's words when the PEM texts cannot be
// used. Nothing of `identity` is borrowed. The pointer is shared because
// handshakes under way keep the context that they began with.
absl::StatusOr<std::shared_ptr<boost::asio::ssl::context>> MakeTlsContext(
    const TlsIdentity& identity);

// Holds the context of a listener. Its workers share it, so that a client may
// resume its session with another worker. Thread-safe.
class TlsContexts {
 public:
  // `source` is asked at every call of Current, from any thread.
  explicit TlsContexts(TlsSource source) : source_(std::move(source)) {}

  // Returns the context for the next handshake, made from the identity in
  // force. It fails as MakeTlsContext does, and tries again at the next call;
  // the connection is closed then, never served by an old identity. A new
  // identity costs the first caller the reading of its PEM texts, and the
  // others wait for it.
  absl::StatusOr<std::shared_ptr<boost::asio::ssl::context>> Current();

 private:
  const TlsSource source_;
  // Guards both members, which change together. It is held while a context is
  // made, so that one identity is read once.
  Mutex mutex_;
  // context_ was made from the identity of this number; 0 before the first.
  std::uint64_t generation_ ABSL_GUARDED_BY(mutex_) = 0;
  // It is null before the first handshake.
  std::shared_ptr<boost::asio::ssl::context> context_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor::http
