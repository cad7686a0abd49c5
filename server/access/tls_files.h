// Reads the files of a TLS listener and checks that they can serve: everything
// is PEM, the key belongs to the certificate, the certificate is valid today,
// and OpenSSL accepts them at its security level. CertificateFiles calls it and
// keeps what is in force; nothing is kept here. It blocks on the files.

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/secret.h"

namespace linktor::access {

struct TlsPaths {
  // This file has the server's certificate first, then those that lead to its
  // root.
  std::string certificate;
  // This file has the private key, not encrypted.
  std::string key;
  // Clients' certificates must be signed by one of these. Empty: nobody is
  // asked for one.
  std::string client_ca;
};

// A certificate is valid from `begin` to `end`.
struct Validity {
  absl::Time begin;
  absl::Time end;
};

// This is what the files hold. Certificates and key are written anew in PEM, so
// that nothing else that was in a file (comments, other keys) reaches a
// listener.
struct TlsFiles {
  std::string certificate_chain;
  Secret private_key;
  // It is empty when TlsPaths::client_ca is.
  std::string client_ca;
  // The server's certificate is valid for this time.
  Validity validity;
  // The clients' CA that ends last is valid for this time; all of them together
  // are commonly the old one and its successor. It is for ever without a client
  // CA.
  Validity client_ca_validity = {absl::InfinitePast(), absl::InfiniteFuture()};
  // Others than the key's owner and its group may read the file, or others
  // than its owner may write it.
  bool key_is_exposed = false;
};

// Fails with FAILED_PRECONDITION and a sentence that names the file when one of
// them cannot be read or used, or when the certificate, or the client CA that
// ends last, is not valid at `now`.
absl::StatusOr<TlsFiles> ReadTlsFiles(const TlsPaths& paths, absl::Time now);

// Returns "2026-11-28T09:30:00Z", as these sentences spell times.
std::string TlsTimeText(absl::Time time);

}  // namespace linktor::access
