// A RivalJournal lets a test run a function just before a change to a channel
// or an API key is appended. For example, the function can make another change,
// which is then applied first.

#pragma once

#include <functional>
#include <utility>

#include "server/journal/journal.h"

namespace linktor {

class RivalJournal final : public journal::Journal {
 public:
  // `next` must outlive this.
  explicit RivalJournal(journal::Journal& next) : next_(next) {}

  // The journal calls these functions on the thread that appends. They must not
  // append a change to this journal, because that would call them again. Set
  // them before the first append.
  std::function<void()> before_update;
  // This one is called before the deletion of a channel.
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
