#include "tests/fuzz/graph_oracle.h"

#include <simdjson.h>

#include <boost/json.hpp>
#include <cstdint>
#include <string_view>

namespace linktor::fuzz {
namespace {

namespace dom = simdjson::dom;

// The last of that name, which is the one that counts; null when there is none.
std::optional<dom::element> Last(const dom::object& object,
                                 std::string_view key) {
  std::optional<dom::element> found;
  for (const auto [name, value] : object) {
    if (name == key) found = value;
  }
  return found;
}

void ReadError(const dom::object& error, Answer& out) {
  out.has_error_object = true;
  if (const auto code = Last(error, "code")) {
    out.has_code = true;
    std::int64_t number = 0;
    if (code->get(number) == simdjson::SUCCESS) out.code = number;
  }
  if (const auto transient = Last(error, "is_transient")) {
    bool value = false;
    out.transient = transient->get(value) == simdjson::SUCCESS && value;
  }
}

bool BoostTakes(const std::string& body) {
  boost::json::error_code failed;
  boost::json::parse({body.data(), body.size()}, failed);
  return !failed;
}

}  // namespace

Answer ReadAnswer(const http::HttpResult& result) {
  Answer answer;
  dom::parser parser;
  dom::element root;
  // One that the server cannot read is not to be compared.
  if (!result.transport.ok() || !BoostTakes(result.body) ||
      parser.parse(result.body).get(root) != simdjson::SUCCESS) {
    return answer;
  }
  answer.readable = true;
  dom::object object;
  if (root.get(object) != simdjson::SUCCESS) return answer;
  answer.is_object = true;
  if (const auto error = Last(object, "error")) {
    answer.has_error = true;
    dom::object inner;
    if (error->get(inner) == simdjson::SUCCESS) ReadError(inner, answer);
    return answer;
  }
  if (const auto mid = Last(object, "message_id")) {
    std::string_view text;
    if (result.status_code == 200 && mid->get(text) == simdjson::SUCCESS) {
      answer.mid = std::string(text);
    }
  }
  return answer;
}

Certainty CertaintyOf(const http::HttpResult& result, const Answer& answer) {
  if (!result.transport.ok()) {
    return result.nothing_sent ? Certainty::kNothingHappened
                               : Certainty::kMayHaveHappened;
  }
  // A success that makes no sense, and an error of Meta's machines.
  const bool unclear = result.status_code < 300 || result.status_code >= 500;
  if (!answer.readable) {
    // Boost may have read an error that simdjson cannot.
    if (BoostTakes(result.body)) return Certainty::kByTheList;
    return unclear ? Certainty::kMayHaveHappened : Certainty::kNothingHappened;
  }
  if (!answer.has_error_object || !answer.has_code) {
    return unclear || answer.transient ? Certainty::kMayHaveHappened
                                       : Certainty::kNothingHappened;
  }
  // Meta calls these two codes "unknown error" and "service temporarily
  // unavailable".
  const std::int64_t code = answer.code.value_or(0);
  return code == 1 || code == 2 ? Certainty::kMayHaveHappened
                                : Certainty::kByTheList;
}

}  // namespace linktor::fuzz
