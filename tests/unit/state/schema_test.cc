#include "server/state/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/state/store_rig.h"

namespace linktor::state {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<sqlite::Database> OpenAt(const std::string& path) {
  auto database =
      sqlite::Database::Open(path, sqlite::Database::Mode::kReadWrite);
  EXPECT_TRUE(database.ok()) << database.status();
  return *std::move(database);
}

std::string One(sqlite::Database& database, const char* sql) {
  sqlite::Statement read(database, sql);
  const auto row = read.Step();
  return row.ok() && *row ? read.String(0) : "?";
}

TEST(SchemaTest, FreshDatabaseGetsEveryTable) {
  const TempFolder folder;
  const auto database = OpenAt(folder.path() + "/a.db");
  ASSERT_TRUE(Migrate(*database).ok());
  EXPECT_EQ(
      One(*database,
          "SELECT group_concat(name) FROM (SELECT name FROM "
          "sqlite_schema WHERE type = 'table' AND name NOT LIKE "
          "'sqlite_%' ORDER BY name)"),
      "api_keys,channels,contents,conversations,data_keys,dedupe,deliveries,"
      "destroyed_keys,epochs,event_mids,events,forgettings,held_echoes,"
      "instances,log_state,messages,raw_items,redriven_items,"
      "send_calls,time_marks,unmatched_echoes,waiting_items");
  EXPECT_EQ(One(*database, "PRAGMA user_version"), "1");
}

TEST(SchemaTest, ReopenedDatabaseIsLeftAlone) {
  const TempFolder folder;
  const std::string path = folder.path() + "/a.db";
  {
    const auto database = OpenAt(path);
    ASSERT_TRUE(Migrate(*database).ok());
    ASSERT_TRUE(database->Execute("INSERT INTO dedupe VALUES (x'01', 1)").ok());
  }
  const auto database = OpenAt(path);
  const std::string before = One(*database, "PRAGMA schema_version");
  EXPECT_TRUE(Migrate(*database).ok());
  EXPECT_EQ(One(*database, "PRAGMA schema_version"), before);
  EXPECT_EQ(One(*database, "SELECT count(*) FROM dedupe"), "1");
}

TEST(SchemaTest, NewerVersionIsRefused) {
  const TempFolder folder;
  const auto database = OpenAt(folder.path() + "/a.db");
  ASSERT_TRUE(database->Execute("PRAGMA user_version=99").ok());
  const absl::Status status = Migrate(*database);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("99"));
  EXPECT_EQ(One(*database, "SELECT count(*) FROM sqlite_schema"), "0");
}

TEST(SchemaTest, FailedMigrationLeavesNothing) {
  const TempFolder folder;
  const auto database = OpenAt(folder.path() + "/a.db");
  ASSERT_TRUE(database->Execute("CREATE TABLE messages (a)").ok());
  EXPECT_FALSE(Migrate(*database).ok());
  EXPECT_EQ(One(*database, "SELECT count(*) FROM sqlite_schema"), "1");
  EXPECT_EQ(One(*database, "PRAGMA user_version"), "0");
}

