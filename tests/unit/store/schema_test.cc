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
  EXPECT_EQ(One(*database,
                "SELECT group_concat(name) FROM (SELECT name FROM "
                "sqlite_schema WHERE type = 'table' AND name NOT LIKE "
                "'sqlite_%' ORDER BY name)"),
            "channels,conversations,data_keys,dedupe,deliveries,event_mids,"
            "events,log_state,messages,raw_items,unmatched_echoes");
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
       {"SELECT 1 FROM event_mids WHERE mid_key = ? AND kind = ?",
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
        "DELETE FROM raw_items WHERE no <= ?1"}) {
    Statement plan(*database,
                   (std::string("EXPLAIN QUERY PLAN ") + sql).c_str());
    const auto row = plan.Step();
    ASSERT_TRUE(row.ok() && *row) << sql;
    EXPECT_THAT(plan.String(3),
                testing::AnyOf(HasSubstr("SEARCH"), HasSubstr("messages_open")))
        << sql;
  }
}

}  // namespace
}  // namespace linktor
