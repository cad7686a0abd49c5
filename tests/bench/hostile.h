// Bodies that would hurt a careless parser, each about 1 MiB.

#pragma once

#include <string>
#include <vector>

namespace linktor::bench {

struct HostileBody {
  std::string name;
  std::string text;
};

std::vector<HostileBody> HostileBodies();

}  // namespace linktor::bench
