// A TestTlsSocket is a TLS client over a plain blocking socket. It can offer
// things that no correct client would offer. Every call fails after ten
// seconds, so a test does not hang.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "tests/support/http_reader.h"
#include "tests/support/test_certificates.h"

namespace linktor {

class TestTlsSocket {
 public:
  struct Options {
    // These are the lowest and the highest version that the client offers, as
    // OpenSSL numbers them. 0 means the lowest or the highest version that
    // OpenSSL has.
    int min_version = 0;
    int max_version = 0;
    // OpenSSL refuses everything that is weaker than this level; 0 allows the
    // versions before TLS 1.2.
    int security_level = 2;
    // The client accepts certificates of these authorities, which are PEM text.
    // An empty text accepts any certificate.
    std::string trusted;
    // The client sends this certificate when the server asks for one. When it
    // is empty, none is sent.
    TestCertificate identity;
    // The client offers these protocols by ALPN. Each has its length before it.
    std::string alpn;
    // The client offers these ciphers of TLS 1.2, with OpenSSL's names. When it
    // is empty, it offers the usual ones.
    std::string ciphers;
  };

  // Connects to an address such as "127.0.0.1:8080" and makes the TLS
  // handshake.
  TestTlsSocket(const std::string& address, const Options& options);
  ~TestTlsSocket();
  TestTlsSocket(TestTlsSocket&& other) noexcept;
  TestTlsSocket& operator=(TestTlsSocket&&) = delete;

  // Returns whether the handshake succeeded on this side. With TLS 1.3 the
  // server may still refuse the client's certificate; then the first read
  // fails.
  bool connected() const { return error_.empty(); }
  // Returns why the last call failed, in OpenSSL's words. "close_notify" means
  // that the other side has ended TLS.
  const std::string& error() const { return error_; }
  // Returns the TLS version that both sides agreed on, such as "TLSv1.3".
  std::string version() const;
  std::string cipher() const;
  // Returns the protocol that the server chose by ALPN, or an empty text when
  // it chose none.
  std::string alpn() const;
  // Returns the common name in the server's certificate.
  std::string server_name() const;
  // Returns whether the server has offered a ticket to resume the session. It
  // counts only the bytes that were read so far.
  bool has_ticket() const;

  // Sends the bytes. Returns false when the other side has closed.
  bool Send(std::string_view bytes);
  // Sends the bytes without encryption, so a test can send bytes that are not a
  // TLS record, or only a part of one.
  bool SendUnencrypted(std::string_view bytes) const;
  // Returns one HTTP message: its head, and the body whose size its
  // Content-Length gives. The result is empty when the connection was closed
  // first.
  std::string ReadMessage();
  // Waits for the end. Returns whether the other side ended TLS with
  // close_notify and sent no other byte.
  bool ReadsCloseNotify();
  // Waits for the end. Returns whether TLS ended without another byte, in any
  // way.
  bool ReadsEnd();
  // Asks the server for a renegotiation, which only TLS 1.2 and older versions
  // have. Returns whether the server agreed.
  bool Renegotiate();

 private:
  struct Parts;

  bool ReadMore(std::string& out);
  // Stores in error_ why a call failed that returned `result`.
  void NoteError(int result);

  std::unique_ptr<Parts> parts_;
  std::string error_;
  HttpReader reader_;
};

}  // namespace linktor