// The queries of the hot paths must not walk whole tables.
TEST(SchemaTest, HotQueriesUseAnIndex) {
  const TempFolder folder;
  const auto database = OpenAt(folder.path() + "/a.db");
  ASSERT_TRUE(Migrate(*database).ok());
  for (const char* sql :
       {"SELECT seq FROM event_mids WHERE mid_key = ?1 AND kind = ?2 "
        "ORDER BY seq LIMIT 1",
        "SELECT 1 FROM dedupe WHERE key = ?",
        "DELETE FROM dedupe WHERE key IN (SELECT key FROM dedupe "
        "WHERE born_ms < ?1 ORDER BY born_ms, key LIMIT ?2)",
        "SELECT no FROM messages WHERE id = ?1",
        "SELECT no FROM messages WHERE channel_no = ?1 AND request_id = ?2",
        "SELECT no FROM messages WHERE mid_key = ?1 ORDER BY no LIMIT 1",
        "SELECT 1 FROM messages WHERE channel_no = ?1 AND user_id = ?2 AND "
        "state IN (2, 4) AND state = 2 LIMIT 1",
        "SELECT sealed FROM contents WHERE no = ?1",
        "DELETE FROM unmatched_echoes WHERE mid_key = ?1",
        "DELETE FROM unmatched_echoes WHERE seq IN (SELECT seq FROM "
        "unmatched_echoes WHERE born_ms < ?1 ORDER BY born_ms, seq LIMIT ?2)",
        "SELECT 1 FROM held_echoes WHERE channel_no = ?1 AND user_id = ?2 "
        "AND mid_key = ?3 LIMIT 1",
        "SELECT no FROM held_echoes WHERE channel_no = ?1 AND user_id = ?2 "
        "AND (?3 IS NULL OR mid_key = ?3) ORDER BY no",
        "SELECT id FROM messages INDEXED BY messages_open WHERE "
        "state IN (2, 4) AND state = 2",
        "SELECT count(*) FROM messages WHERE state IN (2, 4) AND state = 4",
        "SELECT coalesce(max(no), 0) FROM deliveries",
        "SELECT last_inbound_ms, opt_out_ms, sealed_username, last_seq, "
        "last_message_seq FROM conversations WHERE channel_no = ?1 AND "
        "user_id = ?2",
        "SELECT last_inbound_ms, last_seq, last_message_seq FROM conversations "
        "WHERE channel_no = ?1 AND user_id = ?2",
        "SELECT seq, channel_no, user_id, event_ms, receive_ms, advances, "
        "type, "
        "mid_kind, mid_key IS NOT NULL FROM events WHERE seq > ?1 AND user_id "
        "<> '' ORDER BY seq",
        "SELECT no FROM channels WHERE id = ?1 ORDER BY no",
        "SELECT user_id, last_message_seq FROM conversations WHERE "
        "channel_no = ?1 AND last_message_seq > 0 AND last_message_seq <= ?2 "
        "ORDER BY last_message_seq DESC",
        "SELECT no FROM messages INDEXED BY messages_user WHERE "
        "channel_no = ?1 AND user_id = ?5 AND no > ?2 AND no <= ?3 "
        "ORDER BY no DESC LIMIT ?4",
        "SELECT no FROM messages NOT INDEXED WHERE "
        "channel_no = ?1 AND no > ?2 AND no <= ?3 ORDER BY no LIMIT ?4",
        "SELECT no, after_seq FROM messages WHERE no >= ?1 ORDER BY no LIMIT 1",
        "SELECT coalesce(min(no), 0) FROM messages",
        "SELECT seq FROM events WHERE message_no = ?1 ORDER BY seq",
        "SELECT seq FROM events WHERE seq > ?1 AND seq <= ?2 AND "
        "receive_ms < ?3 ORDER BY seq DESC LIMIT 1",
        "SELECT seq FROM event_mids WHERE mid_key = ?1 AND kind = ?2 "
        "ORDER BY seq DESC LIMIT ?3",
        "SELECT call_ms FROM send_calls WHERE channel_no = ?1 AND user_id = ?2 "
        "AND call_ms > ?3 AND call_ms <= ?4 ORDER BY call_ms DESC, no DESC "
        "LIMIT 1 OFFSET ?5",
        "SELECT channel_no, user_id, call_ms, no FROM send_calls "
        "WHERE born_ms < ?1 ORDER BY born_ms, no LIMIT ?2",
        "SELECT channel_no, user_id, call_ms, no FROM send_calls WHERE "
        "channel_no = ?1 AND user_id BETWEEN ?2 AND ?3 "
        "ORDER BY user_id, call_ms, no LIMIT ?4",
        "SELECT no FROM messages WHERE request_id IS NOT NULL AND "
        "coalesce(born_ms, claim_ms) < ?1 AND NOT (state IN (2, 4)) "
        "ORDER BY coalesce(born_ms, claim_ms), no LIMIT ?2",
        "SELECT id FROM data_keys WHERE channel_no = ?1 AND user_id = ?2 "
        "ORDER BY id LIMIT 1",
        "SELECT seq FROM events WHERE seq > ?1 AND seq <= ?2 AND "
        "receive_ms >= ?3 ORDER BY seq LIMIT 1",
        "DELETE FROM raw_items WHERE no <= ?1",
        "SELECT id, receive_ms FROM deliveries WHERE no = ?1",
        "SELECT no, id FROM deliveries WHERE no < ?1 ORDER BY no DESC LIMIT ?2",
        "SELECT no, delivery_no FROM raw_items WHERE no >= ?1 ORDER BY no "
        "LIMIT 1",
        "SELECT r.no, e.id, x.raw_no FROM raw_items r LEFT JOIN events e ON "
        "e.seq = r.unknown_seq LEFT JOIN redriven_items x ON x.raw_no = r.no "
        "WHERE r.no >= ?1 ORDER BY r.no",
        "SELECT 1 FROM redriven_items WHERE raw_no = ?1",
        "SELECT coalesce(replaces_seq, 0) FROM redriven_items WHERE seq = ?1",
        "DELETE FROM redriven_items WHERE seq < ?1"}) {
    sqlite::Statement plan(*database,
                           (std::string("EXPLAIN QUERY PLAN ") + sql).c_str());
    std::string steps;
    for (;;) {
      const auto row = plan.Step();
      ASSERT_TRUE(row.ok()) << sql;
      if (!*row) break;
      steps += plan.String(3) + "; ";
    }
    // A search by the key of what an inner query has found is one, too.
    EXPECT_THAT(steps, testing::AnyOf(testing::Not(HasSubstr("SCAN")),
                                      HasSubstr("messages_open")))
        << sql;
    EXPECT_THAT(steps, testing::Not(HasSubstr("TEMP B-TREE"))) << sql;
  }
}

