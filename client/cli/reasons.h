// The reasons of errors, out of error_reason.proto: the remedy is an option of
// the value, the meaning its comment.

#pragma once

#include <optional>
#include <string>
#include <vector>

namespace linktor::cli {

struct Reason {
  // Without the enum's prefix: "RECIPIENT_NOT_FOUND".
  std::string name;
  // "NOT_FOUND"; empty for reasons that no call returns.
  std::string code;
  std::string meaning;
  std::string remedy;
};

// All of them, in the order of the contract.
std::vector<Reason> AllReasons();
// In upper or lower case, with or without the enum's prefix.
std::optional<Reason> FindReason(const std::string& name);
// Empty for a reason that this program does not know.
std::string RemedyOf(const std::string& name);

// For a person: all of them, or one at length.
std::string ReasonsToText(const std::vector<Reason>& reasons);

// The text of error_reason.proto, built in: comments are not in the generated
// code.
extern const char kErrorReasonProto[];

}  // namespace linktor::cli
