// Sealed content of rows that change: it is appended and never resized, so that
// all of it can be erased. Used by the writer thread inside its transaction.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/try.h"
#include "server/sqlite/statement.h"
#include "server/state/log_state.h"

namespace linktor {

class ContentTable {
 public:
  explicit ContentTable(Database& database)
      : insert_(database, "INSERT INTO contents (no, sealed) VALUES (?,?)") {}

  // Returns the number of the stored content.
  absl::StatusOr<std::int64_t> Add(std::string_view sealed, LogState& state) {
    const std::int64_t number = ++state.last_content_no;
    LINKTOR_TRY(insert_.Bind(1, number).BindBlob(2, sealed).Run());
    return number;
  }

 private:
  Statement insert_;
};

}  // namespace linktor
