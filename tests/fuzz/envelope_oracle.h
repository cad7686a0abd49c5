// Which items a webhook body has, found out another way than the parser does
// it: by Boost.JSON and by counting brackets. Pure.

#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "server/webhook/parser.h"

namespace linktor::fuzz {

struct ExpectedItem {
  kinds::EnvelopeForm form = kinds::EnvelopeForm::kBody;
  // Into the body, without white space around it.
  std::string_view raw;
  // The body is no envelope, or the entry no object.
  bool issue = false;
};

// Nothing when Boost.JSON does not take the body: it is no JSON, or nested
// deeper than 32 times, or has lone surrogates.
std::optional<std::vector<ExpectedItem>> ExpectedItems(std::string_view body);

}  // namespace linktor::fuzz
