// A real store with one channel, ch_1, and a clock that stands still.

#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "server/channels/channel_admin.h"
#include "server/channels/registry.h"
#include "server/store/channel_table.h"
#include "server/store/conversation_table.h"
#include "server/store/sqlite_journal.h"
#include "server/store/store.h"
#include "tests/fakes/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace linktor {

class MessagingFixture : public ::testing::Test {
 protected:
  MessagingFixture() {
    Open();
    CreateChannel("ch_1", "17841400000000001", "100");
  }

  void Open() {
    store_ = *Store::Open(folder_.path(), Secret(std::string(32, 'k')));
    journal_ = *SqliteJournal::Create(
        {}, store_->TakeWriter(), store_->sealer(),
        [](const std::vector<CommittedEvent>&) {}, [](const absl::Status&) {});
    registry_ = std::make_unique<ChannelRegistry>(store_->sealer());
    const absl::Status loaded =
        store_->pool().Read([this](Database& database) -> absl::Status {
          const auto rows = ReadLiveChannels(database);
          if (!rows.ok()) return rows.status();
          for (const ChannelRow& row : *rows) {
            EXPECT_THAT(registry_->Put(row), IsOk());
          }
          return absl::OkStatus();
        });
    EXPECT_THAT(loaded, IsOk());
  }
  void Close() {
    registry_.reset();
    journal_.reset();
    store_.reset();
  }

  ChannelAdmin Admin() {
    return {clock_, *journal_, store_->sealer(), *registry_};
  }
  void CreateChannel(const std::string& id, const std::string& account,
                     const std::string& page) {
    v1::CreateChannelRequest request;
    request.mutable_channel()->set_id(id);
    request.mutable_channel()->set_instagram_account_id(account);
    request.mutable_channel()->set_page_id(page);
    request.mutable_credentials()->set_access_token("token");
    EXPECT_THAT(Admin().Create(request), IsOk());
  }
  void DeleteChannel(const std::string& id) {
    v1::DeleteChannelRequest request;
    request.set_channel_id(id);
    EXPECT_THAT(Admin().Delete(request), IsOk());
  }

  std::int64_t NowMs() const { return absl::ToUnixMillis(clock_.Now()); }
  ConversationRow Row(std::int64_t channel_no, const std::string& user) {
    ConversationRow row;
    const absl::Status read =
        store_->pool().Read([&](Database& database) -> absl::Status {
          auto found = ReadConversation(database, channel_no, user);
          if (!found.ok()) return found.status();
          row = *std::move(found);
          return absl::OkStatus();
        });
    EXPECT_THAT(read, IsOk());
    return row;
  }

  TempFolder folder_;
  FakeClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  std::unique_ptr<Store> store_;
  std::unique_ptr<SqliteJournal> journal_;
  std::unique_ptr<ChannelRegistry> registry_;
};

}  // namespace linktor
