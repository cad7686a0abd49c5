#include "server/graph/error_map.h"

#include <algorithm>
#include <boost/json.hpp>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/base/redaction.h"
#include "server/base/status.h"
#include "server/base/strings.h"
#include "server/graph/error_table.h"

namespace linktor::graph {
namespace {

namespace json = boost::json;
using Code = absl::StatusCode;

// Meta's texts are cut at this size, in bytes, before they are passed on; a
// whole status has to fit into 8 KiB of trailers.
constexpr std::size_t kMaxText = 500;

// Meta has this code for a request that is wrong; it certainly did nothing.
constexpr int kParameterCode = 100;

struct GraphError {
  // The code is 0 when Meta gave none that is a number.
  int code = 0;
  int subcode = 0;
  std::string message;
  std::string type;
  std::string fbtrace_id;
  // Meta wrote these for the person at the screen.
  std::string user_title;
  std::string user_message;
  bool transient = false;
};

// Callers are told all of Meta's texts, and any of them may quote the request.
std::string RedactedText(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return "";
  const json::string& text = value->get_string();
  return Redact(CutUtf8({text.data(), text.size()}, kMaxText));
}

int Number(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr) return 0;
  json::error_code error;
  const int number = value->to_number<int>(error);
  return error ? 0 : number;
}

std::optional<GraphError> ParseError(std::string_view body) {
  json::error_code failed;
  const json::value root = json::parse({body.data(), body.size()}, failed);
  if (failed || !root.is_object()) return std::nullopt;
  const json::value* found = root.get_object().if_contains("error");
  if (found == nullptr || !found->is_object()) return std::nullopt;
  const json::object& error = found->get_object();
  const json::value* transient = error.if_contains("is_transient");
  return GraphError{.code = Number(error, "code"),
                    .subcode = Number(error, "error_subcode"),
                    .message = RedactedText(error, "message"),
                    .type = RedactedText(error, "type"),
                    .fbtrace_id = RedactedText(error, "fbtrace_id"),
                    .user_title = RedactedText(error, "error_user_title"),
                    .user_message = RedactedText(error, "error_user_msg"),
                    .transient = transient != nullptr && transient->is_bool() &&
                                 transient->get_bool()};
}

// Returns how long Meta says to wait: Retry-After in seconds, or the longest
// estimated_time_to_regain_access, in minutes, of the usage header; `otherwise`
// when it says nothing.
absl::Duration RetryAfter(const http::HttpResult& result,
                          absl::Duration otherwise) {
  int seconds = 0;
  if (absl::SimpleAtoi(ToAbsl(result.Header("retry-after")), &seconds) &&
      seconds > 0) {
    return absl::Seconds(seconds);
  }
  const std::string_view usage = result.Header("x-business-use-case-usage");
  json::error_code failed;
  const json::value root = json::parse({usage.data(), usage.size()}, failed);
  int minutes = 0;
  if (!failed && root.is_object()) {
    for (const auto& id : root.get_object()) {
      if (!id.value().is_array()) continue;
      for (const json::value& one : id.value().get_array()) {
        if (!one.is_object()) continue;
        minutes = std::max(minutes, Number(one.get_object(),
                                           "estimated_time_to_regain_access"));
      }
    }
  }
  return minutes > 0 ? absl::Minutes(minutes) : otherwise;
}

// Returns the status of a send that nobody knows the end of. It has neither a
// remedy nor a delay of the error's own: to repeat it could send it twice.
absl::Status UnknownOutcome(std::string_view why, ErrorDetails details) {
  details.reason = v1::ERROR_REASON_SEND_OUTCOME_UNKNOWN;
  details.remedy.clear();
  details.retry_after.reset();
  return MakeError(
      Code::kUnknown,
      absl::StrCat(ToAbsl(why),
                   "; the message may have been delivered. Instagram's echo "
                   "settles it, or ResolveMessage"),
      details);
}

// Returns what the answer means for this operation: the row of Meta's error
// where it may be trusted, or what the HTTP status says.
GraphMeaning MeaningOf(GraphOperation operation, const http::HttpResult& result,
                       const std::optional<GraphError>& error) {
  const GraphMeaning* listed = nullptr;
  if (error.has_value()) {
    listed = FindGraphMeaning(error->code, error->subcode, error->message,
                              error->type);
    // A subcode of the media says nothing of whether Meta acted when neither
    // the code is known nor the status tells.
    const bool known = listed != nullptr && (listed->code == error->code ||
                                             error->code == kParameterCode);
    const bool refused = result.status_code >= 300 && result.status_code < 500;
    if (!known && !refused) listed = nullptr;
  }
  GraphMeaning meaning =
      listed != nullptr
          ? *listed
          : MeaningOfHttpStatus(result.status_code,
                                error.has_value() && error->code != 0,
                                error.has_value() && error->transient);
  if (listed == nullptr && result.status_code < 300) {
    meaning.text = "Meta reports a success without what belongs to one";
  }
  if (meaning.reason == v1::ERROR_REASON_MEDIA_REJECTED && error.has_value() &&
      error->transient) {
    meaning.remedy = RemedyForMediaOnceMore();
    meaning.retry_seconds = kAgainInAMinute;
  }
  // Calls about the account itself have no recipient.
  if (operation == GraphOperation::kRepeatable &&
      meaning.reason == v1::ERROR_REASON_RECIPIENT_NOT_FOUND) {
    meaning.reason = v1::ERROR_REASON_GRAPH_ERROR;
    meaning.text = UnknownPageMeaning().text;
  }
  // What the path of these calls names is no page and no account.
  const bool unknown = listed != nullptr &&
                       listed->canonical == Code::kNotFound &&
                       listed->reason == v1::ERROR_REASON_GRAPH_ERROR;
  if (unknown && operation == GraphOperation::kProfile) {
    return UnknownUserMeaning();
  }
  if (unknown && operation == GraphOperation::kMessage) {
    return UnknownMessageMeaning();
  }
  // The request is this server's own, so nothing of the caller's is wrong.
  if (meaning.reason == v1::ERROR_REASON_INVALID_CONTENT &&
      (operation == GraphOperation::kProfile ||
       operation == GraphOperation::kMessage)) {
    meaning.reason = v1::ERROR_REASON_GRAPH_ERROR;
    meaning.canonical = Code::kInternal;
    meaning.remedy = nullptr;
  }
  return meaning;
}

// Says what Meta said, beside what this server makes of it.
void AddMetadata(const GraphError& error, ErrorDetails& details) {
  details.metadata.emplace_back("graph_code", std::to_string(error.code));
  if (error.subcode != 0) {
    details.metadata.emplace_back("graph_subcode",
                                  std::to_string(error.subcode));
  }
  for (const auto& [key, value] :
       {std::pair("graph_type", &error.type),
        std::pair("fbtrace_id", &error.fbtrace_id),
        std::pair("graph_user_title", &error.user_title),
        std::pair("graph_user_message", &error.user_message)}) {
    if (!value->empty()) details.metadata.emplace_back(key, *value);
  }
}

}  // namespace

