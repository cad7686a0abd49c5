// These functions find out which items a webhook body has. They do it in
// another way than the parser of the server: with Boost.JSON, and by counting
// brackets. They are pure functions.

#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "server/webhook/parser.h"

namespace linktor::fuzz {

struct ExpectedItem {
  kinds::EnvelopeForm form = kinds::EnvelopeForm::kBody;
  // This points into the body. It has no white space at its ends.
  std::string_view raw;
  // Set when the body is no envelope, or when the entry is no object.
  bool issue = false;
};

// Nothing when Boost.JSON does not take the body: it is no JSON, or nested
// deeper than 32 times, or has lone surrogates.
std::optional<std::vector<ExpectedItem>> ExpectedItems(std::string_view body);

}  // namespace linktor::fuzz
