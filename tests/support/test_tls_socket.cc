#include "tests/support/test_tls_socket.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <csignal>
#include <utility>

#include "tests/support/openssl_handles.h"
#include "tests/support/test_socket.h"

namespace linktor {
namespace {

BioPtr Reader(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

CertificatePtr CertificateOf(const std::string& pem) {
  return CertificatePtr(
      PEM_read_bio_X509(Reader(pem).get(), nullptr, nullptr, nullptr));
}

void Trust(SSL_CTX* context, const std::string& pem) {
  Require(X509_STORE_add_cert(SSL_CTX_get_cert_store(context),
                              CertificateOf(pem).get()) == 1);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
}

void Show(SSL_CTX* context, const TestCertificate& identity) {
  const KeyPtr key(PEM_read_bio_PrivateKey(Reader(identity.private_key).get(),
                                           nullptr, nullptr, nullptr));
  Require(SSL_CTX_use_certificate(
              context, CertificateOf(identity.certificate).get()) == 1);
  Require(SSL_CTX_use_PrivateKey(context, key.get()) == 1);
}

ContextPtr MakeContext(const TestTlsSocket::Options& options) {
  ContextPtr context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_security_level(context.get(), options.security_level);
  Require(SSL_CTX_set_min_proto_version(context.get(), options.min_version) ==
          1);
  Require(SSL_CTX_set_max_proto_version(context.get(), options.max_version) ==
          1);
  if (!options.trusted.empty()) Trust(context.get(), options.trusted);
  if (!options.identity.certificate.empty()) {
    Show(context.get(), options.identity);
  }
  if (!options.ciphers.empty()) {
    Require(SSL_CTX_set_cipher_list(context.get(), options.ciphers.c_str()) ==
            1);
  }
  const auto* alpn =
      reinterpret_cast<const unsigned char*>(options.alpn.data());
  Require(SSL_CTX_set_alpn_protos(context.get(), alpn,
                                  static_cast<unsigned>(options.alpn.size())) ==
          0);
  return context;
}

}  // namespace

struct TestTlsSocket::Parts {
  explicit Parts(const std::string& address)
      : socket(TestSocket::Connect(address)) {}

  TestSocket socket;
  ContextPtr context;
  SslPtr ssl;
};

TestTlsSocket::TestTlsSocket(const std::string& address, const Options& options)
    : parts_(std::make_unique<Parts>(address)) {
  // OpenSSL writes to sockets without MSG_NOSIGNAL, so a closed one would end
  // the test's process.
  std::signal(SIGPIPE, SIG_IGN);
  parts_->context = MakeContext(options);
  parts_->ssl.reset(SSL_new(parts_->context.get()));
  Require(SSL_set_fd(parts_->ssl.get(), parts_->socket.fd()) == 1);
  ERR_clear_error();
  NoteError(SSL_connect(parts_->ssl.get()));
}

TestTlsSocket::~TestTlsSocket() = default;
TestTlsSocket::TestTlsSocket(TestTlsSocket&& other) noexcept = default;

void TestTlsSocket::NoteError(int result) {
  error_.clear();
  if (result > 0) return;
  std::array<char, 256> reason{};
  const int kind = SSL_get_error(parts_->ssl.get(), result);
  if (kind == SSL_ERROR_ZERO_RETURN) {
    error_ = "close_notify";
  } else if (kind == SSL_ERROR_SSL) {
    ERR_error_string_n(ERR_peek_error(), reason.data(), reason.size());
    error_ = reason.data();
  } else {
    error_ = "the connection was closed";
  }
  ERR_clear_error();
}

std::string TestTlsSocket::version() const {
  return SSL_get_version(parts_->ssl.get());
}

std::string TestTlsSocket::cipher() const {
  return SSL_get_cipher_name(parts_->ssl.get());
}

std::string TestTlsSocket::alpn() const {
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(parts_->ssl.get(), &chosen, &size);
  return {reinterpret_cast<const char*>(chosen), size};
}

std::string TestTlsSocket::server_name() const {
  const CertificatePtr shown(SSL_get1_peer_certificate(parts_->ssl.get()));
  if (shown == nullptr) return "";
  std::array<char, 256> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(shown.get()), NID_commonName,
                            name.data(), name.size());
  return name.data();
}

bool TestTlsSocket::has_ticket() const {
  return SSL_SESSION_has_ticket(SSL_get_session(parts_->ssl.get())) == 1;
}

bool TestTlsSocket::Send(std::string_view bytes) {
  const int result = SSL_write(parts_->ssl.get(), bytes.data(),
                               static_cast<int>(bytes.size()));
  NoteError(result);
  return result > 0;
}

bool TestTlsSocket::SendUnencrypted(std::string_view bytes) const {
  return parts_->socket.Send(bytes);
}

bool TestTlsSocket::ReadMore(std::string& out) {
  std::array<char, 4096> buffer{};
  const int n = SSL_read(parts_->ssl.get(), buffer.data(), buffer.size());
  NoteError(n);
  if (n <= 0) return false;
  out.append(buffer.data(), static_cast<std::size_t>(n));
  return true;
}

std::string TestTlsSocket::ReadMessage() {
  return reader_.ReadMessage(
      [this](std::string& out) { return ReadMore(out); });
}

bool TestTlsSocket::ReadsEnd() {
  std::string more;
  return reader_.empty() && !ReadMore(more);
}

bool TestTlsSocket::ReadsCloseNotify() {
  return ReadsEnd() && error_ == "close_notify";
}

bool TestTlsSocket::Renegotiate() {
  if (SSL_renegotiate(parts_->ssl.get()) != 1) return false;
  const int result = SSL_do_handshake(parts_->ssl.get());
  NoteError(result);
  return result == 1;
}

}  // namespace linktor
