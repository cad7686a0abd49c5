#include "server/http/tls_context.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/free_by.h"
#include "server/base/strings.h"
#include "server/base/try.h"

namespace linktor::http {
namespace {

// TLS 1.2 may use these: forward secrecy and authenticated encryption, in the
// server's order. All suites of TLS 1.3 have both.
constexpr char kCiphers[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

// This is the only protocol that we choose by ALPN, with its length before it.
constexpr std::string_view kAlpn = "\x08http/1.1";

using BioPtr = std::unique_ptr<BIO, FreeBy<BIO_free_all>>;
using CertificatePtr = std::unique_ptr<X509, FreeBy<X509_free>>;
using ContextPtr = std::unique_ptr<SSL_CTX, FreeBy<SSL_CTX_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;

// Returns the failure of `step`, with the first of OpenSSL's reasons, which is
// the cause of the others. It takes all reasons from the thread's queue.
absl::Status Failure(std::string_view step) {
  std::array<char, 256> reason{};
  ERR_error_string_n(ERR_get_error(), reason.data(), reason.size());
  ERR_clear_error();
  return absl::InvalidArgumentError(
      absl::StrCat(ToAbsl(step), ": ", reason.data()));
}

BioPtr Reader(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// OpenSSL would ask for a password on the terminal.
int NoPassword(char*, int, int, void*) { return -1; }

// Reads all certificates of a PEM text. `what` names the text in a failure.
absl::StatusOr<std::vector<CertificatePtr>> ReadCertificates(
    std::string_view pem, std::string_view what) {
  std::vector<CertificatePtr> found;
  const BioPtr reader = Reader(pem);
  if (reader == nullptr) return Failure(what);
  while (X509* one =
             PEM_read_bio_X509(reader.get(), nullptr, NoPassword, nullptr)) {
    found.emplace_back(one);
  }
  // The end of the text is reported as one more certificate that does not
  // begin.
  if (found.empty() ||
      ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
    return Failure(what);
  }
  ERR_clear_error();
  return found;
}

absl::Status UseChain(SSL_CTX* context, std::string_view pem) {
  LINKTOR_ASSIGN(std::vector<CertificatePtr> chain,
                 ReadCertificates(pem, "cannot read the certificate"));
  if (SSL_CTX_use_certificate(context, chain.front().get()) != 1) {
    return Failure("cannot use the certificate");
  }
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1) {
      return Failure("cannot use the certificate's chain");
    }
  }
  return absl::OkStatus();
}

absl::Status UseKey(SSL_CTX* context, std::string_view pem) {
  const BioPtr reader = Reader(pem);
  if (reader == nullptr) return Failure("cannot read the private key");
  const KeyPtr key(
      PEM_read_bio_PrivateKey(reader.get(), nullptr, NoPassword, nullptr));
  if (key == nullptr) return Failure("cannot read the private key");
  // This also compares the key with the certificate.
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1) {
    return Failure("cannot use the private key");
  }
  return absl::OkStatus();
}

// Requires a certificate that one of `pem` has signed.
absl::Status RequireClients(SSL_CTX* context, std::string_view pem) {
  LINKTOR_ASSIGN(std::vector<CertificatePtr> signers,
                 ReadCertificates(pem, "cannot read the clients' CA"));
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const CertificatePtr& signer : signers) {
    if (X509_STORE_add_cert(store, signer.get()) != 1 ||
        SSL_CTX_add_client_CA(context, signer.get()) != 1) {
      return Failure("cannot use the clients' CA");
    }
  }
  // A certificate that the operator names is trusted, be it a root or not.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                     nullptr);
  // A resumed session would not be asked for its certificate again, which may
  // have expired.
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context, 0);
  return absl::OkStatus();
}

// Chooses HTTP/1.1 when the client offers it. A client that offers only others
// could not talk to us, so it is refused (RFC 7301, 3.2). It is not called for
// clients that offer nothing.
int ChooseProtocol(SSL*, const unsigned char** out, unsigned char* out_size,
                   const unsigned char* offered, unsigned offered_size, void*) {
  unsigned char* chosen = nullptr;
  const auto* ours = reinterpret_cast<const unsigned char*>(kAlpn.data());
  if (SSL_select_next_proto(&chosen, out_size, ours, kAlpn.size(), offered,
                            offered_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

absl::Status SetProtocol(SSL_CTX* context) {
  if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(context, kCiphers) != 1) {
    return Failure("cannot set the protocol");
  }
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE);
  // The chain is what the identity says; the clients' CA is no part of it.
  SSL_CTX_set_mode(context, SSL_MODE_NO_AUTO_CHAIN);
  // Sessions are resumed by tickets, which the clients keep, not we.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(context, ChooseProtocol, nullptr);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<boost::asio::ssl::context>> MakeTlsContext(
    const TlsIdentity& identity) {
  // OpenSSL's errors are the thread's; older ones are nobody's concern.
  ERR_clear_error();
  ContextPtr context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr) return Failure("cannot make a TLS context");
  LINKTOR_TRY(SetProtocol(context.get()));
  LINKTOR_TRY(UseChain(context.get(), identity.certificate_chain));
  LINKTOR_TRY(UseKey(context.get(), identity.private_key.Reveal()));
  if (!identity.client_ca.empty()) {
    LINKTOR_TRY(RequireClients(context.get(), identity.client_ca));
  }
  return std::make_shared<boost::asio::ssl::context>(context.release());
}

absl::StatusOr<std::shared_ptr<boost::asio::ssl::context>>
TlsContexts::Current() {
  const std::shared_ptr<const TlsIdentity> identity = source_();
  MutexLock lock(mutex_);
  // Another thread may have seen a later identity already.
  if (context_ == nullptr || generation_ < identity->generation) {
    LINKTOR_ASSIGN(context_, MakeTlsContext(*identity));
    generation_ = identity->generation;
  }
  return context_;
}

}  // namespace linktor::http
