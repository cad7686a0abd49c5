// Bodies that would hurt a careless parser, each about 1 MiB.

#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace linktor {

struct HostileBody {
  std::string name;
  std::string text;
  // Where its items are: begin and size.
  std::vector<std::pair<std::size_t, std::size_t>> items;

  // How many must be accounted for: a body that is no envelope is one.
  std::size_t count() const { return items.empty() ? 1 : items.size(); }
};

std::vector<HostileBody> HostileBodies();

// One field of an item has a wrong type, another one in each item: some are
// events all the same, at an event's cost.
HostileBody OneWrongType();

}  // namespace linktor
