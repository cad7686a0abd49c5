// A WebhookSender delivers webhooks as Meta does: signed, over HTTP. It sends
// each webhook once, and again only when a caller asks for it. A Courier
// (courier.h) decides which updates are delivered again automatically.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "emulator/account_list.h"
#include "emulator/bounded_log.h"
#include "server/base/mutex.h"
#include "server/http/client.h"

namespace linktor::emulator {

// A WebhookAnswer says how the gateway answered.
struct WebhookAnswer {
  // This is the webhook's number in the list; it is 0 for a verification.
  std::uint64_t n = 0;
  // This is the HTTP status; it is 0 when there was no answer.
  int status = 0;
  // This is the beginning of the answer's body, at most 64 KiB.
  std::string body;
  // It says why there was no answer.
  std::string error;
  // When it is true, there is no answer yet, because the update waits for its
  // delivery.
  bool waits = false;
};

// An OutgoingWebhook is a webhook that is to be sent.
struct OutgoingWebhook {
  // The webhook goes to the URL of this account and is signed with its secret.
  // It is the first account when this is empty or names no account.
  std::string account;
  // It is "message", "postback", "reaction", "echo" or another kind of event.
  // It is "batch" for a webhook with several updates, "test" for a test of the
  // dashboard, and "raw" for a body that a caller gave.
  std::string kind;
  std::string body;
  // The body has this many updates.
  std::size_t updates = 1;
  // This is 1 for a first delivery. Meta writes the current time into the body
  // of a later delivery, so that delivery is a webhook of its own.
  int attempt = 1;
};

// A Webhook is a webhook that was sent.
struct Webhook {
  std::uint64_t n = 0;
  // These four have the same meaning as in OutgoingWebhook.
  std::string account;
  std::string kind;
  std::size_t updates = 1;
  int attempt = 1;
  // This is the URL of the last delivery that began.
  std::string url;
  // These are the exact bytes that were signed.
  std::string body;
  // This is the answer to the last delivery that has ended.
  WebhookAnswer answer;
  // This many deliveries of the webhook have ended.
  int deliveries = 0;
};

// It is thread-safe.
class WebhookSender {
 public:
  // The callback is called once, from any thread, and must not block.
  using Callback = absl::AnyInvocable<void(WebhookAnswer)>;

  // A List is a copy of the log at one moment.
  struct List {
    // The oldest webhook is the first.
    std::vector<Webhook> webhooks;
    // This many older webhooks were forgotten to make room.
    std::uint64_t dropped = 0;
  };

  // `accounts` must outlive this. The URL and the secret are read from it at
  // each delivery.
  explicit WebhookSender(const AccountList& accounts);
  // Calls Stop().
  ~WebhookSender();

  // Sends a webhook to the account's webhook URL, and calls `done` with the
  // answer. Returns the webhook's number.
  std::uint64_t Send(OutgoingWebhook webhook, Callback done);

  // Sends the bytes of webhook `n` again, to the current URL and with the
  // current secret. Returns false, without calling `done`, when the list does
  // not have this webhook.
  bool Redeliver(std::uint64_t n, Callback done);

  // Sends Meta's verification request to the account's webhook URL: a GET with
  // hub.mode, hub.challenge and hub.verify_token. An empty account means the
  // first one.
  void Verify(std::string_view account, std::string_view challenge,
              Callback done);

  // Returns a copy of the log.
  List Get() const;

  // Ends the deliveries that are in progress with an error. Every later
  // delivery fails at once.
  void Stop();

 private:
  // The list is limited, because a load test must not fill the memory.
  static constexpr std::size_t kMaxWebhooks = 10'000;
  // The bodies of all webhooks in the list together have at most this many
  // bytes.
  static constexpr std::size_t kMaxBytes = 64 * 1024 * 1024;

  // Signs the body for the account and sends it, records the answer, and calls
  // `done`.
  void Deliver(std::uint64_t n, std::string_view account, std::string body,
               Callback done);
  // Gives the call to the transport. When the sender is stopped, ends the call
  // with an error.
  void Call(http::HttpCall call, Callback done);
  // Stores an answer in the list, if the webhook is still there, and counts the
  // delivery.
  void Record(std::uint64_t n, const WebhookAnswer& answer);

  const AccountList& accounts_;
  mutable Mutex mutex_;
  // The log has the webhooks with their last answers.
  BoundedLog<Webhook> log_ ABSL_GUARDED_BY(mutex_){kMaxWebhooks, kMaxBytes};
  // The transport has its own mutex, because callbacks of the transport lock
  // mutex_.
  Mutex transport_mutex_;
  // It is null when the sender is stopped.
  std::unique_ptr<http::CurlTransport> transport_
      ABSL_GUARDED_BY(transport_mutex_);
};

}  // namespace linktor::emulator
