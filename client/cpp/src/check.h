// CheckTexts() refuses a request with a text that is not UTF-8. No call can
// carry such a text. The client checks a request before its first call, because
// the error that gRPC makes in this case does not name the field.

#pragma once

#include <google/protobuf/message.h>

#include <optional>

#include "linktor/instagram/error.h"
#include "linktor/instagram/request.h"

namespace linktor::instagram {

// Returns an error of the kind kRefused that names the first text that is not
// UTF-8, or nullopt when all texts are UTF-8. The violation names the field in
// the same way as the server names fields.
inline std::optional<Error> CheckTexts(
    const google::protobuf::Message& request) {
  const auto field = FieldThatIsNotUtf8(request);
  if (!field.has_value()) return std::nullopt;
  return Error{.kind = Error::Kind::kRefused,
               .message = "what is given for " + *field + " is not UTF-8",
               .violations = {{*field, "it is not UTF-8"}}};
}

}  // namespace linktor::instagram
