// A WebhookRig has the code of the server that a webhook body and its signature
// meet, for one channel on an empty data folder. A process has one WebhookRig,
// and one thread uses it.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/channels/registry.h"
#include "server/channels/user_names.h"
#include "server/journal/data_folder.h"
#include "server/webhook/endpoint.h"
#include "server/webhook/ingest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/support/temp_folder.h"

namespace linktor::fuzz {

// The seeds are signed with it.
inline constexpr std::string_view kAppSecret = "first-app-secret";
// The golden webhooks are for this account.
inline constexpr char kAccountId[] = "17841400000000001";

class WebhookRig {
 public:
  // Ends the program when it cannot be set up.
  WebhookRig();
  ~WebhookRig();
  WebhookRig(const WebhookRig&) = delete;
  WebhookRig& operator=(const WebhookRig&) = delete;

  // Returns what ingest makes of a body. `body` is as for ParseWebhook.
  absl::StatusOr<webhook::Delivery> Ingest(std::string_view body);
  // Returns the bytes of an item as they were kept.
  absl::StatusOr<std::string> OpenRaw(const journal::Webhook& webhook,
                                      int position);
  // Returns an event as it is read from the disk, serialised.
  absl::StatusOr<std::string> OpenSealed(const journal::NewEvent& event);
  // Returns the HTTP status that a signed POST is answered with.
  int Post(const std::string& signature, std::string_view body);

 private:
  class Names;
  class Observer;

  void PutChannel();

  const FakeClock clock_{absl::FromUnixMillis(1'700'000'060'000)};
  const TempFolder folder_;
  const std::unique_ptr<journal::DataFolder> data_;
  channels::ChannelRegistry registry_;
  const std::unique_ptr<Names> names_;
  const std::unique_ptr<Observer> observer_;
  linktor::webhook::Ingest ingest_;
  webhook::WebhookEndpoint endpoint_;
};

}  // namespace linktor::fuzz
