// A LocalInstagram is the emulator without a port: an account, the customers
// who write to it, the Graph API's double and a sender of webhooks. Tests play
// customers here; ControlApi does the same for requests under /emulator/.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "emulator/call_log.h"
#include "emulator/customer_event.h"
#include "emulator/echo_lane.h"
#include "emulator/faults.h"
#include "emulator/graph_api.h"
#include "emulator/graph_endpoint.h"
#include "emulator/message_store.h"
#include "emulator/profile_store.h"
#include "emulator/settings.h"
#include "emulator/tap.h"
#include "emulator/timer_queue.h"
#include "emulator/user_list.h"
#include "emulator/webhook_sender.h"
#include "server/http/message.h"

namespace linktor::emulator {

// It is thread-safe. Each control exists as a method here and as a request
// under /emulator/ (control_api.h).
class LocalInstagram {
 public:
  // Played says what a customer did and how the gateway answered its webhook.
  struct Played {
    // This is the mid of the message or tap; for a reaction, a seen mark and
    // the like it is that of the message that it is about. It is empty where
    // there is none.
    std::string mid;
    // This is the gateway's answer; its status is 0 when there was none, and
    // its error says why.
    WebhookAnswer webhook;
  };

  // It is called once, from any thread, and must not block.
  using PlayedCallback = absl::AnyInvocable<void(Played)>;

  // Makes all parts; the timers, the sender and the echoes have a thread each
  // from now on.
  explicit LocalInstagram(const EmulatorConfig& config);
  LocalInstagram(const LocalInstagram&) = delete;
  LocalInstagram& operator=(const LocalInstagram&) = delete;

  // Changes the settings that are present in `change`, from the next call on.
  // Releasing held echoes sends them at once.
  void Configure(const ConfigChange& change);
  // Returns the settings in force.
  EmulatorConfig config() const { return settings_.Get(); }
  // Returns how many echoes are held back or not sent yet.
  std::size_t waiting_echoes() const { return echoes_.waiting(); }

  // A customer does something: sends the webhook, and calls `done` with the
  // gateway's answer. It fails with INVALID_ARGUMENT, without a webhook and
  // without calling `done`, when nobody could do it on Instagram.
  absl::Status StartEvent(CustomerEvent event, PlayedCallback done);
  // Does the same, and blocks until the gateway has answered. It must not be
  // called from a callback, whose thread would wait for itself.
  absl::StatusOr<Played> Play(CustomerEvent event);
  // These two check the message first, and then do the same.
  absl::StatusOr<Played> PlayMessage(CustomerMessage message);
  absl::StatusOr<Played> PlayText(std::string_view from, std::string_view text);

  // Returns the event that a tap makes, to be played. It fails with
  // INVALID_ARGUMENT when nothing of the kind was offered to that customer.
  absl::StatusOr<CustomerEvent> Tapped(const Tap& tap) const;
  // Plays the event that the tap makes, and blocks as Play does.
  absl::StatusOr<Played> PlayTap(const Tap& tap);

  // Sends webhooks with any body, again, and verifications: see
  // webhook_sender.h.
  WebhookSender& webhooks() { return sender_; }
  // Sends any body, signed, and blocks until the gateway has answered. It must
  // not be called from a callback.
  WebhookAnswer SendWebhook(std::string body);

  // Spoils later Graph calls. It fails with RESOURCE_EXHAUSTED when too many
  // faults are queued.
  absl::Status AddFault(Fault fault);
  // Returns the faults that are left.
  FaultQueue& faults() { return faults_; }
  // Returns the calls that the gateway made, for tests that look at them.
  CallLog& graph_calls() { return calls_; }
  // Returns copies of all users, sorted by id.
  std::vector<User> users() const { return users_.List(); }
  // Returns a copy of the user; nullopt for one that nobody has heard of.
  std::optional<User> FindUser(std::string_view id) const {
    return users_.Find(id);
  }
  // Changes a user, who is created if need be. It fails with INVALID_ARGUMENT
  // when the id is not one, RESOURCE_EXHAUSTED when there are too many users.
  absl::Status ChangeUser(std::string_view id, const UserChange& change);

  // Serves a call of the Graph API. `respond` is called once, at once or later.
  void CallGraph(const http::HttpRequest& request,
                 http::HttpResponder respond) {
    endpoint_.Handle(request, std::move(respond));
  }

 protected:
  // Nobody owns one by this type, so the destructor need not be virtual.
  ~LocalInstagram() = default;

  // Ends all waiting: delays run out, deliveries fail, echoes are forgotten,
  // and each of these gives its answer. It blocks until the threads of the
  // parts have ended.
  void StopWaiting();

 private:
  // Returns the account that was named, or else the one that is set. Tests with
  // one account name none.
  std::string AccountOr(const std::string& account) const;

  // These are the parts, in the order of dependency: each uses those above it.
  Settings settings_;
  // The people, the accounts' profiles, the messages and the calls are
  // forgotten when the emulator ends; nothing is stored.
  UserList users_;
  ProfileStore profiles_;
  MessageStore messages_;
  CallLog calls_;
  FaultQueue faults_;
  // These three have a thread each; StopWaiting ends them in this order.
  TimerQueue timers_;
  WebhookSender sender_;
  EchoLane echoes_;
  GraphApi graph_;
  // Graph calls come in here.
  GraphEndpoint endpoint_;
};

}  // namespace linktor::emulator
