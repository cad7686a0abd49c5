// Makes the OpenSSL context for TLS handshakes from the listener's TlsIdentity
// (base/tls_identity.h), and makes a new one when the identity has changed. The
// workers ask for the context at each handshake. This file is internal to the
// listener.

#pragma once

#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "server/base/mutex.h"
#include "server/base/tls_identity.h"

namespace linktor::http {

// Returns a context that offers TLS 1.2 and 1.3 with `identity`'s certificate.
// When `identity` has a client_ca, the context requires a certificate from the
// client. Fails with INVALID_ARGUMENT and OpenSSL's text of the error when the
// PEM texts of `identity` cannot be used. The context borrows nothing from
// `identity`. The pointer is shared, because a worker may still use the context
// when another thread has already replaced it.
absl::StatusOr<std::shared_ptr<boost::asio::ssl::context>> MakeTlsContext(
    const TlsIdentity& identity);

// Holds the present context of a listener. All workers of the listener share
// it, so that a client may resume its TLS session with another worker. It is
// thread-safe.
class TlsContexts {
 public:
  // Every call of Current calls `source`, on the thread of the caller.
  explicit TlsContexts(TlsSource source) : source_(std::move(source)) {}

  // Returns the context for the next handshake, made from the identity that the
  // TlsSource gives now. It fails as MakeTlsContext does, and the next call
  // tries again. After a failure the worker closes the connection: an old
  // identity is never used instead. When the identity is new, the first caller
  // makes its context, and other callers block until it is made.
  absl::StatusOr<std::shared_ptr<boost::asio::ssl::context>> Current();

 private:
  const TlsSource source_;
  // It guards the two members below, which change together. It is held while a
  // context is made, so that only one thread makes the context of a new
  // identity.
  Mutex mutex_;
  // context_ was made from the identity with this generation
  // (TlsIdentity::generation). It is 0 before the first handshake.
  std::uint64_t generation_ ABSL_GUARDED_BY(mutex_) = 0;
  // It is null before the first handshake.
  std::shared_ptr<boost::asio::ssl::context> context_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor::http
