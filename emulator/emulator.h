// An Emulator is a local Instagram that is served over HTTP. It serves its
// imitation of the Graph API and the controls under /emulator/, both on one
// loopback address. The program linktor-ig-emulator uses it. Tests use it too,
// in their own process.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "emulator/control_api.h"
#include "emulator/local_instagram.h"
#include "server/http/listener.h"

namespace linktor::emulator {

// It is thread-safe. The parts are in LocalInstagram; Stop() ends their
// threads.
class Emulator final : public LocalInstagram {
 public:
  // These are the options of a start. The configuration can be changed later,
  // but the address cannot.
  struct Options {
    // This must be a loopback address, because every client that reaches the
    // emulator controls it. Port 0 picks a free port.
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    EmulatorConfig config;
  };

  // Starts to serve, until Stop() or destruction. Fails with INVALID_ARGUMENT
  // when the address is not a loopback address, and with UNAVAILABLE when it
  // cannot be bound.
  static absl::StatusOr<std::unique_ptr<Emulator>> Start(
      const Options& options);
  // Calls Stop().
  ~Emulator();

  // Returns the address with the port in use, such as "127.0.0.1:8081".
  const std::string& address() const { return listener_->address(); }
  // Returns the URL, such as "http://127.0.0.1:8081", in the form that the
  // server's --graph-…-url options take.
  std::string url() const { return "http://" + address(); }

  // Answers or drops the calls that are in progress, and stops serving. The
  // destructor calls it; a second call does nothing.
  void Stop();

 private:
  // Makes all parts except the listener. Start() makes the listener, because
  // listening can fail.
  explicit Emulator(const EmulatorConfig& config);

  // Serves one request, which is a control or a Graph call, on a thread of the
  // listener.
  void Handle(const http::HttpRequest& request, http::HttpResponder respond);

  // It calls the methods of LocalInstagram, which is complete before this
  // member is made.
  ControlApi control_;
  // It is the last member, so it is destroyed first, and no request comes while
  // the other members are destroyed.
  std::unique_ptr<http::HttpListener> listener_;
};

}  // namespace linktor::emulator
