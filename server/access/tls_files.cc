#include "server/access/tls_files.h"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/base/free_by.h"
#include "server/base/try.h"
#include "server/base/unique_fd.h"

namespace linktor::access {
namespace {

// All public roots together take about 200 KiB.
constexpr off_t kMaxFileBytes = off_t{1} << 20;

// The file of a key is exposed when one of these bits of its mode is set.
constexpr mode_t kExposed = S_IWGRP | S_IRWXO;

using BioPtr = std::unique_ptr<BIO, FreeBy<BIO_free>>;
using X509Ptr = std::unique_ptr<X509, FreeBy<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;
using ContextPtr = std::unique_ptr<SSL_CTX, FreeBy<SSL_CTX_free>>;

absl::Status Fault(std::string_view what, const std::string& path,
                   std::string_view more) {
  return absl::FailedPreconditionError(
      absl::StrCat(std::string(what), path, std::string(more)));
}

absl::Status CannotRead(std::string_view what, const std::string& path,
                        std::string_view reason) {
  return Fault(absl::StrCat("cannot read the ", std::string(what), " "), path,
               absl::StrCat(": ", std::string(reason)));
}

struct FileContent {
  // Only one of the files is secret, but all are read alike.
  Secret text;
  mode_t mode = 0;
};

// `what` names the file in sentences: "certificate".
absl::StatusOr<FileContent> ReadFile(std::string_view what,
                                     const std::string& path) {
  // O_NONBLOCK, because opening a pipe would wait for a writer.
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (!fd.valid() || fstat(fd.get(), &info) != 0) {
    return CannotRead(what, path, std::strerror(errno));
  }
  if (!S_ISREG(info.st_mode)) return CannotRead(what, path, "it is no file");
  if (info.st_size > kMaxFileBytes) {
    return CannotRead(what, path, "it is larger than 1 MiB");
  }
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t n = read(fd.get(), text.data() + size, text.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return CannotRead(what, path, std::strerror(errno));
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
  }
  text.resize(size);
  return FileContent{.text = Secret(std::move(text)), .mode = info.st_mode};
}

// OpenSSL asks for the password of an encrypted key; the server has none.
int NoPassword(char*, int, int, void* asked) {
  if (asked != nullptr) *static_cast<bool*>(asked) = true;
  return -1;
}

BioPtr ReadFrom(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string_view TextOf(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

// Returns OpenSSL's own words for its last error, which is then forgotten.
std::string TakeOpenSslReason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason == nullptr ? "no reason given" : reason;
}

// Returns at least one certificate.
absl::StatusOr<std::vector<X509Ptr>> ParseCertificates(
    std::string_view text, const std::string& path) {
  const BioPtr bio = ReadFrom(text);
  std::vector<X509Ptr> found;
  ERR_clear_error();
  while (X509* next =
             PEM_read_bio_X509_AUX(bio.get(), nullptr, NoPassword, nullptr)) {
    found.emplace_back(next);
  }
  // This error means that no further block begins; any other, that one is
  // broken.
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  const bool at_end = ERR_GET_LIB(error) == ERR_LIB_PEM &&
                      ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  if (!at_end) return Fault("", path, " holds a broken certificate");
  if (found.empty())
    return Fault("", path, " holds no certificate in PEM form");
  return found;
}

absl::StatusOr<KeyPtr> ParseKey(std::string_view text,
                                const std::string& path) {
  const BioPtr bio = ReadFrom(text);
  bool encrypted = false;
  KeyPtr key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassword, &encrypted));
  ERR_clear_error();
  if (encrypted) {
    return Fault("the private key in ", path,
                 " is encrypted, and the server has no password for it: store "
                 "it unencrypted, readable by the server's user alone");
  }
  if (key == nullptr) {
    return Fault("", path, " holds no private key in PEM form");
  }
  return key;
}

std::string WriteCertificates(const std::vector<X509Ptr>& certificates) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  for (const X509Ptr& one : certificates) {
    PEM_write_bio_X509(bio.get(), one.get());
  }
  return std::string(TextOf(bio.get()));
}

Secret WriteKey(EVP_PKEY* key) {
  // OpenSSL wipes the memory of such a BIO when it is freed.
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr,
                           nullptr);
  return Secret(std::string(TextOf(bio.get())));
}

absl::Time ToTime(const ASN1_TIME* time) {
  std::tm parts{};
  // Without a readable time a certificate counts as ended.
  if (ASN1_TIME_to_tm(time, &parts) != 1) return absl::InfinitePast();
  return absl::FromTM(parts, absl::UTCTimeZone());
}

