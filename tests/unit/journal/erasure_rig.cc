#include "tests/unit/journal/erasure_rig.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/support/golden.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::journal {

void SealedCopies::Add(const google::protobuf::Message& message) {
  using Field = google::protobuf::FieldDescriptor;
  const auto& reflection = *message.GetReflection();
  std::vector<const Field*> fields;
  reflection.ListFields(message, &fields);
  for (const Field* field : fields) {
    if (field->cpp_type() == Field::CPPTYPE_MESSAGE) {
      if (!field->is_repeated()) {
        Add(reflection.GetMessage(message, field));
        continue;
      }
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        Add(reflection.GetRepeatedMessage(message, field, i));
      }
    } else if (field->name().starts_with("sealed") ||
               field->name() == "wrapped") {
      const std::string sealed = reflection.GetString(message, field);
      for (std::size_t at = 0; at + kWindow <= sealed.size(); ++at) {
        windows_.insert(sealed.substr(at, kWindow));
      }
    }
  }
}

std::vector<std::string> SealedCopies::In(const std::string& folder) const {
  std::vector<std::string> tainted;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string file = ReadFile(entry.path());
    for (std::size_t at = 0; at + kWindow <= file.size(); ++at) {
      if (!windows_.contains(std::string_view(file).substr(at, kWindow))) {
        continue;
      }
      tainted.push_back(
          absl::StrCat(entry.path().filename().string(), " at ", at));
      break;
    }
  }
  return tainted;
}

ErasingJournal::ErasingJournal(const std::string& path)
    : clock_(absl::FromUnixMillis(state::kNowMs)) {
  auto folder = DataFolder::Open(path, state::TestMasterKey());
  if (!folder.ok()) return;
  folder_ = *std::move(folder);
  auto journal = EmbeddedJournal::Create({}, *folder_, state::kNowMs,
                                         [](const absl::Status&) {});
  if (!journal.ok()) return;
  journal_ = *std::move(journal);
  const auto due = folder_->state().LastDueErasure();
  EXPECT_THAT(due, IsOk());
  const auto erasing = folder_->state().HasForgetting();
  EXPECT_THAT(erasing, IsOk());
  worker_ = std::make_unique<ErasureWorker>(
      clock_, *journal_,
      ErasureWorker::Options{
          .begin_log_anew = [this] { return journal_->BeginLogAnew(); },
          .old_log_bytes = [this] { return journal_->OldLogBytes(); },
          .cut_log = [this] { return journal_->CutLog(); },
          .pause = std::chrono::milliseconds(1),
          .due = due.value_or(0),
          .erasing = erasing.value_or(false)});
  folder_->feed().Add([this](auto records) {
    worker_->OnCommit(records);
    MutexLock lock(mutex_);
    changed_.SignalAll();
  });
  worker_->Start();
}

ErasingJournal::~ErasingJournal() {
  worker_.reset();
  journal_.reset();
}

Ending ErasingJournal::Append(const journal::Record& record) {
  Ending ending = AppendAndWait(*journal_, record);
  EXPECT_TRUE(ending.applied());
  return ending;
}

bool ErasingJournal::IsErased() {
  return folder_->state().LastDueErasure().value_or(0) == 0 &&
         !folder_->state().HasForgetting().value_or(true);
}

void ErasingJournal::AwaitErased() {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  MutexLock lock(mutex_);
  while (!IsErased()) {
    ASSERT_LT(std::chrono::steady_clock::now(), end)
        << "an erasure is still due";
    changed_.WaitFor(mutex_, std::chrono::seconds(1));
  }
}

}  // namespace linktor::journal
