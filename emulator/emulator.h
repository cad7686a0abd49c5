// A local Instagram: the Graph API's double, a sender of webhooks, and the
// controls of both under /emulator/, on one loopback address. The program
// linktor-ig-emulator uses it, and so do tests, in their own process.

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

// It is thread-safe. Each control exists as a method here and as a request
// under /emulator/ (control_api.h).
class Emulator {
 public:
  struct Options {
    // A loopback address, since a client that reaches the emulator controls it;
    // port 0 picks a free one.
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    EmulatorConfig config;
  };

  // Played says what a customer did and how the gateway answered its webhook.
  struct Played {
    // The mid of the message or tap; for a reaction, of the message that it is
    // about.
    std::string mid;
    WebhookAnswer webhook;
  };

  using PlayedCallback = absl::AnyInvocable<void(Played)>;

  // Serves until Stop() or destruction. INVALID_ARGUMENT when the address is
  // not a loopback one, UNAVAILABLE when it cannot be bound.
  static absl::StatusOr<std::unique_ptr<Emulator>> Start(
      const Options& options);
  ~Emulator();

  // Returns "127.0.0.1:8081", with the port in use.
  const std::string& address() const { return listener_->address(); }
  // Returns "http://127.0.0.1:8081", as the server's --graph-…-url takes it.
  std::string url() const { return "http://" + address(); }

  // Changes the settings that are present in `change`, from the next call on.
  void Configure(const ConfigChange& change);
  EmulatorConfig config() const { return settings_.Get(); }
  // Returns how many echoes are held back or not sent yet.
  std::size_t waiting_echoes() const { return echoes_.waiting(); }

  // A customer does something: sends the webhook, and calls `done` with the
  // gateway's answer. INVALID_ARGUMENT, without a webhook and without calling
  // `done`, when nobody could do it on Instagram.
  absl::Status StartEvent(CustomerEvent event, PlayedCallback done);
  // Does the same, and blocks until the gateway has answered. It must not be
  // called from a callback, whose thread would wait for itself.
  absl::StatusOr<Played> Play(CustomerEvent event);
  absl::StatusOr<Played> PlayMessage(CustomerMessage message);
  absl::StatusOr<Played> PlayText(std::string_view from, std::string_view text);

  // Returns the event that a tap makes, to be played. INVALID_ARGUMENT when
  // nothing of the kind was offered to that customer.
  absl::StatusOr<CustomerEvent> Tapped(const Tap& tap) const;
  absl::StatusOr<Played> PlayTap(const Tap& tap);

  // Sends webhooks with any body, again, and verifications: see
  // webhook_sender.h.
  WebhookSender& webhooks() { return sender_; }
  // Sends any body, signed, and blocks until the gateway has answered. It must
  // not be called from a callback.
  WebhookAnswer SendWebhook(std::string body);

  // Spoils later Graph calls. RESOURCE_EXHAUSTED when too many faults are
  // queued.
  absl::Status AddFault(Fault fault);
  FaultQueue& faults() { return faults_; }
  CallLog& graph_calls() { return calls_; }
  std::vector<User> users() const { return users_.List(); }
  std::optional<User> FindUser(std::string_view id) const {
    return users_.Find(id);
  }
  // Changes a user, who is created if need be. INVALID_ARGUMENT when the id is
  // not one, RESOURCE_EXHAUSTED when there are too many users.
  absl::Status ChangeUser(std::string_view id, const UserChange& change);

  // Answers or drops the calls that are under way, and ends serving. The
  // destructor calls it; a second call does nothing.
  void Stop();

 private:
  // Makes all parts; Start makes the listener.
  explicit Emulator(const EmulatorConfig& config);

  // Serves one request, on a thread of the listener: a control or a Graph call.
  void Handle(const HttpRequest& request, HttpResponder respond);
  // Returns the account that was named, or else the one that is set.
  std::string AccountOr(const std::string& account) const;

  // The parts, in the order of dependency: each uses those above it.
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
  // It is the last member, so that no request comes when the others go.
  std::unique_ptr<HttpListener> listener_;
};

}  // namespace linktor::emulator
