// A request is refused here when no call could carry it.

#pragma once

#include <google/protobuf/message.h>

#include <optional>

#include "linktor/instagram/error.h"
#include "linktor/instagram/request.h"

namespace linktor::instagram {

// Returns an error that names a text which is not UTF-8; nothing when all are.
inline std::optional<Error> CheckTexts(
    const google::protobuf::Message& request) {
  const auto field = FieldThatIsNotUtf8(request);
  if (!field.has_value()) return std::nullopt;
  return Error{.kind = Error::Kind::kRefused,
               .message = "what is given for " + *field + " is not UTF-8",
               .violations = {{*field, "it is not UTF-8"}}};
}

}  // namespace linktor::instagram
