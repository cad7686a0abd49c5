// Delivers webhooks as Meta does: signed, over HTTP, at least once by request
// only, because a test decides itself what is delivered again.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "emulator/bounded_log.h"
#include "emulator/settings.h"
#include "server/base/mutex.h"
#include "server/http/client.h"

namespace linktor::emulator {

// What the gateway answered.
struct WebhookAnswer {
  // The webhook's number in the list; 0 for a verification.
  std::uint64_t n = 0;
  // HTTP status; 0 when there was no answer.
  int status = 0;
  std::string body;
  // Why there was no answer.
  std::string error;
};

// A webhook that was sent.
struct Webhook {
  std::uint64_t n = 0;
  // "message", "postback", "reaction", "echo" or "raw".
  std::string kind;
  std::string url;
  // The exact bytes that were signed.
  std::string body;
  // Of the last delivery that ended.
  WebhookAnswer answer;
  // How many deliveries have ended.
  int deliveries = 0;
};

// Thread-safe.
class WebhookSender {
 public:
  // Called once, from any thread; must not block.
  using Callback = absl::AnyInvocable<void(WebhookAnswer)>;

  struct List {
    // Oldest first.
    std::vector<Webhook> webhooks;
    // How many older ones were forgotten for room.
    std::uint64_t dropped = 0;
  };

  explicit WebhookSender(const Settings& settings);
  ~WebhookSender();

  // Sends `body` to the webhook URL. Returns its number.
  std::uint64_t Send(std::string_view kind, std::string body, Callback done);

  // Sends a webhook's bytes again, to the URL and with the secret that are
  // set now. False, without calling `done`, when the list does not have it.
  bool Redeliver(std::uint64_t n, Callback done);

  // Meta's verification: GET with hub.mode, hub.challenge and
  // hub.verify_token.
  void Verify(std::string_view challenge, Callback done);

  List Get() const;
  // Waits until `count` deliveries have ended since the start, whatever
  // became of them; false when `timeout` passes first.
  bool WaitForDeliveries(std::uint64_t count, absl::Duration timeout);

  // Ends what is under way with an error; later deliveries end so at once.
  void Stop();

 private:
  static constexpr std::size_t kMaxWebhooks = 10'000;
  static constexpr std::size_t kMaxBytes = 64 * 1024 * 1024;

  void Deliver(std::uint64_t n, std::string body, Callback done);
  void Call(HttpCall call, Callback done);
  void Record(std::uint64_t n, const WebhookAnswer& answer);

  const Settings& settings_;
  mutable Mutex mutex_;
  CondVar changed_;
  BoundedLog<Webhook> log_ ABSL_GUARDED_BY(mutex_){kMaxWebhooks, kMaxBytes};
  std::uint64_t ended_ ABSL_GUARDED_BY(mutex_) = 0;
  // A mutex of its own: callbacks of the transport take mutex_. Null when
  // stopped.
  Mutex transport_mutex_;
  std::unique_ptr<CurlTransport> transport_ ABSL_GUARDED_BY(transport_mutex_);
};

}  // namespace linktor::emulator
