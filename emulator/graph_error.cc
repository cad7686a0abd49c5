#include "emulator/graph_error.h"

#include "emulator/json.h"
#include "server/base/ids.h"

namespace linktor::emulator {
namespace {

// Meta's trace ids have 11 characters, too.
constexpr std::size_t kTraceIdSize = 11;
constexpr std::string_view kEnglish = "en_US";

}  // namespace

http::HttpResponse ErrorResponse(const GraphError& error,
                                 std::string_view locale) {
  json::object body;
  const bool localized = !error.localized_message.empty() && locale != kEnglish;
  body["message"] = localized ? error.localized_message : error.message;
  body["type"] = error.type;
  body["code"] = error.code;
  if (error.subcode != 0) body["error_subcode"] = error.subcode;
  if (error.is_transient) body["is_transient"] = true;
  if (!error.user_title.empty()) body["error_user_title"] = error.user_title;
  if (!error.user_message.empty()) body["error_user_msg"] = error.user_message;
  body["fbtrace_id"] = FormatId("A", NewRawId()).substr(0, kTraceIdSize);
  return JsonResponse(error.status, json::object{{"error", std::move(body)}});
}

GraphError InvalidParameter(std::string_view what, int subcode) {
  return {.code = 100,
          .subcode = subcode,
          .message = "(#100) " + std::string(what)};
}

GraphError NoSuchUser() {
  constexpr int kSubcode = 2534014;
  return InvalidParameter("No matching user found", kSubcode);
}

}  // namespace linktor::emulator
