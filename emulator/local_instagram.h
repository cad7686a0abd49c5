// A LocalInstagram is the emulator without a network port. It has accounts, the
// customers who write to them, an imitation of the Graph API, and a sender of
// webhooks. Tests play customers and owners by calling its methods. ControlApi
// calls the same methods for requests under /emulator/.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "emulator/account_list.h"
#include "emulator/call_log.h"
#include "emulator/courier.h"
#include "emulator/customer_event.h"
#include "emulator/echo_lane.h"
#include "emulator/faults.h"
#include "emulator/graph_endpoint.h"
#include "emulator/message_store.h"
#include "emulator/profile_store.h"
#include "emulator/settings.h"
#include "emulator/tap.h"
#include "emulator/test_button.h"
#include "emulator/timer_queue.h"
#include "emulator/user_list.h"
#include "emulator/webhook_sender.h"
#include "server/http/message.h"

namespace linktor::emulator {

// It is thread-safe. Each control exists twice: as a method here, and as a
// request under /emulator/ (control_api.h). A parameter that names an account
// has its id or its page. An empty name means the first account.
class LocalInstagram {
 public:
  // A Played says what a customer did and how the gateway answered the webhook
  // about it.
  struct Played {
    // This is the mid of the message or tap. For a reaction, a seen mark and
    // similar events, it is the mid of the message that the event is about. It
    // is empty when the event has none.
    std::string mid;
    // This is the gateway's answer. When there was no answer, its status is 0
    // and its error says why.
    WebhookAnswer webhook;
  };

  // The callback is called once, from any thread, and must not block.
  using PlayedCallback = absl::AnyInvocable<void(Played)>;

  // Makes all parts. The timers, the sender, the courier and the echoes start
  // one thread each.
  explicit LocalInstagram(const EmulatorConfig& config);
  LocalInstagram(const LocalInstagram&) = delete;
  LocalInstagram& operator=(const LocalInstagram&) = delete;

  // Changes those settings of the first account that are present in `change`,
  // from the next call on. When `change` releases held echoes, they are sent at
  // once.
  void Configure(const ConfigChange& change);
  // Returns the current settings of the first account.
  EmulatorConfig config() const { return accounts_.first().settings.Get(); }
  // Returns the accounts, which can be added and changed: see account_list.h.
  AccountList& accounts() { return accounts_; }
  // Returns how many echoes are held or not sent yet.
  std::size_t waiting_echoes() const { return echoes_.waiting(); }

  // Starts an event: a customer does something, or the account's owner does
  // something in the app. Sends the webhook, and calls `done` with the
  // gateway's answer. Fails with INVALID_ARGUMENT when this event cannot happen
  // on Instagram; then no webhook is sent and `done` is not called.
  absl::Status StartEvent(CustomerEvent event, PlayedCallback done);
  // Starts an event as StartEvent() does, and blocks until the gateway has
  // answered. Do not call it from a callback: the callback's thread would wait
  // for itself.
  absl::StatusOr<Played> Play(CustomerEvent event);
  // These two check the message first, and then play it as Play() does.
  absl::StatusOr<Played> PlayMessage(CustomerMessage message);
  absl::StatusOr<Played> PlayText(std::string_view from, std::string_view text);

  // Returns the event that a tap makes; the caller plays the event. Fails with
  // INVALID_ARGUMENT when nothing that fits the tap was offered to that
  // customer.
  absl::StatusOr<CustomerEvent> Tapped(const Tap& tap) const;
  // Plays the event that the tap makes, and blocks as Play() does.
  absl::StatusOr<Played> PlayTap(const Tap& tap);

  // Sends a test of Meta's app dashboard, and calls `done` with the gateway's
  // answer. Fails with INVALID_ARGUMENT when the dashboard has no such test;
  // then `done` is not called.
  absl::Status StartTest(const DashboardTest& test, Courier::Callback done);

  // Returns the sender, which lists webhooks, sends them again, and makes
  // verifications: see webhook_sender.h.
  WebhookSender& webhooks() { return sender_; }
  // Returns the courier, which decides when webhooks are delivered, and how
  // often: see courier.h.
  Courier& courier() { return courier_; }
  // Sends any body, signed for the first account, and blocks until the gateway
  // has answered. Do not call it from a callback.
  WebhookAnswer SendWebhook(std::string body);

  // Adds a fault, which spoils one or more later Graph calls. Fails with
  // RESOURCE_EXHAUSTED when too many faults are queued.
  absl::Status AddFault(Fault fault);
  // Returns the queue of faults that are left.
  FaultQueue& faults() { return faults_; }
  // Returns the log of the Graph calls that the gateway made, so that tests can
  // look at them.
  CallLog& graph_calls() { return calls_; }
  // Returns copies of all users of the account, sorted by id.
  std::vector<User> users(std::string_view account = {}) const {
    return UsersOf(account).List();
  }
  // Returns a copy of a user of the account; nullopt for a user that the
  // account does not know.
  std::optional<User> FindUser(std::string_view id,
                               std::string_view account = {}) const {
    return UsersOf(account).Find(id);
  }
  // Changes a user of the account, and first creates the user if needed. Fails
  // with INVALID_ARGUMENT when the id is not 1 to 32 digits, and with
  // RESOURCE_EXHAUSTED when there are too many users.
  absl::Status ChangeUser(std::string_view id, const UserChange& change,
                          std::string_view account = {});

  // Serves a call of the Graph API. `respond` is called once, either at once or
  // later.
  void CallGraph(const http::HttpRequest& request,
                 http::HttpResponder respond) {
    endpoint_.Handle(request, std::move(respond));
  }

 protected:
  // No code deletes an object through a pointer to this type, so the destructor
  // need not be virtual.
  ~LocalInstagram() = default;

  // Ends all waiting: delayed answers are given at once, deliveries fail, and
  // echoes are forgotten; each calls its callback. It blocks until the threads
  // of the parts have ended.
  void StopWaiting();

 private:
  // A Sequence has the webhooks of one event that are still to be sent.
  struct Sequence;

  // Returns the id of the named account; when the name is empty, the id of the
  // first account. A name that no added account has is returned unchanged; such
  // an account counts as one of the first account's app.
  std::string AccountOr(std::string_view account) const;
  UserList& UsersOf(std::string_view account) const {
    return accounts_.FindOrFirst(account).users;
  }

  // Fills in the members that an event leaves empty, and records it for its
  // customer. Returns the id of its webhook entry. Fails as StartEvent() does.
  absl::StatusOr<std::string> Complete(CustomerEvent& event) const;
  // Sends the next webhook of the sequence. When it has been answered, sends
  // the one after it, and so on.
  void SendNext(const std::shared_ptr<Sequence>& sequence);

  // These are the parts. Each part uses only parts above it. The people, the
  // accounts' profiles, the messages and the calls are forgotten when the
  // emulator ends, because nothing is stored.
  ProfileStore profiles_;
  MessageStore messages_;
  AccountList accounts_;
  CallLog calls_;
  FaultQueue faults_;
  // These four parts have a thread each. StopWaiting() stops them in this
  // order: the courier and the echoes wait for answers of the sender, and
  // stopping the sender ends its deliveries.
  TimerQueue timers_;
  WebhookSender sender_;
  Courier courier_;
  EchoLane echoes_;
  // The endpoint receives the Graph calls.
  GraphEndpoint endpoint_;
};

}  // namespace linktor::emulator
