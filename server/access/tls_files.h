// Reads the files of a TLS listener and checks that the listener can use them.
// Every file must have the PEM format, the private key must belong to the
// certificate, and the certificate must be valid now. OpenSSL must also accept
// the certificate and the private key at its security level: for example, it
// refuses a key that is too short. CertificateFiles calls ReadTlsFiles and
// keeps the result; ReadTlsFiles itself keeps nothing. It blocks while it reads
// the files.

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

// A TlsFiles is the content of the files. ReadTlsFiles parses the certificates
// and the private key and then writes them as new PEM texts. Therefore nothing
// else that a file may hold (comments, other keys) reaches a listener.
struct TlsFiles {
  std::string certificate_chain;
  Secret private_key;
  // This text is empty when TlsPaths::client_ca is empty.
  std::string client_ca;
  // The server's certificate is valid during this time.
  Validity validity;
  // A file may have several client CAs, usually the old CA and its successor.
  // This is the validity of the client CA that ends last, because no client CA
  // can be used after it. Without a client CA the validity has no beginning and
  // no end.
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

// Returns the time in the form that the sentences about certificates use, such
// as "2026-11-28T09:30:00Z".
std::string TlsTimeText(absl::Time time);

}  // namespace linktor::access
