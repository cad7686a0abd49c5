// The feed tells the views, in order, what each commit has changed. A view is a
// part of the state that the server keeps in memory. The live ring, the channel
// registry, the API keys and the lanes of sends (messaging/lanes.h) are views.
// A view is loaded once from the state, and it learns every later change from
// the feed. So a view is right even when another instance (data folder) has
// appended the record.

#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "server/base/mutex.h"
#include "server/journal/record.pb.h"
#include "server/state/effects.h"

namespace linktor::journal {

// An AppliedRecord is a committed record with its effects. The view borrows the
// record and the effects until its call returns.
struct AppliedRecord {
  const journal::Record& record;
  // It is true when this process appended the record. A lane of sends begins
  // only those claims that its own process has appended.
  bool own = false;
  const state::Effects& effects;
};

// Each journal has one Feed. The data folder owns it, so that views can be
// added before any record is applied.
class Feed {
 public:
  // A view is called on the applying thread, with all records that one commit
  // has applied, in their order. The views are called before the appenders get
  // their answers. So an appender that has its answer finds the effect in every
  // view. A view must not block. It may append a record, but it must not wait
  // until that append has ended.
  using View = std::function<void(std::span<const AppliedRecord>)>;

  // Adds a view; it is thread-safe. Views are told in the order in which they
  // were added. A view cannot be removed. So everything that it refers to must
  // live until no record is applied any more.
  void Add(View view) {
    MutexLock lock(mutex_);
    auto next = std::make_shared<std::vector<View>>(*views_);
    next->push_back(std::move(view));
    views_ = std::move(next);
  }

  // Tells every view about one commit. Only the journal calls it, on the
  // applying thread. Under the mutex it only copies the pointer to the list. It
  // releases the mutex before it calls the views, because no code of this
  // server calls other code while it holds a mutex.
  void Tell(std::span<const AppliedRecord> records) const {
    std::shared_ptr<const std::vector<View>> views;
    {
      MutexLock lock(mutex_);
      views = views_;
    }
    for (const View& view : *views) view(records);
  }

 private:
  // The mutex guards the pointer to the list. The list itself never changes:
  // Add replaces it with a longer copy, and a Tell that is under way keeps the
  // old list.
  mutable Mutex mutex_;
  std::shared_ptr<const std::vector<View>> views_ ABSL_GUARDED_BY(mutex_) =
      std::make_shared<const std::vector<View>>();
};

}  // namespace linktor::journal
