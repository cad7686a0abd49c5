// A Misfit says which part of an item could not be read, and why. Every
// function that reads a part of an item can return one, from the JSON helpers
// up to the item reader. The item then becomes an event of the type
// instagram.unknown. Misfits are plain values, which any thread may use.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace linktor::kinds {

struct Misfit {
  // It is the end of a sentence whose subject is the item's part, such as "is
  // too long". If `found` is set, it is only the thing that was expected, such
  // as "an object". It must be constant text, because nothing copies it.
  std::string_view problem;
  // It says where the part is. It is a JSON path from the item, such as
  // "$.message.mid".
  std::string path;
  // It says what was there instead, such as "a number". It has an initial
  // value, because otherwise GCC warns about each use that gives none.
  std::string_view found = {};  // NOLINT(*-redundant-member-init)
};

// Sets `out` to the complete end of the sentence, such as "is too long" or "is
// a number, not an object". `out` loses its old content.
void Describe(const Misfit& misfit, std::string& out);

// A Result is nullopt when all was read. After a Misfit the outputs may be
// partly filled, and the caller clears them.
using Result = std::optional<Misfit>;

}  // namespace linktor::kinds
