// A local Instagram: the Graph API's double, a sender of webhooks, and the
// controls of both under /emulator/, on one loopback address. Used by the
// program linktor-ig-emulator and, in their own process, by tests.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "emulator/call_log.h"
#include "emulator/control_api.h"
#include "emulator/customer_event.h"
#include "emulator/echo_lane.h"
#include "emulator/faults.h"
#include "emulator/graph_api.h"
#include "emulator/graph_endpoint.h"
#include "emulator/profile_store.h"
#include "emulator/settings.h"
#include "emulator/tap.h"
#include "emulator/timer_queue.h"
#include "emulator/user_list.h"
#include "emulator/webhook_sender.h"
#include "server/http/listener.h"

namespace linktor::emulator {

// Thread-safe. Each control exists as a method here and as a request under
// /emulator/ (control_api.h).
class Emulator {
 public:
  struct Options {
    // A loopback address, and a port (0 picks one).
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    EmulatorConfig config;
  };

  // What a customer did and what the gateway answered to its webhook.
  struct Played {
    // Of the message or tap; of a reaction, the message it is about.
    std::string mid;
    WebhookAnswer webhook;
  };

  using PlayedCallback = absl::AnyInvocable<void(Played)>;

  // Serves until Stop() or destruction. INVALID_ARGUMENT when the address is
  // not a loopback one, UNAVAILABLE when it cannot be bound.
  static absl::StatusOr<std::unique_ptr<Emulator>> Start(
      const Options& options);
  ~Emulator();

  // "127.0.0.1:8081".
  const std::string& address() const { return listener_->address(); }
  // "http://127.0.0.1:8081", as the server's --graph-…-url.
  std::string url() const { return "http://" + address(); }

  void Configure(const ConfigChange& change);
  EmulatorConfig config() const { return settings_.Get(); }
  // How many echoes are held back or not sent yet.
  std::size_t waiting_echoes() const { return echoes_.waiting(); }

  // A customer does something. INVALID_ARGUMENT, without a webhook and without
  // calling `done`, when nobody could do it on Instagram.
  absl::Status StartEvent(CustomerEvent event, PlayedCallback done);
  // The same, and waits for the gateway's answer. Not from a callback.
  absl::StatusOr<Played> Play(CustomerEvent event);
  absl::StatusOr<Played> PlayMessage(CustomerMessage message);
  absl::StatusOr<Played> PlayText(std::string_view from, std::string_view text);

  // What a tap makes, to be played. INVALID_ARGUMENT when nothing of the kind
  // was offered to that customer.
  absl::StatusOr<CustomerEvent> Tapped(const Tap& tap) const;
  absl::StatusOr<Played> PlayTap(const Tap& tap);

  // Webhooks with any body, redelivery and verification: webhook_sender.h.
  WebhookSender& webhooks() { return sender_; }
  // The same, and waits for the gateway's answer. Not from a callback.
  WebhookAnswer SendWebhook(std::string body);

  // RESOURCE_EXHAUSTED when too many are queued.
  absl::Status AddFault(Fault fault);
  FaultQueue& faults() { return faults_; }
  CallLog& graph_calls() { return calls_; }
  std::vector<User> users() const { return users_.List(); }
  std::optional<User> FindUser(std::string_view id) const {
    return users_.Find(id);
  }
  // Creates the user if need be. INVALID_ARGUMENT when the id is not one,
  // RESOURCE_EXHAUSTED when there are too many users.
  absl::Status ChangeUser(std::string_view id, const UserChange& change);

  // Answers or drops what is under way and ends serving. Called by the
  // destructor; calling it again does nothing.
  void Stop();

 private:
  explicit Emulator(const EmulatorConfig& config);

  void Handle(const HttpRequest& request, HttpResponder respond);
  // Returns the account that was named, or else the one that is set.
  std::string AccountOr(const std::string& account) const;

  Settings settings_;
  UserList users_;
  ProfileStore profiles_;
  CallLog calls_;
  FaultQueue faults_;
  TimerQueue timers_;
  WebhookSender sender_;
  EchoLane echoes_;
  GraphApi graph_;
  GraphEndpoint endpoint_;
  ControlApi control_;
  std::unique_ptr<HttpListener> listener_;
};

}  // namespace linktor::emulator
