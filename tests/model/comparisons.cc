#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/ids.h"
#include "server/base/v1.h"
#include "server/store/event_reader.h"
#include "tests/model/oracle.h"
#include "tests/model/store_model.h"

namespace linktor {
namespace {

// The parts of an event that the oracle knows, wherever they are in it.
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

void StoreModelTest::CompareEvents() {
  const auto events = rig_.ReadEvents(/*include_raw=*/true);
  ASSERT_EQ(events.size(), oracle_.events.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Oracle::Event& expected = oracle_.events[i];
    const v1::Event event = MergeEvent(events[i]);
    const v1::Message message = Told(event);
    SCOPED_TRACE(absl::StrCat("event ", expected.seq, " ", expected.type));
    ASSERT_EQ(events[i].seq, expected.seq);
    ASSERT_EQ(events[i].type, expected.type);
    ASSERT_EQ(events[i].user_id, expected.user);
    ASSERT_EQ(message.mid(), expected.mid);
    ASSERT_EQ(message.text(), expected.text);
    ASSERT_EQ(event.reaction().mid(), expected.target);
    ASSERT_EQ(message.id(), expected.message.empty()
                                ? ""
                                : FormatId(kMessagePrefix, expected.message));
    const bool kept =
        std::any_of(oracle_.raws.begin(), oracle_.raws.end(),
                    [&](const auto& raw) { return raw.no == expected.raw; });
    ASSERT_EQ(event.raw_json(), kept ? expected.raw_json : "");
  }
}

void StoreModelTest::CompareMessages() {
  std::vector<std::string> expected;
  expected.reserve(oracle_.messages.size());
  for (const Oracle::Message& m : oracle_.messages) {
    expected.push_back(absl::StrCat(m.user, " ", m.state, " ", m.settled_by,
                                    " ", m.attempt, " ", m.request_id, " ",
                                    m.mid, " ", m.create_ms, " ", m.claim_ms,
                                    " ", m.send_ms, " ", m.echo_ms));
  }
  EXPECT_EQ(
      rig_.Rows("SELECT user_id || ' ' || state || ' ' || settled_by || ' ' || "
                "attempt || ' ' || coalesce(request_id, '') || ' ' || "
                "coalesce(mid, '') || ' ' || create_ms || ' ' || claim_ms || "
                "' ' || send_ms || ' ' || echo_ms FROM messages ORDER BY no"),
      expected);
}

void StoreModelTest::CompareTables() {
  std::vector<std::string> expected;
  for (const Oracle::Customer& customer : oracle_.known) {
    expected.push_back(absl::StrCat(customer.first, " ", customer.second, " ",
                                    TimeOf(oracle_.activity, customer), " ",
                                    TimeOf(oracle_.opted_out, customer)));
    const ConversationRow row =
        rig_.Conversation({.no = customer.first}, customer.second);
    const auto name = oracle_.names.find(customer);
    EXPECT_EQ(rig_.NameIn(row),
              name == oracle_.names.end() ? "" : name->second);
  }
  EXPECT_EQ(rig_.Rows("SELECT channel_no || ' ' || user_id || ' ' || "
                      "coalesce(last_inbound_ms, 0) || ' ' || "
                      "coalesce(opt_out_ms, 0) FROM conversations "
                      "ORDER BY channel_no, user_id"),
            expected);
  expected.clear();
  for (const auto& [channel_no, user, ms] : oracle_.calls) {
    expected.push_back(absl::StrCat(channel_no, " ", user, " ", ms));
  }
  EXPECT_EQ(rig_.Rows("SELECT channel_no || ' ' || user_id || ' ' || call_ms "
                      "FROM send_calls ORDER BY no"),
            expected);
  expected.clear();
  for (const auto& echo : oracle_.loose) expected.push_back(echo.mid);
  EXPECT_EQ(rig_.Rows("SELECT mid FROM unmatched_echoes ORDER BY seq"),
            expected);
  expected.clear();
  for (const auto& [no, ms, outcome] : oracle_.deliveries) {
    expected.push_back(absl::StrCat(
        no, " ", ms, " ", outcome.events, " ", outcome.duplicates, " ",
        outcome.ignored, " ", outcome.issues, " ", outcome.quarantined));
  }
  EXPECT_EQ(rig_.Rows("SELECT no || ' ' || receive_ms || ' ' || events || ' ' "
                      "|| duplicates || ' ' || ignored || ' ' || issues || "
                      "' ' || quarantined FROM deliveries ORDER BY no"),
            expected);
  expected.clear();
  for (const Oracle::Channel& c : oracle_.channels) {
    expected.push_back(absl::StrCat(c.channel.no, " ", c.channel.id, " ",
                                    c.channel.account, " ", c.channel.page, " ",
                                    c.revision, " ", c.deleted, " ",
                                    c.credentials, " ", c.ice_breakers));
  }
  EXPECT_EQ(rig_.Rows("SELECT no || ' ' || id || ' ' || account_id || ' ' || "
                      "page_id || ' ' || revision || ' ' || (delete_ms IS NOT "
                      "NULL) || ' ' || coalesce(sealed_credentials, '') || "
                      "' ' || coalesce(ice_breakers, '') "
                      "FROM channels ORDER BY no"),
            expected);
  std::int64_t bytes = 0;
  for (const auto& raw : oracle_.raws) bytes += raw.bytes;
  const std::int64_t oldest =
      oracle_.events.empty() ? 1 : oracle_.events.front().seq;
  EXPECT_EQ(
      rig_.Rows("SELECT last_seq || ' ' || oldest_seq || ' ' || log_ms "
                "|| ' ' || raw_bytes FROM log_state"),
      std::vector<std::string>{absl::StrCat(oracle_.last_seq, " ", oldest, " ",
                                            oracle_.log_ms, " ", bytes)});
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM raw_items"),
            static_cast<std::int64_t>(oracle_.raws.size()));
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM dedupe"),
            static_cast<std::int64_t>(oracle_.seen.size()));
}

// What subscribers were told, as it happened.
void StoreModelTest::CompareTold() {
  std::size_t i = 0;
  for (const auto& batch : rig_.batches()) {
    for (const CommittedEvent& event : batch) {
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
  CompareMessages();
  CompareTables();
}

}  // namespace linktor
