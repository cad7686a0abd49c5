// A GatedJournal forwards records to another journal, or behaves like a journal
// that has a problem. It can hold records, refuse them, or say that nobody
// knows whether they are stored.

#pragma once

#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "server/base/mutex.h"
#include "server/journal/journal.h"

namespace linktor {

class GatedJournal final : public journal::Journal {
 public:
  using Which = std::function<bool(const journal::Record&)>;

  static bool Every(const journal::Record&) { return true; }
  static bool Outcomes(const journal::Record& record) {
    return record.has_send_outcome();
  }
  static bool Claims(const journal::Record& record) {
    return record.has_claim();
  }

  // Sets the journal that records are forwarded to. It must be set before the
  // first append. `next` must outlive this, unless another journal is set
  // before the next append.
  void SetNext(journal::Journal& next) {
    MutexLock lock(mutex_);
    next_ = &next;
  }

  // Keeps the records that are appended until Release(), which forwards them.
  void Hold() {
    MutexLock lock(mutex_);
    held_ = true;
  }
  void Release() {
    std::vector<std::pair<journal::Appended, Callback>> kept;
    journal::Journal* next = nullptr;
    {
      MutexLock lock(mutex_);
      held_ = false;
      kept.swap(kept_);
      next = next_;
    }
    for (auto& [appended, done] : kept) {
      next->Append(std::move(appended), std::move(done));
    }
  }

  // Refuses the records that are kept, and stops keeping records.
  void RefuseKept(const absl::Status& why) {
    std::vector<std::pair<journal::Appended, Callback>> kept;
    {
      MutexLock lock(mutex_);
      held_ = false;
      kept.swap(kept_);
    }
    for (auto& [appended, done] : kept) done(journal::Ending::Refused(why));
  }
  // Waits until at least `count` records are kept.
  void WaitForKept(std::size_t count = 1) {
    MutexLock lock(mutex_);
    while (kept_.size() < count) changed_.Wait(mutex_);
  }

  // Refuses the records for which `which` is true, with this status, until
  // Accept().
  void Refuse(Which which, absl::Status why) {
    MutexLock lock(mutex_);
    refused_ = std::move(which);
    why_ = std::move(why);
  }
  // Stores the records for which `which` is true, but tells their callers that
  // nobody knows whether they are stored, until Accept().
  void Doubt(Which which) {
    MutexLock lock(mutex_);
    doubted_ = std::move(which);
  }
  void Accept() {
    MutexLock lock(mutex_);
    refused_ = nullptr;
    doubted_ = nullptr;
  }
  // Returns how many records were refused by Refuse() or left unknown by
  // Doubt().
  int troubled() const {
    MutexLock lock(mutex_);
    return troubled_;
  }

  using journal::Journal::Append;
  void Append(journal::Appended appended, Callback done) override {
    journal::Journal* next = nullptr;
    journal::Ending trouble = journal::Ending::Applied(state::Done{});
    {
      MutexLock lock(mutex_);
      if (held_) {
        kept_.emplace_back(std::move(appended), std::move(done));
        changed_.SignalAll();
        return;
      }
      next = next_;
      if (refused_ && refused_(appended.record)) {
        trouble = journal::Ending::Refused(why_);
      } else if (doubted_ && doubted_(appended.record)) {
        trouble =
            journal::Ending::Unknown(absl::UnavailableError("nobody knows"));
      }
      if (!trouble.applied()) ++troubled_;
    }
    switch (trouble.kind) {
      case journal::Ending::Kind::kApplied:
        return next->Append(std::move(appended), std::move(done));
      case journal::Ending::Kind::kRefused:
        return done(std::move(trouble));
      case journal::Ending::Kind::kUnknown:
        done(std::move(trouble));
        return next->Append(std::move(appended), [](const journal::Ending&) {});
    }
  }

 private:
  mutable Mutex mutex_;
  CondVar changed_;
  journal::Journal* next_ ABSL_GUARDED_BY(mutex_) = nullptr;
  bool held_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::pair<journal::Appended, Callback>> kept_
      ABSL_GUARDED_BY(mutex_);
  Which refused_ ABSL_GUARDED_BY(mutex_);
  absl::Status why_ ABSL_GUARDED_BY(mutex_);
  Which doubted_ ABSL_GUARDED_BY(mutex_);
  int troubled_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace linktor
