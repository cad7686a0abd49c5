// A cursor store keeps where a subscription is, for the next start of the
// program.

#pragma once

#include <optional>
#include <string>
#include <utility>

#include "linktor/instagram/error.h"

namespace linktor::instagram {

// A store belongs to one subscription at a time, which calls it from the thread
// that reads. Both functions may block.
class CursorStore {
 public:
  // The application owns the store.
  virtual ~CursorStore() = default;

  // Returns the cursor that was saved last; empty when there is none yet. It is
  // called once, before the first stream.
  virtual Result<std::string> Load() = 0;
  // Returns nullopt when the cursor will be there after a crash, and an error
  // when it may not. An error ends the subscription.
  virtual std::optional<Error> Save(const std::string& cursor) = 0;
};

// It keeps the cursor in a file of mode 0600. A save survives a power failure:
// it is written to a second file (the path with ".tmp"), synced and renamed.
// Next() saves once for each event, which costs two syncs of the disk each
// time; NextResponse() saves once for a response, and so catches up faster.
class FileCursorStore final : public CursorStore {
 public:
  // `path` names the file. Its folder must be there; the file is made by the
  // first Save.
  explicit FileCursorStore(std::string path) : path_(std::move(path)) {}

  // A file that is empty is an error: to start at the end of the log instead
  // would lose events in silence.
  Result<std::string> Load() override;
  // On failure the file has the old cursor or the new one.
  std::optional<Error> Save(const std::string& cursor) override;

 private:
  const std::string path_;
};

}  // namespace linktor::instagram
