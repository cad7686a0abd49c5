// Reads the files of a TLS listener and checks that the listener can use them.
// Every file must be PEM, the key must belong to the certificate, and the
// certificate must be valid now. OpenSSL must also accept the certificate and
// the key at its security level. CertificateFiles calls ReadTlsFiles and keeps
// the result; nothing is kept here. ReadTlsFiles blocks while it reads the
// files.

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/secret.h"

namespace linktor::access {

struct TlsPaths {
  // This file has the server's certificate first, and then the intermediate
  // certificates that lead to its root.
  std::string certificate;
  // This file has the private key, which must not be encrypted.
  std::string key;
  // This file has CA certificates, and a client's certificate must be signed by
  // one of them. When the path is empty, the server asks no client for a
  // certificate.
  std::string client_ca;
};

// A certificate is valid from `begin` to `end`.
struct Validity {
  absl::Time begin;
  absl::Time end;
};

// A TlsFiles is the content of the files. The certificates and the key are
// written as PEM again, so that nothing else in a file (comments, other keys)
// reaches a listener.
struct TlsFiles {
  std::string certificate_chain;
  Secret private_key;
  // This text is empty when TlsPaths::client_ca is empty.
  std::string client_ca;
  // The server's certificate is valid for this time.
  Validity validity;
  // The client CA that ends last is valid for this time. When a file has
  // several client CAs, they are usually the old CA and its successor. Without
  // a client CA the time has no beginning and no end.
  Validity client_ca_validity = {absl::InfinitePast(), absl::InfiniteFuture()};
  // It is true when too many users can use the key file: users who are neither
  // the owner nor in the file's group may read it, or users other than the
  // owner may write it.
  bool key_is_exposed = false;
};

// Reads and checks the files. Fails with FAILED_PRECONDITION and a sentence
// that names the file when a file cannot be read or used. It also fails when
// the certificate is not valid at `now`, or when no client CA is valid at
// `now`.
absl::StatusOr<TlsFiles> ReadTlsFiles(const TlsPaths& paths, absl::Time now);

// Returns the time as the sentences about certificates spell it, such as
// "2026-11-28T09:30:00Z".
std::string TlsTimeText(absl::Time time);

}  // namespace linktor::access
