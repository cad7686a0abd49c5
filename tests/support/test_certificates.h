// This makes certificates at run time. So no private key is stored in the
// repository, and no test depends on the date. All results are PEM text, which
// the server reads. Any failure of OpenSSL ends the program.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace linktor {

// A TestCertificate is a certificate and its key.
struct TestCertificate {
  // This PEM text has the certificate first. Then come the certificates of the
  // authorities between it and its root. The root itself is left out.
  std::string certificate;
  // This PEM text is PKCS #8 and has no password.
  std::string private_key;
};

// A TestSubject says which names a certificate has, and when it is valid.
struct TestSubject {
  std::string common_name = "localhost";
  // These are the alternative names, which clients compare with the host.
  std::vector<std::string> dns_names = {"localhost"};
  std::vector<std::string> ip_addresses = {"127.0.0.1", "::1"};
  // Both times are rounded down to whole seconds.
  absl::Time not_before = absl::Now() - absl::Hours(1);
  absl::Time not_after = absl::Now() + absl::Hours(24 * 90);
  // It is the size of an RSA key in bits; 0 makes a key on the curve P-256.
  unsigned rsa_bits = 0;
};

// A TestAuthority is a certificate authority with its own key. So two
// authorities with the same name do not trust each other's certificates. It is
// not thread-safe.
class TestAuthority {
 public:
  // Makes a root authority.
  explicit TestAuthority(const std::string& common_name = "Test authority");
  // Makes an intermediate authority, whose certificate `parent` signs.
  TestAuthority(const std::string& common_name, const TestAuthority& parent);
  ~TestAuthority();
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;

  // Returns only this authority's certificate, as PEM text. A client or server
  // that must trust the authority loads it.
  const std::string& certificate() const { return pem_; }

  // Issues a certificate for a server: its extended key usage is serverAuth.
  TestCertificate IssueServer(const TestSubject& subject = {});
  // Issues a certificate for a client: its extended key usage is clientAuth. By
  // default it has no alternative names.
  TestCertificate IssueClient(const TestSubject& subject = {
                                  .common_name = "client",
                                  .dns_names = {},
                                  .ip_addresses = {}});

 private:
  struct Parts;

  TestCertificate Issue(const TestSubject& subject, const char* key_usage);

  const std::unique_ptr<Parts> parts_;
  std::string pem_;
  // This PEM text has the certificates between an issued certificate and the
  // root.
  std::string chain_;
};

// Returns the key of this PEM text, encrypted with a random password that
// nobody knows.
std::string WithPassword(const std::string& private_key);

}  // namespace linktor
