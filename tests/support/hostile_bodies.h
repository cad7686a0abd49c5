// This makes webhook bodies that would harm a careless parser. Each has about 1
// MiB.

#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace linktor {

struct HostileBody {
  std::string name;
  std::string text;
  // These are the positions of the items: the offset of each item in the text,
  // and its size.
  std::vector<std::pair<std::size_t, std::size_t>> items;

  // Returns the sum that the counts of a delivery must have. A body that is not
  // a webhook envelope counts as one item.
  std::size_t count() const { return items.empty() ? 1 : items.size(); }
};

std::vector<HostileBody> HostileBodies();

// Returns a body in which each item has one field of a wrong type, and each
// item has another such field. Some of these items still become events, and
// cost as much time as other events.
HostileBody OneWrongType();

}  // namespace linktor
