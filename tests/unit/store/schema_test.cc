#include "server/store/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/store/store_rig.h"

namespace linktor {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<Database> OpenAt(const std::string& path) {
  auto database = Database::Open(path, Database::Mode::kReadWrite);
  EXPECT_TRUE(database.ok()) << database.status();
  return *std::move(database);
}

std::string One(Database& database, const char* sql) {
  Statement read(database, sql);
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
      "api_keys,channels,conversations,data_keys,dedupe,deliveries,event_mids,"
      "events,log_state,messages,raw_items,recent_mids,send_calls,"
      "unmatched_echoes");
  EXPECT_EQ(One(*database, "PRAGMA user_version"), "3");
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

// A change to what has been released would make folders differ by their age.
TEST(SchemaTest, ReleasedVersionsNeverChange) {
  const TempFolder folder;
  const auto database = OpenAt(folder.path() + "/a.db");
  ASSERT_TRUE(MigrateTo(*database, 1).ok());
  EXPECT_EQ(One(*database, "PRAGMA user_version"), "1");
  const std::string schema =
      One(*database,
          "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema "
          "WHERE sql IS NOT NULL ORDER BY name)");
  EXPECT_EQ(FormatId("v1_", HashedRawId({"schema", schema})),
            "v1_beb6703deb81f74baf4ffd68ae4d0784");
}

TEST(SchemaTest, UpgradedIsAsFresh) {
  const TempFolder folder;
  const auto upgraded = OpenAt(folder.path() + "/a.db");
  ASSERT_TRUE(MigrateTo(*upgraded, 1).ok());
  ASSERT_TRUE(Migrate(*upgraded).ok());
  const auto fresh = OpenAt(folder.path() + "/b.db");
  ASSERT_TRUE(Migrate(*fresh).ok());
  const char* sql =
      "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema "
      "WHERE sql IS NOT NULL ORDER BY name)";
  EXPECT_EQ(One(*upgraded, sql), One(*fresh, sql));
  EXPECT_EQ(One(*upgraded, "PRAGMA user_version"),
            One(*fresh, "PRAGMA user_version"));
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
       {"SELECT seq FROM event_mids WHERE mid_key = ? AND kind = ? LIMIT 1",
        "DELETE FROM recent_mids WHERE seq <= ?1",
        "SELECT 1 FROM dedupe WHERE key = ?",
        "SELECT sealed_content FROM messages WHERE id = ?1",
        "SELECT id FROM messages WHERE channel_no = ?1 AND request_id = ?2",
        "SELECT id FROM messages WHERE mid_key = ?1",
        "SELECT id FROM messages WHERE channel_no = ?1 AND user_id = ?2 "
        "AND state IN (2, 4)",
        "SELECT seq FROM unmatched_echoes WHERE channel_no = ?1 AND "
        "user_id = ?2 AND content_match = ?3",
        "SELECT id FROM messages WHERE state IN (2, 4)",
        "SELECT coalesce(max(no), 0) FROM deliveries",
        "SELECT last_inbound_ms, opt_out_ms, sealed_username FROM "
        "conversations WHERE channel_no = ?1 AND user_id = ?2",
        "SELECT call_ms FROM send_calls WHERE channel_no = ?1 AND user_id = ?2 "
        "AND call_ms > ?3 AND call_ms <= ?4 ORDER BY call_ms DESC "
        "LIMIT 1 OFFSET ?5",
        "SELECT no FROM send_calls WHERE call_ms < ?1 LIMIT ?2",
        "DELETE FROM send_calls WHERE no IN (SELECT no FROM send_calls "
        "WHERE call_ms < ?1 LIMIT ?2)",
        "DELETE FROM raw_items WHERE no <= ?1"}) {
    Statement plan(*database,
                   (std::string("EXPLAIN QUERY PLAN ") + sql).c_str());
    std::string steps;
    for (;;) {
      const auto row = plan.Step();
      ASSERT_TRUE(row.ok()) << sql;
      if (!*row) break;
      steps += plan.String(3) + "; ";
    }
    EXPECT_THAT(steps,
                testing::AnyOf(HasSubstr("SEARCH"), HasSubstr("messages_open")))
        << sql;
    EXPECT_THAT(steps, testing::Not(HasSubstr("TEMP B-TREE"))) << sql;
  }
}

// The one by age would do for it too, reading all customers' calls.
TEST(SchemaTest, QuotaReadsOneCustomersCalls) {
  const TempFolder folder;
  const auto database = OpenAt(folder.path() + "/a.db");
  ASSERT_TRUE(Migrate(*database).ok());
  Statement plan(*database,
                 "EXPLAIN QUERY PLAN SELECT call_ms FROM send_calls WHERE "
                 "channel_no = ?1 AND user_id = ?2 AND call_ms > ?3 AND "
                 "call_ms <= ?4 ORDER BY call_ms DESC LIMIT 1 OFFSET ?5");
  const auto row = plan.Step();
  ASSERT_TRUE(row.ok() && *row);
  EXPECT_THAT(plan.String(3),
              HasSubstr("send_calls_user (channel_no=? AND user_id=? AND "
                        "call_ms>? AND call_ms<?)"));
}

}  // namespace
}  // namespace linktor
