// A TestTlsSocket is a TLS client over a plain blocking socket, which can offer
// what no well-behaved client would. Every call fails after ten seconds instead
// of hanging.

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
    // These bound the versions that are offered, as OpenSSL numbers them; 0
    // stands for the lowest or the highest that there is.
    int min_version = 0;
    int max_version = 0;
    // OpenSSL refuses whatever is weaker than this level; 0 allows the versions
    // before TLS 1.2.
    int security_level = 2;
    // Certificates of these authorities, as PEM text, are accepted. An empty
    // text accepts any certificate.
    std::string trusted;
    // This certificate is shown when the server asks; an empty one is not.
    TestCertificate identity;
    // These protocols are offered by ALPN; each has its length before it.
    std::string alpn;
    // These ciphers of TLS 1.2 are offered, by OpenSSL's names; empty for the
    // usual ones.
    std::string ciphers;
  };

  // Connects to "127.0.0.1:8080" and makes the handshake.
  TestTlsSocket(const std::string& address, const Options& options);
  ~TestTlsSocket();
  TestTlsSocket(TestTlsSocket&& other) noexcept;
  TestTlsSocket& operator=(TestTlsSocket&&) = delete;

  // Returns whether the handshake succeeded on this side. With TLS 1.3 the
  // server may still refuse the client's certificate, which the first read
  // shows.
  bool connected() const { return error_.empty(); }
  // Says, in OpenSSL's words, why the last call failed.
  const std::string& error() const { return error_; }
  // Returns the version that was agreed on, such as "TLSv1.3".
  std::string version() const;
  std::string cipher() const;
  // Returns the protocol that the server chose by ALPN; empty when it chose
  // none.
  std::string alpn() const;
  // Returns the common name in the server's certificate.
  std::string server_name() const;
  // Returns whether the server has offered a ticket to resume the session, in
  // the bytes that were read so far.
  bool has_ticket() const;

  // Returns false when the other side has closed.
  bool Send(std::string_view bytes);
  // Sends the bytes as they are, without TLS: they are no record, or a part of
  // one.
  bool SendUnencrypted(std::string_view bytes) const;
  // Returns one HTTP message: its head, and as much body as its Content-Length
  // says. It is empty when the connection closed first.
  std::string ReadMessage();
  // Returns whether the other side ends TLS by close_notify, without another
  // byte.
  bool ReadsCloseNotify();
  // Returns whether TLS ends without another byte, in whatever way.
  bool ReadsEnd();
  // Asks to negotiate again, which TLS 1.2 can. Returns whether the server
  // agreed.
  bool Renegotiate();

 private:
  struct Parts;

  bool ReadMore(std::string& out);
  // Keeps the reason why a call failed that returned `result`.
  void NoteError(int result);

  std::unique_ptr<Parts> parts_;
  std::string error_;
  HttpReader reader_;
};

}  // namespace linktor
