// An environment that has the variables of a test and no others.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "client/cli/settings.h"

namespace linktor::cli {

inline Environment Variables(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](
             const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

}  // namespace linktor::cli
