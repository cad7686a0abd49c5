#include "tests/bench/store.h"

#include "absl/strings/str_cat.h"
#include "server/channels/channel_admin.h"

namespace linktor::bench {
namespace {

constexpr char kChannel[] = "ch_bench";
constexpr char kSecret[] = "bench secret";
constexpr char kAccount[] = "17841400000000001";

}  // namespace

Store::Store() {
  data_->feed().Add([this](auto records) { registry_.OnCommit(records); });
  v1::CreateChannelRequest request;
  request.mutable_channel()->set_id(kChannel);
  request.mutable_channel()->set_instagram_account_id(kAccount);
  request.mutable_channel()->set_page_id("1001");
  request.mutable_credentials()->add_app_secrets(kSecret);
  channels::ChannelAdmin admin(clock_, *journal_, data_->sealer(), registry_);
  if (!admin.Create(request).ok()) std::abort();
}

Target Store::target() {
  return {.address = {},
          .trusted = {},
          .path = absl::StrCat("/webhooks/instagram/", kChannel),
          .account_id = kAccount,
          .app_secret = kSecret};
}

channels::ChannelRegistry::EntryPtr Store::channel() const {
  return registry_.Find(kChannel);
}

}  // namespace linktor::bench
