// The feed tells the views, in order, what each commit has changed. A view is a
// copy in memory of a part of the stored state. The live ring, the channel
// registry, the API keys and the lanes of sends (messaging/lanes.h) are views.
// A view is loaded once from the database, and it learns every later change
// from the feed. So a view stays right even when the record comes from another
// server process with its own data folder (another "instance").

#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "server/base/mutex.h"
#include "server/journal/record.pb.h"
#include "server/state/effects.h"

namespace linktor::journal {

// An AppliedRecord is a committed record with its effects. It refers to objects
// of the caller, so a view may use it only until the view returns.
struct AppliedRecord {
  const journal::Record& record;
  // It is true when this process appended the record. A claim is a record that
  // asks for the right to send a message. The lanes send only messages that
  // their own process has claimed.
  bool own = false;
  const state::Effects& effects;
};

// Each journal has one Feed. In the server the DataFolder object
// (data_folder.h) owns it, so that views can be added before the journal
// applies its first record.
class Feed {
 public:
  // A view is called on the applying thread, which is the one thread that
  // applies records. It gets all records that one commit has applied, in their
  // order. The views are called before the appenders get their answers. So when
  // an appender has its answer, every view has the change already. A view must
  // not block. It may append a record, but it must not wait until that append
  // has ended.
  using View = std::function<void(std::span<const AppliedRecord>)>;

  // Adds a view; it is thread-safe. The views are called in the order in which
  // they were added. A view cannot be removed. So everything that the view uses
  // must live until no record is applied any more.
  void Add(View view) {
    MutexLock lock(mutex_);
    auto next = std::make_shared<std::vector<View>>(*views_);
    next->push_back(std::move(view));
    views_ = std::move(next);
  }

  // Calls every view with the records of one commit. Only the journal calls it,
  // on the applying thread. While it holds the mutex, it only copies the
  // pointer to the list. It releases the mutex before it calls the views, so
  // that a view can never cause a deadlock on this mutex.
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
  // Add replaces it with a longer copy, and a running Tell keeps the old list.
  mutable Mutex mutex_;
  std::shared_ptr<const std::vector<View>> views_ ABSL_GUARDED_BY(mutex_) =
      std::make_shared<const std::vector<View>>();
};

}  // namespace linktor::journal
