// A TLS client over a plain blocking socket, which can offer what no
// well-behaved client would. Everything fails after ten seconds instead of
// hanging.

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
    // The versions to offer, as OpenSSL numbers them; 0 is the lowest and the
    // highest that there are.
    int min_version = 0;
    int max_version = 0;
    // What OpenSSL takes for too weak; 0 allows the versions before TLS 1.2.
    int security_level = 2;
    // PEM: whose certificates to accept. Empty: everybody's.
    std::string trusted;
    // What to show when the server asks; empty for nothing.
    TestCertificate identity;
    // The protocols to offer by ALPN, each with its length before it.
    std::string alpn;
    // OpenSSL's names of TLS 1.2's ciphers to offer; empty for the usual ones.
    std::string ciphers;
  };

  // Connects to "127.0.0.1:8080" and makes the handshake.
  TestTlsSocket(const std::string& address, const Options& options);
  ~TestTlsSocket();
  TestTlsSocket(TestTlsSocket&& other) noexcept;
  TestTlsSocket& operator=(TestTlsSocket&&) = delete;

  // Whether the handshake succeeded on this side. The server may still refuse
  // our certificate in TLS 1.3, which the first read tells.
  bool connected() const { return error_.empty(); }
  // Why the last call failed, in OpenSSL's words.
  const std::string& error() const { return error_; }
  // "TLSv1.3".
  std::string version() const;
  std::string cipher() const;
  // The protocol that the server chose by ALPN; empty when it chose none.
  std::string alpn() const;
  // The common name in the server's certificate.
  std::string server_name() const;
  // Whether the server offers a ticket to resume the session by, as far as what
  // has been read tells.
  bool has_ticket() const;

  // False when the other side has closed.
  bool Send(std::string_view bytes);
  // As Send, but past TLS: for bytes that are no record, or a part of one.
  bool SendUnencrypted(std::string_view bytes) const;
  // One HTTP message: head, and as much body as its Content-Length says. Empty
  // when the connection closed first.
  std::string ReadMessage();
  // Whether the other side ends TLS by close_notify, without another byte.
  bool ReadsCloseNotify();
  // Whether TLS ends, however, without another byte.
  bool ReadsEnd();
  // Asks to negotiate again, as TLS 1.2 can. Whether the server agreed.
  bool Renegotiate();

 private:
  struct Parts;

  bool ReadMore(std::string& out);
  // Keeps why a call failed that returned `result`.
  void NoteError(int result);

  std::unique_ptr<Parts> parts_;
  std::string error_;
  HttpReader reader_;
};

}  // namespace linktor
