// This is the table of sealed (encrypted) content for rows that change: the row
// of a send refers to its content and its error here. Content is appended and
// never resized, because SQLite may leave parts of a resized row in the file.
// So all content can be erased (ADR 16). MessageTable adds content on the
// applying thread (the only thread that writes the database), inside that
// thread's transaction. MessageTable also deletes content that is replaced, and
// the content of a send that is deleted. ErasureTable overwrites content with
// zeros.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/try.h"
#include "server/sqlite/statement.h"
#include "server/state/log_state.h"

namespace linktor::state {

class ContentTable {
 public:
  // `database` must outlive this object.
  explicit ContentTable(sqlite::Database& database)
      : insert_(database, "INSERT INTO contents (no, sealed) VALUES (?,?)") {}

  // Stores the content and returns its number, by which the row of a send
  // refers to it. `state` counts the numbers, and no number is used twice.
  // Otherwise a row with an old number could show the content of another
  // message. Every error comes from the database; then the caller rolls back
  // the table and `state`.
  absl::StatusOr<std::int64_t> Add(std::string_view sealed, LogState& state) {
    const std::int64_t number = ++state.last_content_no;
    LINKTOR_TRY(insert_.Bind(1, number).BindBlob(2, sealed).Run());
    return number;
  }

 private:
  sqlite::Statement insert_;
};

}  // namespace linktor::state
