#include "server/store/checkpointer.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "tests/support/golden.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace linktor {
namespace {

// Far more than it takes.
constexpr int kMaxCommits = 200'000;

class CheckpointerTest : public testing::Test {
 protected:
  CheckpointerTest() : path_(folder_.path() + "/t.db") {
    writer_ = *Database::Open(path_, Database::Mode::kReadWrite);
    EXPECT_TRUE(writer_->Execute("PRAGMA synchronous=OFF").ok());
    checkpointer_ =
        *Checkpointer::Start(path_, {.begin = 20, .step = 5, .tail = 10});
    checkpointer_->Follow(*writer_);
    EXPECT_TRUE(writer_->Execute("CREATE TABLE t (a, b)").ok());
    insert_.emplace(*writer_, "INSERT INTO t VALUES (?, randomblob(3000))");
  }
  ~CheckpointerTest() override {
    insert_.reset();
    writer_.reset();
  }

  void Commit() { ASSERT_TRUE(insert_->Bind(1, ++committed_).Run().ok()); }
  // The log's salt, which is another each time it begins again.
  std::string Salt() { return ReadFile(path_ + "-wal").substr(16, 8); }
  // Whether the log begins again while commits come without a pause.
  bool BeginsAgain(int max_commits) {
    const std::string salt = Salt();
    for (int i = 0; i < max_commits; ++i) {
      Commit();
      if (i % 50 == 0 && Salt() != salt) return true;
    }
    return Salt() != salt;
  }

  TempFolder folder_;
  const std::string path_;
  std::unique_ptr<Checkpointer> checkpointer_;
  std::unique_ptr<Database> writer_;
  std::optional<Statement> insert_;
  std::int64_t committed_ = 0;
};

TEST_F(CheckpointerTest, LogBeginsAgainUnderAWriterThatNeverRests) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(BeginsAgain(kMaxCommits));
  Statement count(*writer_, "SELECT count(*), max(a) FROM t");
  ASSERT_TRUE(*count.Step());
  EXPECT_EQ(count.Int(0), committed_);
  EXPECT_EQ(count.Int(1), committed_);
}

TEST_F(CheckpointerTest, ReaderKeepsItsSnapshotAndHoldsNobodyUp) {
  Commit();
  const auto reader = *Database::Open(path_, Database::Mode::kReadOnly);
  {
    Statement read(*reader, "SELECT count(*) FROM t");
    Statement begin(*reader, "BEGIN");
    ASSERT_TRUE(begin.Run().ok());
    ASSERT_TRUE(*read.Step());
    EXPECT_EQ(read.Int(0), 1);
    read.Reset();
    EXPECT_FALSE(BeginsAgain(500));
    ASSERT_TRUE(*read.Step());
    EXPECT_EQ(read.Int(0), 1);
    read.Reset();
    ASSERT_TRUE(reader->Execute("COMMIT").ok());
  }
  EXPECT_TRUE(BeginsAgain(kMaxCommits));
}

}  // namespace
}  // namespace linktor
