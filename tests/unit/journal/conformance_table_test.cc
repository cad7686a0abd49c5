// Conformance: channels, API keys and what is known of customers.

#include <gmock/gmock.h>

#include "tests/unit/journal/conformance.h"

namespace linktor::journal {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ChannelKind = state::ChannelAnswer::Kind;
using KeyKind = state::ApiKeyAnswer::Kind;

// ---- Channels ---------------------------------------------------------------

TEST_P(JournalConformance, CreatedChannelLivesAndIsTold) {
  const state::ChannelAnswer created = rig().Create(state::kCafe);
  EXPECT_EQ(created.kind, ChannelKind::kApplied);
  EXPECT_EQ(created.row.revision, 1);
  ASSERT_THAT(rig().told().back().effects.channels, SizeIs(1));
  EXPECT_EQ(rig().told().back().effects.channels.front().id, "cafe");
  rig().Reopen();
  EXPECT_THAT(rig().LiveChannels(), ElementsAre("cafe", "shop"));
}

TEST_P(JournalConformance, CreationIsReplayedByItsRequestId) {
  const auto create = [this](const state::TestChannel& channel,
                             const char* body) {
    return rig().Append<state::ChannelAnswer>(
        state::MakeChannel(channel, state::kNowMs, "q1", body));
  };
  EXPECT_EQ(create(state::kCafe, "same").kind, ChannelKind::kApplied);
  state::TestChannel again = state::kCafe;
  again.no = 999;
  const state::ChannelAnswer replayed = create(again, "same");
  EXPECT_EQ(replayed.kind, ChannelKind::kReplayed);
  EXPECT_EQ(replayed.row.no, state::kCafe.no);
  EXPECT_EQ(create(again, "other").kind, ChannelKind::kReused);
  EXPECT_THAT(rig().LiveChannels(), ElementsAre("cafe", "shop"));
}

TEST_P(JournalConformance, ChannelWhoseIdOrAccountIsTakenIsRefused) {
  state::TestChannel same_id = state::kCafe;
  same_id.id = state::kShop.id;
  EXPECT_EQ(rig().Create(same_id).kind, ChannelKind::kIdTaken);
  state::TestChannel same_account = state::kCafe;
  same_account.account = state::kShop.account;
  const state::ChannelAnswer taken = rig().Create(same_account);
  EXPECT_EQ(taken.kind, ChannelKind::kAccountTaken);
  EXPECT_EQ(taken.owner, state::kShop.id);
  EXPECT_THAT(rig().LiveChannels(), ElementsAre("shop"));
}

TEST_P(JournalConformance, UpdateOfAnOldRevisionIsRefused) {
  const state::ChannelRow created = rig().Create(state::kCafe).row;
  const auto updated =
      rig().Append<state::ChannelAnswer>(state::MakeUpdate(created));
  EXPECT_EQ(updated.kind, ChannelKind::kApplied);
  EXPECT_EQ(updated.row.revision, 2);
  rig().Forget();
  EXPECT_EQ(rig().Append<state::ChannelAnswer>(state::MakeUpdate(created)).kind,
            ChannelKind::kChanged);
  EXPECT_THAT(rig().told().back().effects.channels, IsEmpty());
  EXPECT_EQ(rig()
                .Append<state::ChannelAnswer>(state::MakeUpdate(updated.row))
                .row.revision,
            3);
}

TEST_P(JournalConformance, DeletedChannelIsToldAndTakesNothing) {
  EXPECT_EQ(
      rig().Append<state::ChannelAnswer>(state::MakeDeletion("shop")).kind,
      ChannelKind::kApplied);
  ASSERT_THAT(rig().told().back().effects.channels, SizeIs(1));
  EXPECT_TRUE(rig().told().back().effects.channels.front().deleted);
  EXPECT_EQ(rig().Deliver({Text("m1")}).issues, 1);
  EXPECT_EQ(rig().Claim().kind, state::ClaimAnswer::Kind::kChannelGone);
  EXPECT_THAT(rig().LiveChannels(), IsEmpty());
  EXPECT_EQ(
      rig().Append<state::ChannelAnswer>(state::MakeDeletion("shop")).kind,
      ChannelKind::kNotFound);
}

// ---- API keys ---------------------------------------------------------------

TEST_P(JournalConformance, ApiKeyIsCreatedChangedUsedAndDeleted) {
  EXPECT_EQ(rig().CreateKey("k1").row.revision, 1);
  journal::Record update = NewRecord(state::kNowMs);
  update.mutable_update_api_key()->set_id("k1");
  update.mutable_update_api_key()->set_expected_revision(1);
  update.mutable_update_api_key()->set_sealed_key("sealed anew");
  EXPECT_EQ(rig().Append<state::ApiKeyAnswer>(update).kind, KeyKind::kApplied);
  EXPECT_EQ(rig().Append<state::ApiKeyAnswer>(update).kind, KeyKind::kChanged);
  journal::Record use = NewRecord(state::kNowMs);
  use.mutable_use_api_keys()->add_uses()->set_id("k1");
  use.mutable_use_api_keys()->mutable_uses(0)->set_time_ms(state::kNowMs);
  rig().Append<state::Done>(use);
  rig().Reopen();
  auto keys = rig().folder().state().ApiKeys();
  ASSERT_TRUE(keys.ok()) << keys.status();
  ASSERT_THAT(*keys, SizeIs(1));
  EXPECT_EQ(keys->front().sealed_key, "sealed anew");
  EXPECT_EQ(keys->front().last_use_ms, state::kNowMs);
  journal::Record remove = NewRecord(state::kNowMs);
  remove.mutable_delete_api_key()->set_id("k1");
  remove.mutable_delete_api_key()->set_expected_revision(2);
  EXPECT_TRUE(rig().Append<state::ApiKeyAnswer>(remove).row.deleted);
  EXPECT_TRUE(rig().told().back().effects.api_keys.front().deleted);
  EXPECT_THAT(*rig().folder().state().ApiKeys(), IsEmpty());
}

TEST_P(JournalConformance, ApiKeyCreationIsReplayedByItsRequestId) {
  EXPECT_EQ(rig().CreateKey("k1", "q1").kind, KeyKind::kApplied);
  const state::ApiKeyAnswer replayed = rig().CreateKey("k2", "q1");
  EXPECT_EQ(replayed.kind, KeyKind::kReplayed);
  EXPECT_EQ(replayed.row.id, "k1");
  EXPECT_EQ(rig().CreateKey("k3", "q1", "other").kind, KeyKind::kReused);
}

// ---- Customers --------------------------------------------------------------

TEST_P(JournalConformance, OptOutStopsSendsUntilItEnds) {
  rig().Append<state::ConversationAnswer>(state::MakeOptOut({}));
  rig().Reopen();
  const state::ClaimAnswer refused = rig().Claim();
  EXPECT_EQ(refused.kind, state::ClaimAnswer::Kind::kOptedOut);
  EXPECT_EQ(refused.time_ms, state::kNowMs);
  rig().Append<state::ConversationAnswer>(
      state::MakeOptOut({.opted_out = false}));
  EXPECT_EQ(rig().Claim().kind, state::ClaimAnswer::Kind::kClaimed);
}

TEST_P(JournalConformance, NameIsKeptAndTold) {
  rig().Append<state::ConversationAnswer>(
      state::MakeUsername(rig().sealer(), state::kShop, "501", "ada"));
  ASSERT_THAT(rig().told().back().effects.names, SizeIs(1));
  EXPECT_EQ(rig().told().back().effects.names.front().user_id, "501");
  rig().Reopen();
  const auto name =
      rig().sealer().Open(seal::SealedPlace::kUsername, "501",
                          rig().Conversation("501").sealed_username);
  ASSERT_TRUE(name.ok()) << name.status();
  EXPECT_EQ(*name, "ada");
}

TEST_P(JournalConformance, CustomersOfADeletedChannelAreNotChanged) {
  rig().Append<state::ChannelAnswer>(state::MakeDeletion("shop"));
  EXPECT_FALSE(
      rig().Append<state::ConversationAnswer>(state::MakeOptOut({})).live);
  EXPECT_FALSE(rig()
                   .Append<state::ConversationAnswer>(state::MakeUsername(
                       rig().sealer(), state::kShop, "501", "ada"))
                   .live);
  EXPECT_FALSE(rig().Conversation("501").opt_out_ms.has_value());
}

// ---- Erasure ----------------------------------------------------------------

journal::Record MakeErasure(const std::string& mid) {
  journal::Record record = NewRecord(state::kNowMs);
  record.mutable_erase()->set_mid_key(state::MidKeyOf(state::kShop, mid));
  return record;
}

TEST_P(JournalConformance, ErasedMessageKeepsItsPlaceAndLosesItsContent) {
  rig().Deliver({Text("m1"), Text("m2")});
  rig().Append<state::Done>(MakeErasure("m1"));
  EXPECT_THAT(rig().told().back().effects.erased_events, ElementsAre(1));
  rig().Reopen();
  EXPECT_THAT(rig().Summary(), ElementsAre("1 message.received 501 ",
                                           "2 message.received 501 hi"));
  EXPECT_EQ(rig().Deliver({Text("m1")}).duplicates, 1);
}

TEST_P(JournalConformance, ErasureIsDueUntilItIsCarriedOut) {
  rig().Deliver({Text("m1")});
  rig().Append<state::Done>(MakeErasure("m1"));
  const std::int64_t due = rig().told().back().effects.due_erasure;
  EXPECT_GT(due, 0);
  rig().Reopen();
  EXPECT_EQ(*rig().folder().state().LastDueErasure(), due);
  journal::Record erased = NewRecord(state::kNowMs);
  erased.mutable_erased()->set_through_no(due);
  rig().Append<state::Done>(erased);
  EXPECT_EQ(*rig().folder().state().LastDueErasure(), 0);
}

// Whoever has a copy of it may append it again.
TEST_P(JournalConformance, DestroyedKeyIsNeverStoredAgain) {
  rig().Deliver({Text("m1")});
  std::vector<journal::DataKey> keys;
  for (const Told& one : rig().told()) {
    for (const auto& key : one.effects.data_keys) keys.push_back(key);
  }
  ASSERT_THAT(keys, SizeIs(1));
  journal::Record destroy = NewRecord(state::kNowMs);
  destroy.mutable_erase()->add_key_ids(keys.front().id());
  rig().Append<state::Done>(destroy);
  EXPECT_THAT(rig().told().back().effects.destroyed_keys,
              ElementsAre(keys.front().id()));
  journal::Record again = NewRecord(state::kNowMs);
  *again.mutable_add_data_keys()->add_keys() = keys.front();
  rig().Append<state::Done>(again);
  EXPECT_THAT(rig().told().back().effects.data_keys, IsEmpty());
  EXPECT_FALSE(
      rig().folder().state().FindKeyById(keys.front().id())->has_value());
  EXPECT_THAT(rig().Summary(), ElementsAre("1 message.received 501 "));
}

}  // namespace
}  // namespace linktor::journal
