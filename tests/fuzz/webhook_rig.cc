#include "tests/fuzz/webhook_rig.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/try.h"
#include "server/state/event_encoding.h"
#include "tests/support/channel_rows.h"

namespace linktor::fuzz {
namespace {

constexpr char kChannelId[] = "ch_1";
constexpr std::int64_t kChannelNo = 1;

void Require(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "cannot set up: %s\n", status.ToString().c_str());
  std::exit(2);
}

std::unique_ptr<journal::DataFolder> OpenFolder(const std::string& path) {
  auto data = journal::DataFolder::Open(path, Secret(std::string(32, 'k')));
  Require(data.status());
  return *std::move(data);
}

}  // namespace

// Every customer has a name, so that events with one are looked at.
class WebhookRig::Names final : public channels::UserNames {
 public:
  std::string Find(std::int64_t, std::string_view) override { return "sara"; }
  void OnActivity(const channels::ChannelRegistry::EntryPtr&,
                  std::string_view) override {}
};

class WebhookRig::Observer final : public webhook::WebhookObserver {
 public:
  void OnAnswer(webhook::WebhookVerdict, std::chrono::nanoseconds) override {}
  void OnOutcome(const state::DeliveryAnswer&) override {}
  void OnUnknownItem(std::string_view) override {}
  void OnForeignItem() override {}
};

WebhookRig::WebhookRig()
    : data_(OpenFolder(folder_.path())),
      registry_(data_->sealer()),
      names_(std::make_unique<Names>()),
      observer_(std::make_unique<Observer>()),
      ingest_(clock_, data_->sealer(), registry_, *names_, *observer_),
      endpoint_(
          registry_, ingest_,
          [this](const webhook::Delivery& delivery, auto done) {
            // The journal does so: otherwise every body makes keys of its own.
            data_->sealer().OnStored(delivery.new_keys);
            done(state::DeliveryAnswer());
          },
          *observer_) {
  PutChannel();
}

WebhookRig::~WebhookRig() = default;

void WebhookRig::PutChannel() {
  channels::ChannelContent content;
  content.channel.set_id(kChannelId);
  content.channel.set_instagram_account_id(kAccountId);
  v1::IceBreaker* asked = content.ice_breakers.Add();
  asked->set_question("Where are you?");
  asked->set_payload("WHERE");
  content.credentials.add_app_secrets(std::string(kAppSecret));
  Require(
      registry_.Load({MakeChannelRow(data_->sealer(), kChannelNo, content)}));
}

absl::StatusOr<webhook::Delivery> WebhookRig::Ingest(std::string_view body) {
  auto delivery =
      ingest_.MakeRecord(registry_.Find(kChannelId),
                         data_->sealer().Fingerprint(kAppSecret), body);
  if (delivery.ok()) data_->sealer().OnStored(delivery->new_keys);
  return delivery;
}

absl::StatusOr<std::string> WebhookRig::OpenRaw(const journal::Webhook& webhook,
                                                int position) {
  return data_->sealer().Open(seal::SealedPlace::kRawItem,
                              state::RawItemId(webhook.delivery_id(), position),
                              webhook.items(position).sealed_raw());
}

absl::StatusOr<std::string> WebhookRig::OpenSealed(
    const journal::NewEvent& event) {
  state::CommittedEvent committed{.id = event.id(),
                                  .type = event.type(),
                                  .channel_id = event.channel_id(),
                                  .user_id = event.user_id(),
                                  .sealed = event.sealed()};
  LINKTOR_TRY(state::OpenEvent(data_->sealer(), committed));
  return *committed.encoded;
}

int WebhookRig::Post(const std::string& signature, std::string_view body) {
  http::HttpRequest request;
  request.method = "POST";
  request.target = absl::StrCat("/webhooks/instagram/", kChannelId);
  request.headers.Add("X-Hub-Signature-256", signature);
  request.body.reserve(body.size() + http::kBodySlack);
  request.body = body;
  int status = 0;
  endpoint_.Handle(request, [&status](const http::HttpResponse& response) {
    status = response.status;
  });
  return status;
}

}  // namespace linktor::fuzz
