#include "tests/fuzz/webhook_rig.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "linktor/instagram/v1/channel_service.pb.h"
#include "server/store/event_reader.h"

namespace linktor::fuzz {
namespace {

constexpr char kChannelId[] = "ch_1";
constexpr std::int64_t kChannelNo = 1;

void Require(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "cannot set up: %s\n", status.ToString().c_str());
  std::exit(2);
}

std::unique_ptr<Store> OpenStore(const std::string& folder) {
  auto store = Store::Open(folder, Secret(std::string(32, 'k')));
  Require(store.status());
  return *std::move(store);
}

}  // namespace

// Every customer has a name, so that events with one are looked at.
class WebhookRig::Names final : public UserNames {
 public:
  std::string Find(std::int64_t, std::string_view) override { return "sara"; }
  void OnActivity(const ChannelRegistry::EntryPtr&, std::string_view) override {
  }
};

class WebhookRig::Observer final : public WebhookObserver {
 public:
  void OnAnswer(WebhookVerdict, std::chrono::nanoseconds) override {}
  void OnOutcome(const WebhookOutcome&) override {}
  void OnUnknownItem(std::string_view) override {}
  void OnForeignItem() override {}
};

WebhookRig::WebhookRig()
    : store_(OpenStore(folder_.path())),
      registry_(store_->sealer()),
      names_(std::make_unique<Names>()),
      observer_(std::make_unique<Observer>()),
      ingest_(clock_, store_->sealer(), registry_, *names_, *observer_),
      endpoint_(
          registry_, ingest_,
          [this](const WebhookRecord& record, auto done) {
            // As the journal does: otherwise its keys are kept for ever.
            store_->sealer().MarkStored(record.new_keys);
            done(WebhookOutcome());
          },
          *observer_) {
  PutChannel();
}

WebhookRig::~WebhookRig() = default;

void WebhookRig::PutChannel() {
  ChannelRow row{.no = kChannelNo, .revision = 1};
  row.channel.set_id(kChannelId);
  row.channel.set_instagram_account_id(kAccountId);
  v1::GetIceBreakersResponse ice_breakers;
  v1::IceBreaker* asked = ice_breakers.add_ice_breakers();
  asked->set_question("Where are you?");
  asked->set_payload("WHERE");
  row.ice_breakers = ice_breakers.SerializeAsString();
  v1::ChannelCredentials credentials;
  credentials.add_app_secrets(std::string(kAppSecret));
  std::vector<NewKey> new_keys;
  auto sealed = store_->sealer().Seal(
      {.channel_no = kChannelNo, .user_id = ""}, SealedPlace::kCredentials,
      std::to_string(kChannelNo), credentials.SerializeAsString(), new_keys);
  Require(sealed.status());
  row.sealed_credentials = *std::move(sealed);
  Require(registry_.Put(row));
}

absl::StatusOr<WebhookRecord> WebhookRig::Ingest(std::string_view body) {
  auto record =
      ingest_.MakeRecord(registry_.Find(kChannelId),
                         store_->sealer().Fingerprint(kAppSecret), body);
  if (record.ok()) store_->sealer().MarkStored(record->new_keys);
  return record;
}

absl::StatusOr<std::string> WebhookRig::OpenRaw(const WebhookRecord& record,
                                                int position,
                                                std::string_view sealed) {
  return store_->sealer().Open(SealedPlace::kRawItem,
                               RawItemId(record.delivery_id, position), sealed);
}

int WebhookRig::Post(const std::string& signature, std::string_view body) {
  HttpRequest request;
  request.method = boost::beast::http::verb::post;
  request.target = absl::StrCat("/webhooks/instagram/", kChannelId);
  request.headers.set("X-Hub-Signature-256", signature);
  request.body.reserve(body.size() + kBodySlack);
  request.body = body;
  int status = 0;
  endpoint_.Handle(request, [&status](const HttpResponse& response) {
    status = response.status;
  });
  return status;
}

}  // namespace linktor::fuzz
