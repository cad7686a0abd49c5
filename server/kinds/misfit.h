// A Misfit says which part of an item could not be read, and why. Every
// function that reads a part of an item returns it, from the JSON helpers up to
// the item reader. Its caller then makes an instagram.unknown of the item.
// These are plain values, for any thread.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace linktor::kinds {

struct Misfit {
  // It is the end of a sentence whose subject is the item's part, such as "is
  // too long". Where `found` is set, it is what should have been there instead.
  // It is constant text, because nothing copies it.
  std::string_view problem;
  // It says where the part is: a JSON path from the item, such as
  // "$.message.mid".
  std::string path;
  // It says what was there, such as "a number". Without a value here GCC warns
  // of each use that gives none.
  std::string_view found = {};  // NOLINT(*-redundant-member-init)
};

// Sets `out` to the whole end of the sentence: "is too long", or "is a number,
// not an object". What `out` held before is gone.
void Describe(const Misfit& misfit, std::string& out);

// A Result is nothing when all was read. After a Misfit the outputs may be half
// filled, and the caller clears them.
using Result = std::optional<Misfit>;

}  // namespace linktor::kinds
