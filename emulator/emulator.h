// An Emulator is a local Instagram that is served: the Graph API's double and
// the controls under /emulator/, on one loopback address. The program
// linktor-ig-emulator uses it, and so do tests, in their own process.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "emulator/control_api.h"
#include "emulator/local_instagram.h"
#include "server/http/listener.h"

namespace linktor::emulator {

// It is thread-safe. The parts are in LocalInstagram; Stop ends their threads.
class Emulator final : public LocalInstagram {
 public:
  // These are the options of a start. The configuration can be changed later,
  // the address cannot.
  struct Options {
    // This is a loopback address, since a client that reaches the emulator
    // controls it; port 0 picks a free one.
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    EmulatorConfig config;
  };

  // Serves until Stop() or destruction. It fails with INVALID_ARGUMENT when the
  // address is not a loopback one, UNAVAILABLE when it cannot be bound.
  static absl::StatusOr<std::unique_ptr<Emulator>> Start(
      const Options& options);
  // Stops, if nobody has.
  ~Emulator();

  // Returns "127.0.0.1:8081", with the port in use.
  const std::string& address() const { return listener_->address(); }
  // Returns "http://127.0.0.1:8081", as the server's --graph-…-url takes it.
  std::string url() const { return "http://" + address(); }

  // Answers or drops the calls that are under way, and ends serving. The
  // destructor calls it; a second call does nothing.
  void Stop();

 private:
  // Makes all parts; Start makes the listener, because listening can fail.
  explicit Emulator(const EmulatorConfig& config);

  // Serves one request, on a thread of the listener: a control or a Graph call.
  void Handle(const http::HttpRequest& request, http::HttpResponder respond);

  // It calls the methods of LocalInstagram, which is whole when this is made.
  ControlApi control_;
  // It is the last member, so that no request comes when the others go.
  std::unique_ptr<http::HttpListener> listener_;
};

}  // namespace linktor::emulator