// The one by age would do for it too, reading all customers' calls.
TEST(SchemaTest, QuotaReadsOneCustomersCalls) {
  const TempFolder folder;
  const auto database = OpenAt(folder.path() + "/a.db");
  ASSERT_TRUE(Migrate(*database).ok());
  sqlite::Statement plan(
      *database,
      "EXPLAIN QUERY PLAN SELECT call_ms FROM send_calls WHERE "
      "channel_no = ?1 AND user_id = ?2 AND call_ms > ?3 AND "
      "call_ms <= ?4 ORDER BY call_ms DESC, no DESC LIMIT 1 "
      "OFFSET ?5");
  const auto row = plan.Step();
  ASSERT_TRUE(row.ok() && *row);
  EXPECT_THAT(plan.String(3),
              HasSubstr("PRIMARY KEY (channel_no=? AND user_id=? AND "
                        "call_ms>? AND call_ms<?)"));
}

// A part of the key would do for it too, walking through a channel's calls.
TEST(SchemaTest, ACallIsForgottenByItsWholeKey) {
  const TempFolder folder;
  const auto database = OpenAt(folder.path() + "/a.db");
  ASSERT_TRUE(Migrate(*database).ok());
  sqlite::Statement plan(
      *database,
      "EXPLAIN QUERY PLAN DELETE FROM send_calls WHERE channel_no = ?1 AND "
      "user_id = ?2 AND call_ms = ?3 AND no = ?4");
  const auto row = plan.Step();
  ASSERT_TRUE(row.ok() && *row);
  EXPECT_THAT(plan.String(3), HasSubstr("(channel_no=? AND user_id=? AND "
                                        "call_ms=? AND no=?)"));
}

// Any part of the conversation's index would do, reading all that is open.
TEST(SchemaTest, ContentIsMatchedWithinItsTime) {
  const TempFolder folder;
  const auto database = OpenAt(folder.path() + "/a.db");
  ASSERT_TRUE(Migrate(*database).ok());
  const struct {
    const char* sql;
    const char* search;
  } kCases[] = {
      {"SELECT 1 FROM messages WHERE channel_no = ?1 AND user_id = ?2 AND "
       "content_match = ?3 AND state IN (2, 4) AND state = 2 LIMIT 1",
       "messages_open (channel_no=? AND user_id=? AND state=? AND "
       "content_match=?)"},
      {"SELECT id, claim_ms FROM messages WHERE channel_no = ?1 AND "
       "user_id = ?2 AND content_match = ?3 AND state IN (2, 4) AND state = 4 "
       "AND claim_ms BETWEEN ?4 AND ?5 ORDER BY claim_ms DESC, no DESC LIMIT 2",
       "messages_open (channel_no=? AND user_id=? AND state=? AND "
       "content_match=? AND claim_ms>? AND claim_ms<?)"},
      {"SELECT claim_ms FROM messages WHERE channel_no = ?1 AND user_id = ?2 "
       "AND content_match = ?3 AND state IN (2, 4) AND state = 4 AND "
       "claim_ms >= ?4 ORDER BY claim_ms LIMIT 1",
       "messages_open (channel_no=? AND user_id=? AND state=? AND "
       "content_match=? AND claim_ms>?)"},
      {"SELECT seq FROM unmatched_echoes WHERE channel_no = ?1 AND "
       "user_id = ?2 AND content_match = ?3 AND echo_ms BETWEEN ?4 AND ?5 "
       "ORDER BY echo_ms, seq LIMIT 2",
       "unmatched_echoes_content (channel_no=? AND user_id=? AND "
       "content_match=? AND echo_ms>? AND echo_ms<?)"}};
  for (const auto& one : kCases) {
    sqlite::Statement plan(
        *database, (std::string("EXPLAIN QUERY PLAN ") + one.sql).c_str());
    const auto row = plan.Step();
    ASSERT_TRUE(row.ok() && *row) << one.sql;
    EXPECT_THAT(plan.String(3), HasSubstr(one.search)) << one.sql;
    EXPECT_FALSE(plan.Step().value_or(true)) << "it sorts: " << one.sql;
  }
}

}  // namespace
}  // namespace linktor::state
