// These macros pass errors on to the caller, in functions that return
// absl::Status or absl::StatusOr. Debian's Abseil has no such macros
// (status_macros.h).

#pragma once

// Evaluates `expression` once; its value must be an absl::Status. When the
// status is not OK, the macro returns from the function with this status.
#define LINKTOR_TRY(expression)                           \
  do {                                                    \
    if (::absl::Status linktor_try_status = (expression); \
        !linktor_try_status.ok()) {                       \
      return linktor_try_status;                          \
    }                                                     \
  } while (false)

// These macros join the line's number to a name, so that two uses in one scope
// do not declare the same variable.
#define LINKTOR_CONCAT_INNER(a, b) a##b
#define LINKTOR_CONCAT(a, b) LINKTOR_CONCAT_INNER(a, b)

// `temporary` must exist until its value has been moved, so the macro consists
// of several statements. Therefore LINKTOR_ASSIGN must be used within braces,
// and never as the only statement of an `if` without braces.
#define LINKTOR_ASSIGN_INNER(temporary, target, expression) \
  auto temporary = (expression);                            \
  if (!temporary.ok()) return temporary.status();           \
  target = *std::move(temporary)

// Evaluates `expression` once; its value must be an absl::StatusOr. When the
// status is not OK, the macro returns from the function with this status. When
// the status is OK, the macro moves the value into `target`, which may be a
// declaration: LINKTOR_ASSIGN(auto value, MakeValue());
#define LINKTOR_ASSIGN(target, expression)                                \
  LINKTOR_ASSIGN_INNER(LINKTOR_CONCAT(linktor_assign_, __LINE__), target, \
                       expression)
