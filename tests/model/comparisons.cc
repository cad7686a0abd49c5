#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "server/base/ids.h"
#include "server/base/v1.h"
#include "server/state/event_encoding.h"
#include "tests/model/oracle.h"
#include "tests/model/store_model.h"
#include "tests/support/whole_conversations.h"

namespace linktor {
namespace {

using google::protobuf::util::TimeUtil;

// Returns the parts of an event that the oracle knows, wherever they are in it.
v1::Message Told(const v1::Event& event) {
  v1::Message told;
  if (event.has_message_received()) return event.message_received();
  if (event.has_message_echoed()) return event.message_echoed();
  if (event.has_message_sent()) return event.message_sent();
  if (event.has_postback()) {
    told.set_mid(event.postback().mid());
    told.set_text(event.postback().payload());
  } else if (event.has_reaction()) {
    told.set_id(event.reaction().message_id());
    told.set_text(event.reaction().emoji());
  } else {
    told.set_text(event.unknown().kind());
  }
  return told;
}

std::int64_t TimeOf(const std::map<Oracle::Customer, std::int64_t>& times,
                    const Oracle::Customer& customer) {
  const auto it = times.find(customer);
  return it == times.end() ? 0 : it->second;
}

}  // namespace

// It tells of the first that differs only, because there are thousands.
void StoreModelTest::ExpectRows(const std::string& sql,
                                const std::vector<std::string>& expected) {
  const std::vector<std::string> rows = rig_.Rows(sql);
  for (std::size_t i = 0; i < rows.size() && i < expected.size(); ++i) {
    ASSERT_EQ(rows[i], expected[i]) << "row " << i << " of " << sql;
  }
  ASSERT_EQ(rows.size(), expected.size()) << sql;
}

void StoreModelTest::CompareEvents() {
  const auto events = rig_.ReadEvents(/*include_raw=*/true);
  ASSERT_EQ(events.size(), oracle_.events.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Oracle::Event& expected = oracle_.events[i];
    const v1::Event event = state::MergeEvent(events[i]);
    const v1::Message message = Told(event);
    SCOPED_TRACE(absl::StrCat("event ", expected.seq, " ", expected.type));
    ASSERT_EQ(events[i].seq, expected.seq);
    ASSERT_EQ(events[i].type, expected.type);
    ASSERT_EQ(events[i].user_id, expected.user);
    ASSERT_EQ(message.mid(),
              expected.erased && !expected.mid_stays ? "" : expected.mid);
    ASSERT_EQ(message.text(), expected.erased ? "" : expected.text);
    ASSERT_EQ(event.reaction().mid(), expected.target);
    ASSERT_EQ(message.id(), expected.message.empty()
                                ? ""
                                : FormatId(kMessagePrefix, expected.message));
    ASSERT_EQ(TimeUtil::TimestampToMilliseconds(message.echo_time()),
              expected.told_echo_ms);
    const bool kept = std::any_of(
        oracle_.raws.begin(), oracle_.raws.end(),
        [&](const auto& raw) { return raw.no == expected.raw && !raw.erased; });
    ASSERT_EQ(event.raw_json(), kept ? expected.raw_json : "");
  }
}

void StoreModelTest::CompareEventTimes() {
  std::vector<std::string> expected;
  expected.reserve(oracle_.events.size());
  for (const Oracle::Event& event : oracle_.events) {
    expected.push_back(absl::StrCat(event.seq, " ", event.event_ms, " ",
                                    event.time_ms, " ", event.born_ms, " ",
                                    event.before_seq));
  }
  ExpectRows(
      "SELECT seq || ' ' || event_ms || ' ' || receive_ms || "
      "' ' || coalesce(born_ms, receive_ms) || ' ' || "
      "coalesce(before_seq, 0) FROM events ORDER BY seq",
      expected);
  for (int i = 0; i < 3 && !oracle_.events.empty(); ++i) {
    const std::int64_t ms =
        PickRecent(oracle_.events, 2000).time_ms + Below(3) - 1;
    const auto since = rig_.data().state().EventsSince(ms, oracle_.last_seq);
    ASSERT_TRUE(since.ok()) << since.status();
    EXPECT_EQ(since->first_seq, oracle_.FirstSince(ms)) << ms;
    EXPECT_EQ(since->oldest_seq, oracle_.OldestSeq());
  }
}

void StoreModelTest::CompareMessages() {
  std::vector<std::string> expected;
  expected.reserve(oracle_.messages.size());
  for (const Oracle::Message& m : oracle_.messages) {
    expected.push_back(absl::StrCat(m.user, " ", m.state, " ", m.settled_by,
                                    " ", m.attempt, " ", m.incarnation, " ",
                                    m.request_id, " ", m.mid, " ", m.create_ms,
                                    " ", m.claim_ms, " ", m.born_ms, " ",
                                    m.send_ms, " ", m.echo_ms, " ", m.erased));
  }
  ExpectRows(
      "SELECT user_id || ' ' || state || ' ' || settled_by || ' ' || "
      "attempt || ' ' || incarnation || ' ' || coalesce(request_id, '') || "
      "' ' || coalesce(mid, '') || ' ' || create_ms || ' ' || claim_ms || "
      "' ' || coalesce(born_ms, claim_ms) || ' ' || coalesce(send_ms, 0) || "
      "' ' || coalesce(echo_ms, 0) || ' ' || "
      "(SELECT sealed = zeroblob(length(sealed)) FROM contents c "
      "WHERE c.no = content_no) FROM messages ORDER BY no",
      expected);
}

void StoreModelTest::CompareCustomers() {
  std::vector<std::string> expected;
  for (const Oracle::Customer& customer : oracle_.known) {
    expected.push_back(absl::StrCat(customer.first, " ", customer.second, " ",
                                    TimeOf(oracle_.activity, customer), " ",
                                    TimeOf(oracle_.heads, customer), " ",
                                    TimeOf(oracle_.opted_out, customer)));
    const state::ConversationRow row =
        rig_.Conversation({.no = customer.first}, customer.second);
    const auto name = oracle_.names.find(customer);
    EXPECT_EQ(rig_.NameIn(row),
              name == oracle_.names.end() ? "" : name->second);
  }
  ExpectRows(absl::StrCat("SELECT channel_no || ' ' || user_id || ' ' || "
                          "coalesce(last_inbound_ms, 0) || ' ' || last_seq || "
                          "' ' || "
                          "coalesce(opt_out_ms, 0) FROM ",
                          kWholeConversations, " ORDER BY channel_no, user_id"),
             expected);
  expected.clear();
  for (const Oracle::Call& call : oracle_.calls) {
    expected.push_back(absl::StrCat(call.channel_no, " ", call.user, " ",
                                    call.ms, " ", call.born_ms));
  }
  ExpectRows(
      "SELECT channel_no || ' ' || user_id || ' ' || call_ms "
      "|| ' ' || born_ms FROM send_calls ORDER BY no",
      expected);
}

void StoreModelTest::CompareEchoes() {
  std::vector<std::string> expected;
  expected.reserve(oracle_.loose.size());
  for (const Oracle::LooseEcho& echo : oracle_.loose) {
    expected.push_back(
        absl::StrCat(echo.mid, " ", echo.echo_ms, " ", echo.born_ms));
  }
  ExpectRows(
      "SELECT mid || ' ' || echo_ms || ' ' || born_ms FROM "
      "unmatched_echoes ORDER BY seq",
      expected);
  expected.clear();
  for (const Oracle::HeldEcho& echo : oracle_.held) {
    expected.push_back(absl::StrCat(echo.event.channel_no, " ", echo.event.user,
                                    " ", echo.event.time_ms, " ",
                                    echo.event.raw));
  }
  ExpectRows(
      "SELECT channel_no || ' ' || user_id || ' ' || "
      "receive_ms || ' ' || raw_no FROM held_echoes "
      "ORDER BY no",
      expected);
}

void StoreModelTest::CompareDeliveries() {
  std::vector<std::string> expected;
  for (const Oracle::Delivery& delivery : oracle_.deliveries) {
    const state::DeliveryAnswer& answer = delivery.answer;
    expected.push_back(absl::StrCat(delivery.no, " ", delivery.time_ms, " ",
                                    delivery.born_ms, " ", answer.events, " ",
                                    answer.duplicates, " ", answer.ignored, " ",
                                    answer.issues, " ", answer.quarantined));
  }
  ExpectRows(
      "SELECT no || ' ' || receive_ms || ' ' || "
      "coalesce(born_ms, receive_ms) || ' ' || events || ' ' "
      "|| duplicates || ' ' || ignored || ' ' || issues || "
      "' ' || quarantined FROM deliveries ORDER BY no",
      expected);
  expected.clear();
  for (const Oracle::Raw& raw : oracle_.raws) {
    expected.push_back(absl::StrCat(raw.no, " ", raw.delivery_no, " ",
                                    raw.bytes, " ", raw.erased));
  }
  ExpectRows(
      "SELECT no || ' ' || delivery_no || ' ' || "
      "length(sealed_raw) || ' ' || "
      "(sealed_raw = zeroblob(length(sealed_raw))) "
      "FROM raw_items ORDER BY no",
      expected);
  expected.clear();
  for (const auto& [key, born_ms] : oracle_.seen) {
    expected.push_back(absl::StrCat(born_ms));
  }
  std::sort(expected.begin(), expected.end());
  ExpectRows("SELECT born_ms || '' FROM dedupe ORDER BY 1", expected);
}

void StoreModelTest::CompareChannels() {
  std::vector<std::string> expected;
  expected.reserve(oracle_.channels.size());
  for (const Oracle::Channel& c : oracle_.channels) {
    expected.push_back(absl::StrCat(c.channel.no, " ", c.channel.id, " ",
                                    c.channel.account, " ", c.channel.page, " ",
                                    c.revision, " ", c.deleted, " ", c.born_ms,
                                    " ", c.credentials, " ", c.ice_breakers));
  }
  ExpectRows(
      "SELECT no || ' ' || id || ' ' || account_id || ' ' || "
      "page_id || ' ' || revision || ' ' || deleted || ' ' || "
      "coalesce(born_ms, 0) || ' ' || "
      "coalesce(sealed_credentials, '') || ' ' || "
      "coalesce(sealed_ice_breakers, '') "
      "FROM channels ORDER BY no",
      expected);
}

void StoreModelTest::CompareLogState() {
  std::int64_t bytes = 0;
  for (const auto& raw : oracle_.raws) bytes += raw.bytes;
  ExpectRows(
      "SELECT last_seq || ' ' || oldest_seq || ' ' || expiry_ms || ' ' || "
      "clock_offset_ms || ' ' || raw_bytes FROM log_state",
      {absl::StrCat(oracle_.last_seq, " ", oracle_.OldestSeq(), " ",
                    oracle_.expiry_ms, " ", oracle_.clock_offset_ms, " ",
                    bytes)});
  const auto due = rig_.data().state().LastDueErasure();
  ASSERT_TRUE(due.ok()) << due.status();
  EXPECT_EQ(*due, oracle_.last_erasure > oracle_.erased_through
                      ? oracle_.last_erasure
                      : 0);
}

// A view that was told everything holds what the tables hold.
void StoreModelTest::CompareMirror() {
  ASSERT_EQ(mirror_.messages.size(), oracle_.messages.size());
  for (const Oracle::Message& expected : oracle_.messages) {
    const auto it = mirror_.messages.find(expected.id);
    ASSERT_NE(it, mirror_.messages.end());
    const state::MessageRow& row = it->second;
    ASSERT_EQ(row.state, expected.state);
    ASSERT_EQ(row.settled_by, expected.settled_by);
    ASSERT_EQ(row.attempt, expected.attempt);
    ASSERT_EQ(row.incarnation, expected.incarnation);
    ASSERT_EQ(row.mid, expected.mid);
    ASSERT_EQ(row.send_ms, expected.send_ms);
  }
  ASSERT_EQ(mirror_.channels.size(), oracle_.channels.size());
  for (const Oracle::Channel& expected : oracle_.channels) {
    const auto it = mirror_.channels.find(expected.channel.no);
    ASSERT_NE(it, mirror_.channels.end());
    const state::ChannelRow& row = it->second;
    EXPECT_EQ(row.id, expected.channel.id);
    EXPECT_EQ(row.account_id, expected.channel.account);
    EXPECT_EQ(row.page_id, expected.channel.page);
    EXPECT_EQ(row.revision, expected.revision);
    EXPECT_EQ(row.deleted, expected.deleted);
    EXPECT_EQ(row.sealed_credentials, expected.credentials);
    EXPECT_EQ(row.sealed_ice_breakers, expected.ice_breakers);
  }
  ASSERT_EQ(mirror_.names.size(), oracle_.names.size());
  for (const auto& [customer, sealed] : mirror_.names) {
    const state::ConversationRow row =
        rig_.Conversation({.no = customer.first}, customer.second);
    EXPECT_EQ(row.sealed_username, sealed);
  }
  EXPECT_EQ(mirror_.erased, oracle_.erased);
  EXPECT_EQ(mirror_.due_erasure, oracle_.last_erasure);
}

// Subscribers were told the same, as it happened.
void StoreModelTest::CompareTold() {
  std::size_t i = 0;
  for (const auto& batch : rig_.batches()) {
    for (const state::CommittedEvent& event : batch) {
      ASSERT_LT(i, oracle_.told.size());
      ASSERT_EQ(event.seq, static_cast<std::int64_t>(i) + 1);
      ASSERT_EQ(absl::StrCat(event.type, " ", event.user_id), oracle_.told[i]);
      ++i;
    }
  }
  EXPECT_EQ(i, oracle_.told.size());
}

void StoreModelTest::CompareAll() {
  CompareEvents();
  CompareEventTimes();
  CompareMessages();
  CompareCustomers();
  CompareEchoes();
  CompareDeliveries();
  CompareChannels();
  CompareLogState();
  CompareMirror();
}

}  // namespace linktor
