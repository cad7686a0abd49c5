// A cursor store keeps the position of a subscription in the event log, so that
// the next start of the program continues there.

#pragma once

#include <optional>
#include <string>
#include <utility>

#include "linktor/instagram/error.h"

namespace linktor::instagram {

// A store belongs to one subscription at a time. The subscription calls the
// store from the thread that reads events. Both functions may block.
class CursorStore {
 public:
  // The application owns the store.
  virtual ~CursorStore() = default;

  // Returns the cursor that was saved last, or an empty text when no cursor has
  // been saved yet. It is called once, before the first stream.
  virtual Result<std::string> Load() = 0;
  // Returns nullopt when the cursor is stored so that it survives a crash, and
  // an error when it may not survive. An error ends the subscription.
  virtual std::optional<Error> Save(const std::string& cursor) = 0;
};

// This store keeps the cursor in a file of mode 0600. A save survives a power
// failure: the cursor is written to a second file (the path with ".tmp"), which
// is then synced and renamed to the path. Subscription::Next() saves once for
// each event, and each save costs two syncs of the disk.
// Subscription::NextResponse() saves once for each response, so it catches up
// faster.
class FileCursorStore final : public CursorStore {
 public:
  // `path` names the file. Its folder must exist; the first Save() creates the
  // file.
  explicit FileCursorStore(std::string path) : path_(std::move(path)) {}

  // It is an error when the file is empty or too long for a cursor. If Load()
  // returned no cursor instead, the subscription would lose events, and nobody
  // would notice.
  Result<std::string> Load() override;
  // After a failure the file has either the old cursor or the new one.
  std::optional<Error> Save(const std::string& cursor) override;

 private:
  const std::string path_;
};

}  // namespace linktor::instagram