Validity ValidityOf(const X509Ptr& certificate) {
  return {.begin = ToTime(X509_get0_notBefore(certificate.get())),
          .end = ToTime(X509_get0_notAfter(certificate.get()))};
}

Validity LastToEnd(const std::vector<X509Ptr>& certificates) {
  Validity last = ValidityOf(certificates.front());
  for (const X509Ptr& one : certificates) {
    const Validity validity = ValidityOf(one);
    if (validity.end > last.end) last = validity;
  }
  return last;
}

bool AnyIsValid(const std::vector<X509Ptr>& certificates, absl::Time now) {
  return std::any_of(certificates.begin(), certificates.end(),
                     [now](const X509Ptr& one) {
                       const Validity validity = ValidityOf(one);
                       return validity.begin <= now && now <= validity.end;
                     });
}

// `what` begins the sentence: "the certificate in ".
absl::Status CheckValid(std::string_view what, const std::string& path,
                        const Validity& validity, absl::Time now) {
  if (now > validity.end) {
    return Fault(what, path,
                 absl::StrCat(" has ended; it was valid until ",
                              TlsTimeText(validity.end)));
  }
  if (now < validity.begin) {
    return Fault(what, path,
                 absl::StrCat(" is not yet valid; it begins at ",
                              TlsTimeText(validity.begin)));
  }
  return absl::OkStatus();
}

// The listeners meet these refusals at a handshake, where nobody would learn of
// them: a key that is too small, or a signature by a digest that is too weak.
absl::Status TryInContext(const std::vector<X509Ptr>& chain, EVP_PKEY* key,
                          const TlsPaths& paths) {
  const ContextPtr context(SSL_CTX_new(TLS_server_method()));
  ERR_clear_error();
  bool fits = SSL_CTX_use_certificate(context.get(), chain[0].get()) == 1;
  for (std::size_t i = 1; fits && i < chain.size(); ++i) {
    fits = SSL_CTX_add1_chain_cert(context.get(), chain[i].get()) == 1;
  }
  if (!fits) {
    return Fault("OpenSSL refuses a certificate in ", paths.certificate,
                 absl::StrCat(": ", TakeOpenSslReason()));
  }
  if (SSL_CTX_use_PrivateKey(context.get(), key) != 1) {
    return Fault("OpenSSL refuses the private key in ", paths.key,
                 absl::StrCat(": ", TakeOpenSslReason()));
  }
  return absl::OkStatus();
}

}  // namespace

std::string TlsTimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

absl::StatusOr<TlsFiles> ReadTlsFiles(const TlsPaths& paths, absl::Time now) {
  TlsFiles files;
  LINKTOR_ASSIGN(const FileContent certificate,
                 ReadFile("certificate", paths.certificate));
  LINKTOR_ASSIGN(const FileContent key_file,
                 ReadFile("private key", paths.key));
  LINKTOR_ASSIGN(
      const std::vector<X509Ptr> chain,
      ParseCertificates(certificate.text.Reveal(), paths.certificate));
  LINKTOR_ASSIGN(const KeyPtr key, ParseKey(key_file.text.Reveal(), paths.key));
  if (!paths.client_ca.empty()) {
    LINKTOR_ASSIGN(const FileContent client_ca,
                   ReadFile("client CA", paths.client_ca));
    LINKTOR_ASSIGN(const std::vector<X509Ptr> signers,
                   ParseCertificates(client_ca.text.Reveal(), paths.client_ca));
    files.client_ca_validity = LastToEnd(signers);
    // One that is valid serves, also beside a successor that begins later.
    if (!AnyIsValid(signers, now)) {
      LINKTOR_TRY(CheckValid("the client CA in ", paths.client_ca,
                             files.client_ca_validity, now));
    }
    files.client_ca = WriteCertificates(signers);
  }
  if (X509_check_private_key(chain[0].get(), key.get()) != 1) {
    ERR_clear_error();
    return Fault("the private key in ", paths.key,
                 absl::StrCat(" does not belong to the certificate in ",
                              paths.certificate));
  }
  files.validity = ValidityOf(chain[0]);
  LINKTOR_TRY(CheckValid("the certificate in ", paths.certificate,
                         files.validity, now));
  LINKTOR_TRY(TryInContext(chain, key.get(), paths));
  files.certificate_chain = WriteCertificates(chain);
  files.private_key = WriteKey(key.get());
  files.key_is_exposed = (key_file.mode & kExposed) != 0;
  return files;
}

}  // namespace linktor::access
