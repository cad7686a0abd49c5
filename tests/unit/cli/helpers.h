// These functions help several tests of the CLI's core.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "client/cli/settings.h"

namespace linktor::cli {

// Returns an environment that has these variables and no others.
inline Environment Variables(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](
             const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

// Returns what the status says to people.
inline std::string SentenceOf(const absl::Status& status) {
  return std::string(status.message());
}

}  // namespace linktor::cli
