// The table of sealed content that belongs to rows which change: the sends and
// their errors. Content is appended and never resized, so that all of it can be
// erased (ADR 16). MessageTable adds to it on the applying thread, inside that
// thread's transaction, and removes an error that is replaced; ErasureTable
// overwrites what is there.

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
  // `database` must outlive this.
  explicit ContentTable(sqlite::Database& database)
      : insert_(database, "INSERT INTO contents (no, sealed) VALUES (?,?)") {}

  // Stores the content and returns its number, by which the row of a send
  // refers to it. `state` counts the numbers, and none is used again: another
  // content under the number of an old one would be shown as that one's. An
  // error is the database's; the caller rolls the table and `state` back.
  absl::StatusOr<std::int64_t> Add(std::string_view sealed, LogState& state) {
    const std::int64_t number = ++state.last_content_no;
    LINKTOR_TRY(insert_.Bind(1, number).BindBlob(2, sealed).Run());
    return number;
  }

 private:
  sqlite::Statement insert_;
};

}  // namespace linktor::state
