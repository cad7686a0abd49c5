#include "tests/unit/journal/engines.h"

#include <gtest/gtest.h>

#include <latch>
#include <optional>
#include <utility>

#include "server/base/try.h"
#include "server/journal/embedded_journal.h"
#include "tests/fakes/memory_journal.h"
#include "tests/unit/journal/state_dump.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::journal {
namespace {

void Execute(const std::string& database_path, const std::string& sql) {
  auto database =
      sqlite::Database::Open(database_path, sqlite::Database::Mode::kReadWrite);
  ASSERT_TRUE(database.ok()) << database.status();
  const absl::Status done = (*database)->Execute(sql.c_str());
  ASSERT_TRUE(done.ok()) << done;
}

class EmbeddedEngine final : public EngineUnderTest {
 public:
  explicit EmbeddedEngine(const EngineOptions& options) : options_(options) {}
  ~EmbeddedEngine() override { EmbeddedEngine::Close(); }

  absl::Status Open(Feed::View view) override {
    LINKTOR_ASSIGN(folder_,
                   DataFolder::Open(temp_.path(), state::TestMasterKey()));
    folder_->feed().Add(std::move(view));
    EmbeddedJournal::Options options = state::StoreRig::PatientOptions();
    options.runs = options_.runs;
    LINKTOR_ASSIGN(journal_,
                   EmbeddedJournal::Create(options, *folder_, state::kNowMs,
                                           [this](const absl::Status& why) {
                                             MutexLock lock(mutex_);
                                             stopped_ = why;
                                           }));
    return absl::OkStatus();
  }
  void Close() override {
    journal_.reset();
    folder_.reset();
  }
  void Stop() override { journal_->Stop(); }
  Journal& journal() override { return *journal_; }
  DataFolder& folder() override { return *folder_; }

  // The answer to a record holds the writer up.
  void Hold() override {
    std::latch holding(1);
    std::latch& held = held_.emplace(1);
    journal_->Append(state::MakeNothing(), [&holding, &held](const Ending&) {
      holding.count_down();
      held.wait();
    });
    holding.wait();
  }
  void Release() override {
    ASSERT_TRUE(held_.has_value());
    held_->count_down();
  }
  absl::Status stopped() override {
    MutexLock lock(mutex_);
    return stopped_;
  }
  void ExecuteClosed(const std::string& sql) override {
    Execute(temp_.path() + "/gateway.db", sql);
  }

 private:
  const EngineOptions options_;
  TempFolder temp_;
  std::optional<std::latch> held_;
  Mutex mutex_;
  absl::Status stopped_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<DataFolder> folder_;
  std::unique_ptr<EmbeddedJournal> journal_;
};

class MemoryEngine final : public LogUnderTest::Instance {
 public:
  MemoryEngine(SharedLog& log, const EngineOptions& options)
      : instance_(log, {.runs = options.runs}) {}

  absl::Status Open(Feed::View view) override {
    return instance_.Open(std::move(view));
  }
  void Close() override { instance_.Close(); }
  Journal& journal() override { return instance_.journal(); }
  DataFolder& folder() override { return instance_.folder(); }
  void Hold() override { instance_.journal().SetStepped(true); }
  void Release() override {
    instance_.journal().SetStepped(false);
    instance_.journal().Pump();
  }
  void Follow() override { instance_.journal().Pump(); }
  absl::Status stopped() override { return instance_.journal().stopped(); }
  std::string database_path() const override {
    return instance_.database_path();
  }

 private:
  MemoryInstance instance_;
};

// An instance with a second one behind it that applies the log when the first
// is closed, in other batches: it must come to say the same.
class FollowedEngine final : public EngineUnderTest {
 public:
  explicit FollowedEngine(const EngineOptions& options)
      : first_(log_, {.runs = options.runs}),
        second_(log_, {.batch_records = 3, .runs = {5, 5}}) {
    // It has its tables from now on.
    const absl::Status made = second_.CatchUp();
    EXPECT_TRUE(made.ok()) << made;
  }

  absl::Status Open(Feed::View view) override {
    return first_.Open(std::move(view));
  }
  void Close() override { first_.Close(); }
  void Stop() override { first_.journal().Stop(); }
  Journal& journal() override { return first_.journal(); }
  DataFolder& folder() override { return first_.folder(); }
  void Hold() override { first_.journal().SetStepped(true); }
  void Release() override {
    first_.journal().SetStepped(false);
    first_.journal().Pump();
  }
  absl::Status stopped() override { return first_.journal().stopped(); }
  // At the same place of the log.
  void ExecuteClosed(const std::string& sql) override {
    EXPECT_EQ(first_.CatchUp(), second_.CatchUp());
    Execute(first_.database_path(), sql);
    Execute(second_.database_path(), sql);
  }
  void CheckClosed() override {
    EXPECT_EQ(first_.CatchUp(), second_.CatchUp());
    const auto first = DumpState(first_.database_path());
    const auto second = DumpState(second_.database_path());
    ASSERT_TRUE(first.ok()) << first.status();
    ASSERT_TRUE(second.ok()) << second.status();
    EXPECT_EQ(DifferenceOf(*first, *second), "");
  }

 private:
  SharedLog log_;
  MemoryInstance first_;
  MemoryInstance second_;
};

class MemoryLog final : public LogUnderTest {
 public:
  std::unique_ptr<Instance> Add(const EngineOptions& options) override {
    return std::make_unique<MemoryEngine>(log_, options);
  }
  void AppendBytes(std::string record) override {
    log_.Append(std::move(record));
  }
  std::vector<std::string> Records() override {
    std::vector<std::string> records;
    for (std::int64_t i = 1; i <= log_.last_position(); ++i) {
      records.push_back(log_.At(i));
    }
    return records;
  }

 private:
  SharedLog log_;
};

}  // namespace

std::vector<EngineKind> AllEngines() {
  return {{.name = "Embedded",
           .make =
               [](const EngineOptions& options) {
                 return std::make_unique<EmbeddedEngine>(options);
               }},
          {.name = "Memory", .make = [](const EngineOptions& options) {
             return std::make_unique<FollowedEngine>(options);
           }}};
}

std::vector<LogKind> AllLogs() {
  return {
      {.name = "Memory", .make = [] { return std::make_unique<MemoryLog>(); }}};
}

}  // namespace linktor::journal
