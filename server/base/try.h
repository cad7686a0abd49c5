// Passing statuses on. Debian's Abseil has no status_macros.h.

#pragma once

#define LINKTOR_TRY(expression)                           \
  do {                                                    \
    if (::absl::Status linktor_try_status = (expression); \
        !linktor_try_status.ok()) {                       \
      return linktor_try_status;                          \
    }                                                     \
  } while (false)

#define LINKTOR_CONCAT_INNER(a, b) a##b
#define LINKTOR_CONCAT(a, b) LINKTOR_CONCAT_INNER(a, b)

#define LINKTOR_ASSIGN_INNER(temporary, target, expression) \
  auto temporary = (expression);                            \
  if (!temporary.ok()) return temporary.status();           \
  target = *std::move(temporary)

// LINKTOR_ASSIGN(auto value, MakeValue());
#define LINKTOR_ASSIGN(target, expression)                                \
  LINKTOR_ASSIGN_INNER(LINKTOR_CONCAT(linktor_assign_, __LINE__), target, \
                       expression)
