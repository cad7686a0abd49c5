// JSON as the emulator reads and writes it, by Boost.JSON without exceptions.
// The functions are pure.

#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/http/message.h"

namespace linktor::emulator {

namespace json = boost::json;

// Returns the value of a JSON text, at most 32 levels deep. It fails with
// INVALID_ARGUMENT and a sentence when it is none.
absl::StatusOr<json::value> ParseJson(std::string_view text);

// Returns a JSON text as Meta writes webhooks: every character outside ASCII as
// \uXXXX, in lower case and with surrogate pairs, and "/" as "\/". The
// signature covers these bytes. Bytes that are not UTF-8 become U+FFFD.
std::string MetaJson(const json::value& value);

// Returns the text as a JSON value, or as a JSON string when it is not JSON.
// Lists show bodies that way.
json::value JsonOrText(std::string_view text);

// Each returns the member of that name and kind; null when there is none, also
// when the member is of another kind. The result belongs to `object`.
const json::string* FindString(const json::object& object,
                               std::string_view name);
const json::object* FindObject(const json::object& object,
                               std::string_view name);
const json::array* FindArray(const json::object& object, std::string_view name);

// Returns a copy of the text.
json::string ToJson(std::string_view text);
// The result borrows from the text.
std::string_view AsView(const json::string& text);

// Makes an answer of the body, which ends with a line feed for people who use
// curl. Its content type is Meta's.
http::HttpResponse JsonResponse(int status, const json::value& body);

}  // namespace linktor::emulator
