// A cursor store keeps where a subscription is, for the next start of the
// program.

#pragma once

#include <optional>
#include <string>
#include <utility>

#include "linktor/instagram/error.h"

namespace linktor::instagram {

// A store belongs to one subscription at a time, which calls it from the thread
// that reads.
class CursorStore {
 public:
  // The application owns the store.
  virtual ~CursorStore() = default;

  // Returns the cursor saved last; empty when there is none yet.
  virtual Result<std::string> Load() = 0;
  // Returns when the cursor will be there after a crash; an error if it may
  // not.
  virtual std::optional<Error> Save(const std::string& cursor) = 0;
};

// It keeps the cursor in a file of mode 0600. A save survives a power failure:
// it is written to a second file (the path with ".tmp"), synced and renamed.
// Next() saves once for each event, which costs two syncs of the disk each
// time; NextResponse() saves once for a response, and so catches up faster.
class FileCursorStore final : public CursorStore {
 public:
  explicit FileCursorStore(std::string path) : path_(std::move(path)) {}

  // A file that is empty is an error: to start at the end of the log instead
  // would lose events in silence.
  Result<std::string> Load() override;
  std::optional<Error> Save(const std::string& cursor) override;

 private:
  const std::string path_;
};

}  // namespace linktor::instagram
