// A RivalJournal lets a test do something whenever a channel or an API key is
// about to be changed: for example make another change, which then comes first.

#pragma once

#include <functional>
#include <utility>

#include "server/journal/journal.h"

namespace linktor {

class RivalJournal final : public journal::Journal {
 public:
  // `next` must outlive this.
  explicit RivalJournal(journal::Journal& next) : next_(next) {}

  // They run on the thread that appends, and must not append a change to this
  // journal. They must be set before the first append.
  std::function<void()> before_update;
  // It is for the deletion of a channel.
  std::function<void()> before_delete;

  using journal::Journal::Append;
  void Append(journal::Appended appended, Callback done) override {
    const journal::Record& record = appended.record;
    if ((record.has_update_channel() || record.has_update_api_key()) &&
        before_update) {
      before_update();
    }
    if (record.has_delete_channel() && before_delete) before_delete();
    next_.Append(std::move(appended), std::move(done));
  }

 private:
  journal::Journal& next_;
};

}  // namespace linktor
