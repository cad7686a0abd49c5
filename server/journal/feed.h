// The feed tells the views what came of each commit, in order, whoever appended
// it. A view is what the server keeps in memory of the state: live ring,
// channel registry, API keys, lanes of sends. It is loaded once from the state
// and learns everything else from here, so that it is right also when another
// instance appended the record.

#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "server/base/mutex.h"
#include "server/journal/record.pb.h"
#include "server/state/effects.h"

namespace linktor {

// An AppliedRecord is a committed record with its effects. Both are borrowed
// for the length of the call to the view.
struct AppliedRecord {
  const journal::Record& record;
  // Says whether this process appended it. A lane of sends begins only claims
  // that are its own.
  bool own = false;
  const Effects& effects;
};

// There is one Feed for a journal; the data folder owns it, so that views can
// be added before anything is applied.
class Feed {
 public:
  // A view is called on the applying thread with all records of one commit, in
  // order, before their appenders are answered: a caller that gets an answer
  // finds its effect in every view. It must not block, and must not append and
  // wait. It may append without waiting.
  using View = std::function<void(std::span<const AppliedRecord>)>;

  // Adds a view; it is thread-safe. Views are told in the order in which they
  // were added. A view cannot be removed: what it refers to must live until
  // nothing is applied any more.
  void Add(View view) {
    MutexLock lock(mutex_);
    auto next = std::make_shared<std::vector<View>>(*views_);
    next->push_back(std::move(view));
    views_ = std::move(next);
  }

  // Tells all views of one commit. The journal alone calls it, on the applying
  // thread. The list is copied under the mutex and called outside of it,
  // because nothing is called while a mutex is held.
  void Tell(std::span<const AppliedRecord> records) const {
    std::shared_ptr<const std::vector<View>> views;
    {
      MutexLock lock(mutex_);
      views = views_;
    }
    for (const View& view : *views) view(records);
  }

 private:
  // It guards the pointer to the list. The list itself never changes; Add
  // replaces it by a longer copy, and a Tell that is under way keeps the old
  // one.
  mutable Mutex mutex_;
  std::shared_ptr<const std::vector<View>> views_ ABSL_GUARDED_BY(mutex_) =
      std::make_shared<const std::vector<View>>();
};

}  // namespace linktor
