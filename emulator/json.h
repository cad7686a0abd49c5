// These functions read and write JSON for the emulator, with Boost.JSON and
// without exceptions. They are pure.

#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/http/message.h"

namespace linktor::emulator {

namespace json = boost::json;

// Returns the value of a JSON text of at most 32 nested levels. Fails with
// INVALID_ARGUMENT and a sentence when the text is not JSON or has more levels.
absl::StatusOr<json::value> ParseJson(std::string_view text);

// Returns a JSON text in the form in which Meta writes webhooks. Every
// character outside ASCII is written as \uXXXX, in lower case and with
// surrogate pairs, and "/" is written as "\/". The signature of a webhook
// covers these bytes. Bytes that are not UTF-8 become U+FFFD.
std::string MetaJson(const json::value& value);

// Returns the value of the text when it is JSON, or else the whole text as a
// JSON string. The control API's lists show bodies in this way.
json::value JsonOrText(std::string_view text);

// Each returns the member that has this name and this type. The result is null
// when there is no such member, or when the member has another type. The result
// belongs to `object`.
const json::string* FindString(const json::object& object,
                               std::string_view name);
const json::object* FindObject(const json::object& object,
                               std::string_view name);
const json::array* FindArray(const json::object& object, std::string_view name);

// Returns a copy of the text as a JSON string.
json::string ToJson(std::string_view text);
// The result is valid as long as `text`.
std::string_view AsView(const json::string& text);

// Makes an HTTP answer with this body. The body ends with a line feed, which
// helps people who use curl. The content type is the one that Meta uses.
http::HttpResponse JsonResponse(int status, const json::value& body);

}  // namespace linktor::emulator
