#include "tests/support/test_certificates.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/support/openssl_handles.h"

namespace linktor {
namespace {

// An X.509 certificate of version 3 has this number in its version field.
constexpr long kX509Version3 = 2;

// Makes a key on an elliptic curve, unless RSA is asked for, whose keys take
// long to make.
KeyPtr MakeKey(unsigned rsa_bits = 0) {
  KeyPtr key(rsa_bits == 0 ? EVP_EC_gen("P-256") : EVP_RSA_gen(rsa_bits));
  Require(key != nullptr);
  return key;
}

std::string TextOf(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string PemOf(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  Require(PEM_write_bio_X509(bio.get(), certificate) == 1);
  return TextOf(bio.get());
}

std::string PemOf(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  Require(PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0,
                                        nullptr, nullptr) == 1);
  return TextOf(bio.get());
}

// Returns a certificate for `key` that names `common_name` and is not signed
// yet.
CertificatePtr Draft(EVP_PKEY* key, const TestSubject& subject,
                     std::uint64_t serial) {
  CertificatePtr draft(X509_new());
  Require(X509_set_version(draft.get(), kX509Version3) == 1);
  Require(ASN1_INTEGER_set_uint64(X509_get_serialNumber(draft.get()), serial) ==
          1);
  Require(ASN1_TIME_set(X509_getm_notBefore(draft.get()),
                        absl::ToTimeT(subject.not_before)) != nullptr);
  Require(ASN1_TIME_set(X509_getm_notAfter(draft.get()),
                        absl::ToTimeT(subject.not_after)) != nullptr);
  Require(X509_set_pubkey(draft.get(), key) == 1);
  const std::string& name = subject.common_name;
  Require(X509_NAME_add_entry_by_txt(
              X509_get_subject_name(draft.get()), "CN", MBSTRING_UTF8,
              reinterpret_cast<const unsigned char*>(name.data()),
              static_cast<int>(name.size()), -1, 0) == 1);
  return draft;
}

// Adds an extension in the words of OpenSSL's configuration files.
void Extend(X509* certificate, X509* issuer, int nid,
            const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  Require(extension != nullptr);
  Require(X509_add_ext(certificate, extension.get(), -1) == 1);
}

void Sign(X509* certificate, X509* issuer, EVP_PKEY* key) {
  Require(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) ==
          1);
  Require(X509_sign(certificate, key, EVP_sha256()) > 0);
}

// Returns the alternative names as OpenSSL writes them; empty when there are
// none.
std::string AlternativeNames(const TestSubject& subject) {
  std::vector<std::string> names;
  names.reserve(subject.dns_names.size() + subject.ip_addresses.size());
  for (const std::string& name : subject.dns_names) {
    names.push_back(absl::StrCat("DNS:", name));
  }
  for (const std::string& address : subject.ip_addresses) {
    names.push_back(absl::StrCat("IP:", address));
  }
  return absl::StrJoin(names, ",");
}

}  // namespace

struct TestAuthority::Parts {
  explicit Parts(const std::string& common_name)
      : certificate(
            Draft(key.get(), {.common_name = common_name}, next_serial++)) {}

  void SignBy(const Parts& issuer) {
    X509* own = certificate.get();
    X509* above = issuer.certificate.get();
    Extend(own, above, NID_basic_constraints, "critical,CA:TRUE");
    Extend(own, above, NID_key_usage, "critical,keyCertSign,cRLSign");
    Extend(own, above, NID_subject_key_identifier, "hash");
    Sign(own, above, issuer.key.get());
  }

  const KeyPtr key = MakeKey();
  std::uint64_t next_serial = 1;
  const CertificatePtr certificate;
};

TestAuthority::TestAuthority(const std::string& common_name)
    : parts_(std::make_unique<Parts>(common_name)) {
  parts_->SignBy(*parts_);
  pem_ = PemOf(parts_->certificate.get());
}

TestAuthority::TestAuthority(const std::string& common_name,
                             const TestAuthority& parent)
    : parts_(std::make_unique<Parts>(common_name)) {
  parts_->SignBy(*parent.parts_);
  pem_ = PemOf(parts_->certificate.get());
  chain_ = pem_ + parent.chain_;
}

TestAuthority::~TestAuthority() = default;

TestCertificate TestAuthority::IssueServer(const TestSubject& subject) {
  return Issue(subject, "serverAuth");
}

TestCertificate TestAuthority::IssueClient(const TestSubject& subject) {
  return Issue(subject, "clientAuth");
}

TestCertificate TestAuthority::Issue(const TestSubject& subject,
                                     const char* key_usage) {
  X509* issuer = parts_->certificate.get();
  const KeyPtr key = MakeKey(subject.rsa_bits);
  const CertificatePtr issued =
      Draft(key.get(), subject, parts_->next_serial++);
  Extend(issued.get(), issuer, NID_basic_constraints, "critical,CA:FALSE");
  Extend(issued.get(), issuer, NID_key_usage,
         "critical,digitalSignature,keyEncipherment");
  Extend(issued.get(), issuer, NID_ext_key_usage, key_usage);
  Extend(issued.get(), issuer, NID_subject_key_identifier, "hash");
  Extend(issued.get(), issuer, NID_authority_key_identifier, "keyid");
  const std::string names = AlternativeNames(subject);
  if (!names.empty()) {
    Extend(issued.get(), issuer, NID_subject_alt_name, names);
  }
  Sign(issued.get(), issuer, parts_->key.get());
  return {.certificate = PemOf(issued.get()) + chain_,
          .private_key = PemOf(key.get())};
}

std::string WithPassword(const std::string& private_key) {
  const BioPtr in(BIO_new_mem_buf(private_key.data(),
                                  static_cast<int>(private_key.size())));
  const KeyPtr key(
      PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
  const BioPtr out(BIO_new(BIO_s_mem()));
  constexpr std::string_view kPassword = "unknown";
  Require(PEM_write_bio_PKCS8PrivateKey(
              out.get(), key.get(), EVP_aes_256_cbc(), kPassword.data(),
              static_cast<int>(kPassword.size()), nullptr, nullptr) == 1);
  return TextOf(out.get());
}

}  // namespace linktor
