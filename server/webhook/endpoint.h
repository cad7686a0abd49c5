// The webhook URL: who may post, and what is answered. Meta delivers again for
// 36 hours after any answer but 200, and switches the app off after an hour of
// them; so a correctly signed body is answered 200 once it is durable, 503 when
// it cannot be made so, and nothing else.

#pragma once

#include <cstdint>
#include <functional>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "server/channels/registry.h"
#include "server/http/message.h"
#include "server/store/records.h"
#include "server/webhook/ingest.h"

namespace linktor {

// Makes a record durable; the journal in production.
using WebhookSink = std::function<void(
    WebhookRecord, absl::AnyInvocable<void(absl::StatusOr<WebhookOutcome>)>)>;

// What the endpoint counts; implemented by the metrics.
class WebhookObserver {
 public:
  virtual ~WebhookObserver() = default;
  virtual void OnAnswer(int http_status) = 0;
  virtual void OnOutcome(const WebhookOutcome& outcome) = 0;
};

class WebhookEndpoint {
 public:
  WebhookEndpoint(const ChannelRegistry& registry, Ingest& ingest,
                  WebhookSink sink, WebhookObserver& observer)
      : registry_(registry),
        ingest_(ingest),
        sink_(std::move(sink)),
        observer_(observer) {}

  // An HttpListener::Handler.
  void Handle(const HttpRequest& request, HttpResponder respond);

 private:
  HttpResponse Verify(const ChannelEntry& channel,
                      const HttpTarget& target) const;
  void Deliver(const ChannelRegistry::EntryPtr& channel,
               const HttpRequest& request, HttpResponder respond);
  void Answer(HttpResponder& respond, HttpResponse response);

  const ChannelRegistry& registry_;
  Ingest& ingest_;
  const WebhookSink sink_;
  WebhookObserver& observer_;
};

}  // namespace linktor
