// A WebhookSender delivers webhooks as Meta does, signed, over HTTP. It sends
// each only once unless it is asked for more; a Courier decides what is
// delivered again by itself.

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
  // There is no answer yet, because the update waits for its delivery.
  bool waits = false;
};

// An OutgoingWebhook is one that is to be sent.
struct OutgoingWebhook {
  // This is the account whose URL and secret are used; the first one where it
  // is empty or nobody's.
  std::string account;
  // It is "message", "postback", "reaction", "echo" or the like; "batch" for a
  // webhook with several updates, "test" for one of the dashboard's, "raw" for
  // a body that was given.
  std::string kind;
  std::string body;
  // So many updates are in it.
  std::size_t updates = 1;
  // This is 1 for a first delivery. Meta writes the time of a later one into
  // its body, so it is a webhook of its own.
  int attempt = 1;
};

// A Webhook is one that was sent.
struct Webhook {
  std::uint64_t n = 0;
  // These four are as in OutgoingWebhook.
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
  // So many deliveries have ended.
  int deliveries = 0;
};

// It is thread-safe.
class WebhookSender {
 public:
  // It is called once, from any thread, and must not block.
  using Callback = absl::AnyInvocable<void(WebhookAnswer)>;

  // A List is a copy of the log as it was when it was asked for.
  struct List {
    // The oldest webhook is the first.
    std::vector<Webhook> webhooks;
    // So many older ones were forgotten for room.
    std::uint64_t dropped = 0;
  };

  // `accounts` must outlive this. URL and secret are asked for at each
  // delivery.
  explicit WebhookSender(const AccountList& accounts);
  // Stops, if nobody has.
  ~WebhookSender();

  // Sends it to the account's webhook URL, and calls `done` with the answer.
  // Returns the webhook's number.
  std::uint64_t Send(OutgoingWebhook webhook, Callback done);

  // Sends a webhook's bytes again, to the URL and with the secret that are set
  // now. Returns false, without calling `done`, when the list does not have it.
  bool Redeliver(std::uint64_t n, Callback done);

  // Makes Meta's verification of the account's webhook URL: a GET with
  // hub.mode, hub.challenge and hub.verify_token. An empty account is the first
  // one.
  void Verify(std::string_view account, std::string_view challenge,
              Callback done);

  // Returns copies.
  List Get() const;

  // Ends the deliveries that are under way with an error; later ones end so at
  // once.
  void Stop();

 private:
  // The list is for tests and for looking at; a load test must not fill the
  // memory.
  static constexpr std::size_t kMaxWebhooks = 10'000;
  // The bodies of all webhooks in the list have at most so many bytes.
  static constexpr std::size_t kMaxBytes = 64 * 1024 * 1024;

  // Signs the body for the account and sends it, records the answer, and calls
  // `done`.
  void Deliver(std::uint64_t n, std::string_view account, std::string body,
               Callback done);
  // Hands the call to the transport, or ends it when there is none any more.
  void Call(http::HttpCall call, Callback done);
  // Notes an answer in the list, where the webhook still is, and counts it.
  void Record(std::uint64_t n, const WebhookAnswer& answer);

  const AccountList& accounts_;
  mutable Mutex mutex_;
  // The webhooks with their last answers.
  BoundedLog<Webhook> log_ ABSL_GUARDED_BY(mutex_){kMaxWebhooks, kMaxBytes};
  // This is a mutex of its own, because callbacks of the transport take mutex_.
  Mutex transport_mutex_;
  // It is null when stopped.
  std::unique_ptr<http::CurlTransport> transport_
      ABSL_GUARDED_BY(transport_mutex_);
};

}  // namespace linktor::emulator
