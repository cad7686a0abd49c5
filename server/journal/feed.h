// The feed: what came of each commit, told to the views in order, whoever
// appended it. A view is loaded once from the state and learns everything else
// from here.

#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "server/base/mutex.h"
#include "server/journal/record.pb.h"
#include "server/state/effects.h"

namespace linktor {

struct AppliedRecord {
  const journal::Record& record;
  // Whether this process appended it.
  bool own = false;
  const Effects& effects;
};

class Feed {
 public:
  // Is told the records of one commit, in order, on the applying thread, before
  // their appenders are answered. It must not block, or append and wait.
  using View = std::function<void(std::span<const AppliedRecord>)>;

  // Views are told in the order in which they were added. The view must live
  // until nothing is applied any more.
  void Add(View view) {
    MutexLock lock(mutex_);
    auto next = std::make_shared<std::vector<View>>(*views_);
    next->push_back(std::move(view));
    views_ = std::move(next);
  }

  // Called by the journal.
  void Tell(std::span<const AppliedRecord> records) const {
    std::shared_ptr<const std::vector<View>> views;
    {
      MutexLock lock(mutex_);
      views = views_;
    }
    for (const View& view : *views) view(records);
  }

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const std::vector<View>> views_ ABSL_GUARDED_BY(mutex_) =
      std::make_shared<const std::vector<View>>();
};

}  // namespace linktor
