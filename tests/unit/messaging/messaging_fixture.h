// A real data folder with one channel, ch_1, a registry that follows its feed,
// and a clock that stands still.

#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "server/channels/channel_admin.h"
#include "server/channels/registry.h"
#include "server/journal/data_folder.h"
#include "server/journal/embedded_journal.h"
#include "server/messaging/message_reader.h"
#include "server/state/identity.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/gated_journal.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace linktor::messaging {

// The customer of most tests.
inline constexpr char kUser[] = "777";

class MessagingFixture : public ::testing::Test {
 protected:
  MessagingFixture() {
    Open();
    CreateChannel("ch_1", "17841400000000001", "100");
  }

  // Also after Close: what was stored is there again.
  void Open() {
    folder_ =
        *journal::DataFolder::Open(path_.path(), Secret(std::string(32, 'k')));
    registry_ = std::make_unique<channels::ChannelRegistry>(folder_->sealer());
    const auto rows = folder_->state().LiveChannels();
    ASSERT_THAT(rows, IsOk());
    ASSERT_THAT(registry_->Load(*rows), IsOk());
    folder_->feed().Add([this](auto records) { registry_->OnCommit(records); });
    reader_ = std::make_unique<MessageReader>(
        folder_->state(), folder_->events(), folder_->sealer(), *registry_);
    journal_ = *journal::EmbeddedJournal::Create({}, *folder_, NowMs(),
                                                 [](const absl::Status&) {});
    gated_journal_.SetNext(*journal_);
  }
  // The views that tests have added are told of nothing from then on.
  void CloseJournal() { journal_.reset(); }
  void Close() {
    CloseJournal();
    reader_.reset();
    registry_.reset();
    folder_.reset();
  }

  state::StateReader& state() { return folder_->state(); }
  seal::Sealer& sealer() { return folder_->sealer(); }

  channels::ChannelAdmin Admin() {
    return {clock_, *journal_, sealer(), *registry_};
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
  // A channel's id is free again when it was deleted 72 hours ago by the expiry
  // time.
  void LetIdsRest() {
    clock_.Advance(absl::Hours(73));
    journal::Record trim = journal::NewRecord(NowMs());
    trim.mutable_trim();
    const auto now = journal::AppendAs<state::TrimAnswer>(*journal_, trim);
    ASSERT_THAT(now, IsOk());
    trim.mutable_trim()->set_measured_from_ms(now->expiry_ms);
    trim.mutable_trim()->set_elapsed_ms(
        absl::ToInt64Milliseconds(absl::Hours(73)));
    ASSERT_THAT(
        journal::AppendAs<state::TrimAnswer>(*journal_, std::move(trim)),
        IsOk());
  }
  void SetToken(const std::string& token) {
    v1::SetChannelCredentialsRequest request;
    request.set_channel_id("ch_1");
    request.set_access_token(token);
    EXPECT_THAT(Admin().SetCredentials(request), IsOk());
  }
  std::int64_t ChannelNo(const std::string& id = "ch_1") {
    return registry_->Find(id)->no;
  }

  std::int64_t NowMs() const { return absl::ToUnixMillis(clock_.Now()); }
  state::ConversationRow Row(std::int64_t channel_no, const std::string& user) {
    const auto row = state().Conversation(channel_no, user);
    EXPECT_THAT(row, IsOk());
    return row.value_or(state::ConversationRow());
  }
  absl::StatusOr<v1::Message> Message(const std::string& request_id) {
    v1::GetMessageRequest request;
    request.set_channel_id("ch_1");
    request.set_request_id(request_id);
    return reader_->Find(request);
  }

  // Returns the record of a webhook with one item to or from that customer. The
  // caller adds what is still missing in the item.
  journal::Record Webhook(journal::ItemKind kind, const std::string& user,
                          const std::string& mid) {
    journal::Record record = journal::NewRecord(NowMs());
    journal::Webhook& webhook = *record.mutable_webhook();
    webhook.set_delivery_id(NewRawId());
    webhook.set_channel_no(ChannelNo());
    journal::WebhookItem& item = *webhook.add_items();
    item.set_count(1);
    item.set_kind(kind);
    item.set_mid(mid);
    item.set_mid_key(state::MidKey(ChannelNo(), mid));
    journal::NewEvent& event = *item.mutable_event();
    event.set_id(NewRawId());
    event.set_type(kind == journal::ITEM_KIND_ECHO ? "message.echoed"
                                                   : "message.received");
    event.set_channel_no(ChannelNo());
    event.set_channel_id("ch_1");
    event.set_user_id(user);
    event.set_event_ms(NowMs());
    return record;
  }

  TempFolder path_;
  FakeClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  std::unique_ptr<journal::DataFolder> folder_;
  // The journal's writer tells it until the journal goes.
  std::unique_ptr<channels::ChannelRegistry> registry_;
  std::unique_ptr<MessageReader> reader_;
  std::unique_ptr<journal::EmbeddedJournal> journal_;
  // What is under test appends here.
  GatedJournal gated_journal_;
};

}  // namespace linktor::messaging