GraphFailure MapGraphError(GraphOperation operation,
                           const http::HttpResult& result) {
  const std::optional<GraphError> error = ParseError(result.body);
  const GraphMeaning meaning = MeaningOf(operation, result, error);
  ErrorDetails details{.reason = meaning.reason};
  if (meaning.remedy != nullptr) details.remedy = meaning.remedy;
  details.metadata = {{"http_status", std::to_string(result.status_code)}};
  std::string text = meaning.text;
  if (error.has_value()) {
    AddMetadata(*error, details);
    if (!error->message.empty()) {
      absl::StrAppend(&text, " (Meta: ", error->message, ")");
    }
  }
  if (operation == GraphOperation::kSend &&
      meaning.effect == GraphEffect::kUnclear) {
    return {UnknownOutcome(text, std::move(details)), true};
  }
  if (meaning.retry_seconds != kNeverAgain) {
    details.retry_after =
        RetryAfter(result, absl::Seconds(meaning.retry_seconds));
  }
  return {MakeError(meaning.canonical, text, details), false};
}

GraphFailure MapTransportError(GraphOperation operation,
                               const http::HttpResult& result) {
  const std::string why = Redact(ToStd(result.transport.message()));
  if (operation == GraphOperation::kSend && !result.nothing_sent) {
    return {UnknownOutcome(
                absl::StrCat("the call to Instagram ended without an answer (",
                             why, ")"),
                {}),
            true};
  }
  return {MakeError(Code::kUnavailable,
                    absl::StrCat("Instagram cannot be reached (", why, ")"),
                    {.reason = v1::ERROR_REASON_GRAPH_UNAVAILABLE,
                     .retry_after = absl::Seconds(5)}),
          false};
}

}  // namespace linktor::graph
