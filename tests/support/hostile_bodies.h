// Makes bodies that would hurt a careless parser, each about 1 MiB.

#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace linktor {

struct HostileBody {
  std::string name;
  std::string text;
  // These are the places of the items: where each begins, and its size.
  std::vector<std::pair<std::size_t, std::size_t>> items;

  // Returns how many items the counts of a delivery must add up to; a body that
  // is no envelope counts as one.
  std::size_t count() const { return items.empty() ? 1 : items.size(); }
};

std::vector<HostileBody> HostileBodies();

// Returns a body in which one field of each item has a wrong type, another one
// in each. Some items are events all the same, and cost as much as events.
HostileBody OneWrongType();

}  // namespace linktor
