// The feed tells the views, in order, what each commit has changed. A view is a
// part of the state that the server keeps in memory, such as the live ring, the
// channel registry, the API keys and the lanes of sends. A view is loaded once
// from the state and learns everything else from the feed. So it is right even
// when another instance has appended the record.

#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "server/base/mutex.h"
#include "server/journal/record.pb.h"
#include "server/state/effects.h"

namespace linktor::journal {

// An AppliedRecord is a committed record with its effects. The record and the
// effects are borrowed until the call to the view returns.
struct AppliedRecord {
  const journal::Record& record;
  // Says whether this process appended the record. A lane of sends begins only
  // the claims that its own process has appended.
  bool own = false;
  const state::Effects& effects;
};

// Each journal has one Feed. The data folder owns it, so that views can be
// added before anything is applied.
class Feed {
 public:
  // A view is called on the applying thread with all records that one commit
  // has applied, in order. That is before the appenders get their answers, so a
  // caller with an answer finds its effect in every view. A view must not
  // block, so it may append a record but must not wait for the end of it.
  using View = std::function<void(std::span<const AppliedRecord>)>;

  // Adds a view; it is thread-safe. Views are told in the order in which they
  // were added. A view cannot be removed, so everything that it refers to must
  // live until nothing is applied any more.
  void Add(View view) {
    MutexLock lock(mutex_);
    auto next = std::make_shared<std::vector<View>>(*views_);
    next->push_back(std::move(view));
    views_ = std::move(next);
  }

  // Tells every view about one commit. Only the journal calls it, on the
  // applying thread. It copies the pointer to the list under the mutex and
  // releases the mutex before it calls the views, because no code calls out
  // while it holds a mutex.
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
