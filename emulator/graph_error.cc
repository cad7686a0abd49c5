#include "emulator/graph_error.h"

#include "emulator/json.h"
#include "server/base/ids.h"

namespace linktor::emulator {
namespace {

// Meta's are 11 characters too.
constexpr std::size_t kTraceIdSize = 11;

}  // namespace

HttpResponse ErrorResponse(const GraphError& error) {
  json::object body;
  body["message"] = error.message;
  body["type"] = error.type;
  body["code"] = error.code;
  if (error.subcode != 0) body["error_subcode"] = error.subcode;
  if (error.is_transient) body["is_transient"] = true;
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
