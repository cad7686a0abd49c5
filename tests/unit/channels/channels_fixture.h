// A real data folder with a registry that follows its feed, and a clock that
// stands still.

#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "server/channels/channel_admin.h"
#include "server/channels/registry.h"
#include "server/journal/data_folder.h"
#include "server/journal/embedded_journal.h"
#include "tests/fakes/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace linktor::channels {

class ChannelsFixture : public ::testing::Test {
 protected:
  ChannelsFixture() { Open(); }

  // Also after Close: what was stored is there again.
  void Open() {
    folder_ =
        *journal::DataFolder::Open(path_.path(), Secret(std::string(32, 'k')));
    registry_ = std::make_unique<ChannelRegistry>(folder_->sealer());
    const auto rows = folder_->state().LiveChannels();
    ASSERT_THAT(rows, IsOk());
    ASSERT_THAT(registry_->Load(*rows), IsOk());
    folder_->feed().Add([this](auto records) { registry_->OnCommit(records); });
    journal_ = *journal::EmbeddedJournal::Create(
        {}, *folder_, absl::ToUnixMillis(clock_.Now()),
        [](const absl::Status&) {});
    admin_ = std::make_unique<ChannelAdmin>(clock_, *journal_,
                                            folder_->sealer(), *registry_);
  }
  void Close() {
    admin_.reset();
    journal_.reset();
    registry_.reset();
    folder_.reset();
  }

  static v1::CreateChannelRequest Request(const std::string& id,
                                          const std::string& account,
                                          const std::string& page) {
    v1::CreateChannelRequest request;
    request.mutable_channel()->set_id(id);
    request.mutable_channel()->set_instagram_account_id(account);
    request.mutable_channel()->set_page_id(page);
    request.mutable_credentials()->set_access_token("token of " + id);
    request.mutable_credentials()->set_verify_token("verify " + id);
    request.mutable_credentials()->add_app_secrets("app secret of " + id);
    return request;
  }
  absl::Status Rename(const std::string& id, const std::string& name) {
    v1::UpdateChannelRequest request;
    request.mutable_channel()->set_id(id);
    request.mutable_channel()->set_name(name);
    request.mutable_update_mask()->add_paths("name");
    return admin_->Update(request).status();
  }
  absl::Status Delete(const std::string& id) {
    v1::DeleteChannelRequest request;
    request.set_channel_id(id);
    return admin_->Delete(request);
  }

  TempFolder path_;
  FakeClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  std::unique_ptr<journal::DataFolder> folder_;
  // The journal's writer tells it until the journal goes.
  std::unique_ptr<ChannelRegistry> registry_;
  std::unique_ptr<journal::EmbeddedJournal> journal_;
  std::unique_ptr<ChannelAdmin> admin_;
};

}  // namespace linktor::channels
