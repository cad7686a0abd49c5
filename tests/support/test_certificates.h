// Certificates made at run time, so that no key lies in the tree and no test
// depends on the date. Everything is PEM text, as the server reads it. Any
// failure of OpenSSL ends the program.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace linktor {

// A certificate and its key.
struct TestCertificate {
  // PEM: the certificate, then those of the authorities between it and its
  // root; the root itself is left out.
  std::string certificate;
  // PEM, PKCS #8, without a password.
  std::string private_key;
};

// Whom a certificate names, and when it is valid.
struct TestSubject {
  std::string common_name = "localhost";
  // The alternative names, which are what clients compare with the host.
  std::vector<std::string> dns_names = {"localhost"};
  std::vector<std::string> ip_addresses = {"127.0.0.1", "::1"};
  // In whole seconds.
  absl::Time not_before = absl::Now() - absl::Hours(1);
  absl::Time not_after = absl::Now() + absl::Hours(24 * 90);
  // The size of an RSA key in bits; 0 makes a key on the curve P-256.
  unsigned rsa_bits = 0;
};

// A certificate authority with a key of its own: two of the same name do not
// trust each other's certificates. Not thread-safe.
class TestAuthority {
 public:
  // A root.
  explicit TestAuthority(const std::string& common_name = "Test authority");
  // An authority whose certificate `parent` has signed.
  TestAuthority(const std::string& common_name, const TestAuthority& parent);
  ~TestAuthority();
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;

  // PEM: this authority's certificate alone, for those who are to trust it.
  const std::string& certificate() const { return pem_; }

  // For a server: its extended key usage is serverAuth.
  TestCertificate IssueServer(const TestSubject& subject = {});
  // For a client: its extended key usage is clientAuth. It usually has no
  // alternative names.
  TestCertificate IssueClient(const TestSubject& subject = {
                                  .common_name = "client",
                                  .dns_names = {},
                                  .ip_addresses = {}});

 private:
  struct Parts;

  TestCertificate Issue(const TestSubject& subject, const char* key_usage);

  const std::unique_ptr<Parts> parts_;
  std::string pem_;
  // PEM: what leads from the certificates issued here to the root.
  std::string chain_;
};

// The key of that PEM text, behind a password that nobody knows.
std::string WithPassword(const std::string& private_key);

}  // namespace linktor
