// Passes errors on to the caller, in functions that return absl::Status or
// absl::StatusOr. Debian's Abseil has no status_macros.h, which would do this.

#pragma once

// Returns from the function with the status of `expression` unless it is OK.
// `expression` is evaluated once and gives an absl::Status.
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

// `temporary` must live until the value has been moved out of it, so the macro
// cannot be one statement. Therefore LINKTOR_ASSIGN must stand within braces,
// and never alone behind an `if`.
#define LINKTOR_ASSIGN_INNER(temporary, target, expression) \
  auto temporary = (expression);                            \
  if (!temporary.ok()) return temporary.status();           \
  target = *std::move(temporary)

// Returns from the function with the status of `expression` unless it is OK.
// When it is OK, the macro moves its value into `target`, which may be a
// declaration: LINKTOR_ASSIGN(auto value, MakeValue());
#define LINKTOR_ASSIGN(target, expression)                                \
  LINKTOR_ASSIGN_INNER(LINKTOR_CONCAT(linktor_assign_, __LINE__), target, \
                       expression)
