// A Misfit says which part of an item could not be read, and why. All functions
// that read an item or a part of it can return one. The item then becomes an
// event of the type instagram.unknown. Misfits are plain values, which any
// thread may use.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace linktor::kinds {

struct Misfit {
  // It says what is wrong with the part, such as "is too long". If `found` is
  // set, it says only what was expected, such as "an object". It must be
  // constant text, because a Misfit does not copy it.
  std::string_view problem;
  // It is the JSON path of the part, beginning at the item, such as
  // "$.message.mid".
  std::string path;
  // It says which type was found instead, such as "a number". It has an initial
  // value, because otherwise GCC warns about each Misfit that is made without
  // it.
  std::string_view found = {};  // NOLINT(*-redundant-member-init)
};

// Sets `out` to a description without a subject, such as "is too long" or "is a
// number, not an object". The old content of `out` is lost.
void Describe(const Misfit& misfit, std::string& out);

// A Result is nullopt when everything was read, and otherwise a Misfit. After a
// Misfit the outputs may be partly filled, and the caller clears them.
using Result = std::optional<Misfit>;

}  // namespace linktor::kinds
