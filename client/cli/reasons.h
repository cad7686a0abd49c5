// These are the reasons of errors, taken from error_reason.proto. The remedy of
// a reason is an option of its enum value; the meaning is the comment of that
// value.

#pragma once

#include <optional>
#include <string>
#include <vector>

namespace linktor::cli {

struct Reason {
  // The name has no ERROR_REASON_ at its beginning: "RECIPIENT_NOT_FOUND".
  std::string name;
  // It is the gRPC code, such as "NOT_FOUND"; it is empty for reasons that no
  // call returns.
  std::string code;
  std::string meaning;
  std::string remedy;
};

// Returns all reasons, in the order of the contract.
std::vector<Reason> AllReasons();
// Finds a reason by its name, in upper or lower case, with or without the
// enum's prefix.
std::optional<Reason> FindReason(const std::string& name);
// Returns the remedy of a reason; it is empty for a reason that this program
// does not know.
std::string RemedyOf(const std::string& name);

// Returns the name, code, meaning and remedy of each reason, for a person to
// read.
std::string ReasonsToText(const std::vector<Reason>& reasons);

// This is the text of error_reason.proto, built into the program: the generated
// code has no comments, and the meanings are in the comments.
extern const char kErrorReasonProto[];

}  // namespace linktor::cli
