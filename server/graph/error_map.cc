#include "server/graph/error_map.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/base/log.h"
#include "server/base/status.h"
#include "server/base/strings.h"

namespace linktor {
namespace {

namespace json = boost::json;
using Code = absl::StatusCode;

constexpr absl::Duration kDefaultRetry = absl::Seconds(60);
constexpr int kAnySubcode = 0;
// What the path names, which is our page or account and not the recipient.
constexpr int kNoObjectSubcode = 33;
// Of Meta's texts; a whole status has to fit into 8 KiB of trailers.
constexpr std::size_t kMaxText = 500;

// One row of Meta's error list.
struct Meaning {
  int code;
  int subcode;
  Code canonical;
  v1::ErrorReason reason;
  // What it means and what to do.
  const char* text;
  // Whether a send may have been processed.
  bool ambiguous = false;
};

constexpr char kWindowText[] =
    "Instagram says the 24-hour messaging window is closed; it opens again "
    "when the customer writes";
constexpr char kThreadText[] =
    "another app has control of this conversation; send when it has passed "
    "control";
constexpr char kGoneText[] =
    "the customer has blocked the account, is deactivated or cannot receive "
    "messages; wait until they write";
constexpr char kNoUserText[] =
    "Instagram knows no such user for this account; use the user_id of a "
    "webhook event of this channel";
constexpr char kRateText[] =
    "Meta limits this app or account; nothing was done";
constexpr char kMediaText[] =
    "Meta could not fetch or use the media; it must be public, of a type and "
    "size that Instagram takes";
constexpr char kTokenText[] =
    "Meta refuses the access token; set a new one by SetChannelCredentials";
constexpr char kNoObjectText[] =
    "Meta knows no such page or account under this token; check the channel's "
    "page_id, instagram_account_id and login_type";
constexpr char kUnclearText[] = "Meta failed without saying whether it acted";

// Rows with a subcode come before the row of their code alone.
constexpr std::array kMeanings = {
    Meaning{1, kAnySubcode, Code::kUnavailable,
            v1::ERROR_REASON_GRAPH_UNAVAILABLE, kUnclearText, true},
    Meaning{2, kAnySubcode, Code::kUnavailable,
            v1::ERROR_REASON_GRAPH_UNAVAILABLE, kUnclearText, true},
    Meaning{1200, kAnySubcode, Code::kUnavailable,
            v1::ERROR_REASON_GRAPH_UNAVAILABLE,
            "Meta could not send for now; try again"},
    Meaning{3, kAnySubcode, Code::kPermissionDenied,
            v1::ERROR_REASON_APP_NOT_APPROVED,
            "the Meta app lacks the capability; add Instagram messaging to it "
            "and complete App Review"},
    Meaning{4, kAnySubcode, Code::kResourceExhausted,
            v1::ERROR_REASON_RATE_LIMITED, kRateText},
    Meaning{9, 2018352, Code::kResourceExhausted, v1::ERROR_REASON_RATE_LIMITED,
            kRateText},
    Meaning{17, kAnySubcode, Code::kResourceExhausted,
            v1::ERROR_REASON_RATE_LIMITED, kRateText},
    Meaning{32, kAnySubcode, Code::kResourceExhausted,
            v1::ERROR_REASON_RATE_LIMITED, kRateText},
    Meaning{613, kAnySubcode, Code::kResourceExhausted,
            v1::ERROR_REASON_RATE_LIMITED, kRateText},
    Meaning{80001, kAnySubcode, Code::kResourceExhausted,
            v1::ERROR_REASON_RATE_LIMITED, kRateText},
    Meaning{80002, kAnySubcode, Code::kResourceExhausted,
            v1::ERROR_REASON_RATE_LIMITED, kRateText},
    Meaning{80006, kAnySubcode, Code::kResourceExhausted,
            v1::ERROR_REASON_RATE_LIMITED, kRateText},
    Meaning{10, 2534022, Code::kFailedPrecondition,
            v1::ERROR_REASON_OUTSIDE_MESSAGING_WINDOW, kWindowText},
    Meaning{10, 2018278, Code::kFailedPrecondition,
            v1::ERROR_REASON_OUTSIDE_MESSAGING_WINDOW, kWindowText},
    Meaning{10, 2018065, Code::kFailedPrecondition,
            v1::ERROR_REASON_OUTSIDE_MESSAGING_WINDOW, kWindowText},
    Meaning{10, 2018108, Code::kFailedPrecondition,
            v1::ERROR_REASON_RECIPIENT_UNAVAILABLE, kGoneText},
    Meaning{10, 2018300, Code::kFailedPrecondition,
            v1::ERROR_REASON_THREAD_CONTROLLED_BY_ANOTHER_APP, kThreadText},
    Meaning{10, 2018321, Code::kFailedPrecondition,
            v1::ERROR_REASON_THREAD_CONTROLLED_BY_ANOTHER_APP, kThreadText},
    Meaning{10, 1893063, Code::kFailedPrecondition,
            v1::ERROR_REASON_ACCOUNT_RESTRICTED,
            "Meta has restricted the account from sending; see its Account "
            "Quality page"},
    Meaning{10, kAnySubcode, Code::kPermissionDenied,
            v1::ERROR_REASON_PERMISSION_MISSING,
            "the token lacks a permission; grant instagram_manage_messages "
            "(Facebook Login) or instagram_business_manage_messages (Instagram "
            "Login)"},
    Meaning{27, kAnySubcode, Code::kFailedPrecondition,
            v1::ERROR_REASON_THREAD_CONTROLLED_BY_ANOTHER_APP, kThreadText},
    Meaning{100, 2534037, Code::kFailedPrecondition,
            v1::ERROR_REASON_THREAD_CONTROLLED_BY_ANOTHER_APP, kThreadText},
    Meaning{100, kNoObjectSubcode, Code::kNotFound,
            v1::ERROR_REASON_GRAPH_ERROR, kNoObjectText},
    Meaning{100, 2018001, Code::kNotFound, v1::ERROR_REASON_RECIPIENT_NOT_FOUND,
            kNoUserText},
    Meaning{100, 2534014, Code::kNotFound, v1::ERROR_REASON_RECIPIENT_NOT_FOUND,
            kNoUserText},
    Meaning{100, 2534029, Code::kPermissionDenied,
            v1::ERROR_REASON_ACTION_BLOCKED,
            "Meta has blocked the app or account from Instagram messaging"},
    Meaning{100, 2018008, Code::kInvalidArgument,
            v1::ERROR_REASON_MEDIA_REJECTED, kMediaText},
    Meaning{100, 2018047, Code::kInvalidArgument,
            v1::ERROR_REASON_MEDIA_REJECTED, kMediaText},
    Meaning{100, 2018074, Code::kInvalidArgument,
            v1::ERROR_REASON_MEDIA_REJECTED, kMediaText},
    Meaning{100, 2018109, Code::kInvalidArgument,
            v1::ERROR_REASON_MEDIA_REJECTED, kMediaText},
    Meaning{100, 2018294, Code::kInvalidArgument,
            v1::ERROR_REASON_MEDIA_REJECTED, kMediaText},
    Meaning{100, kAnySubcode, Code::kInvalidArgument,
            v1::ERROR_REASON_INVALID_CONTENT,
            "Instagram does not take this request"},
    Meaning{36000, kAnySubcode, Code::kInvalidArgument,
            v1::ERROR_REASON_MEDIA_REJECTED, kMediaText},
    Meaning{102, kAnySubcode, Code::kUnauthenticated,
            v1::ERROR_REASON_ACCESS_TOKEN_EXPIRED, kTokenText},
    Meaning{190, kAnySubcode, Code::kUnauthenticated,
            v1::ERROR_REASON_ACCESS_TOKEN_EXPIRED, kTokenText},
    Meaning{200, 2018028, Code::kPermissionDenied,
            v1::ERROR_REASON_APP_NOT_APPROVED,
            "the recipient has no role in an app that Meta has not approved; "
            "complete App Review"},
    Meaning{200, 2534041, Code::kFailedPrecondition,
            v1::ERROR_REASON_MESSAGING_DISABLED,
            "the account's owner has switched off \"Allow access to "
            "messages\"; have it switched on"},
    Meaning{200, 1545041, Code::kFailedPrecondition,
            v1::ERROR_REASON_RECIPIENT_UNAVAILABLE, kGoneText},
    Meaning{200, kAnySubcode, Code::kPermissionDenied,
            v1::ERROR_REASON_PERMISSION_MISSING,
            "the token lacks a permission for this; grant it and set the new "
            "token"},
    Meaning{551, kAnySubcode, Code::kFailedPrecondition,
            v1::ERROR_REASON_RECIPIENT_UNAVAILABLE, kGoneText},
    Meaning{368, kAnySubcode, Code::kPermissionDenied,
            v1::ERROR_REASON_ACTION_BLOCKED,
            "Meta blocks this action for a time because of how it was used; "
            "stop sending"},
    Meaning{803, kAnySubcode, Code::kNotFound,
            v1::ERROR_REASON_RECIPIENT_NOT_FOUND, kNoUserText},
    Meaning{9010, kAnySubcode, Code::kNotFound,
            v1::ERROR_REASON_RECIPIENT_NOT_FOUND, kNoUserText},
};

constexpr int kParameterCode = 100;
constexpr int kPermissionCode = 200;
constexpr int kMessagingDisabledSubcode = 2534041;

struct GraphError {
  int code = 0;
  int subcode = 0;
  std::string message;
  std::string type;
  std::string fbtrace_id;
  bool transient = false;
};

// Callers are told all of Meta's texts, and any may quote the request.
std::string Text(const json::object& object, std::string_view key) {
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
                    .message = Text(error, "message"),
                    .type = Text(error, "type"),
                    .fbtrace_id = Text(error, "fbtrace_id"),
                    .transient = transient != nullptr && transient->is_bool() &&
                                 transient->get_bool()};
}

const Meaning* FindMeaning(int code, int subcode) {
  const auto* const it = std::find_if(
      kMeanings.begin(), kMeanings.end(), [&](const Meaning& meaning) {
        return meaning.code == code &&
               (meaning.subcode == kAnySubcode || meaning.subcode == subcode);
      });
  return it == kMeanings.end() ? nullptr : it;
}

// Codes of no list: by what else Meta says.
Meaning MeaningOfStatus(int http_status, bool transient) {
  if (transient || http_status >= 500) {
    return {0,
            0,
            Code::kUnavailable,
            v1::ERROR_REASON_GRAPH_UNAVAILABLE,
            kUnclearText,
            true};
  }
  switch (http_status) {
    case 401:
      return {0, 0, Code::kUnauthenticated,
              v1::ERROR_REASON_ACCESS_TOKEN_EXPIRED, kTokenText};
    case 403:
      return {0, 0, Code::kPermissionDenied,
              v1::ERROR_REASON_PERMISSION_MISSING, "Meta does not permit this"};
    case 404:
      return {0, 0, Code::kNotFound, v1::ERROR_REASON_RECIPIENT_NOT_FOUND,
              "Meta knows no such object"};
    case 429:
      return {0, 0, Code::kResourceExhausted, v1::ERROR_REASON_RATE_LIMITED,
              kRateText};
    default:
      return {0, 0, Code::kInternal, v1::ERROR_REASON_GRAPH_ERROR,
              "Meta refused for a reason this server does not know"};
  }
}

// How long Meta says to wait: Retry-After in seconds, or the longest
// estimated_time_to_regain_access, in minutes, of the usage header.
absl::Duration RetryAfter(const HttpResult& result) {
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
  return minutes > 0 ? absl::Minutes(minutes) : kDefaultRetry;
}

absl::Status UnknownOutcome(std::string_view why, ErrorDetails details) {
  details.reason = v1::ERROR_REASON_SEND_OUTCOME_UNKNOWN;
  details.retry_after.reset();
  return MakeError(
      Code::kUnknown,
      absl::StrCat(ToAbsl(why),
                   "; the message may have been delivered. Instagram's echo "
                   "settles it, or ResolveMessage"),
      details);
}

}  // namespace

GraphFailure MapGraphError(GraphOperation operation, const HttpResult& result) {
  const std::optional<GraphError> error = ParseError(result.body);
  const Meaning* listed =
      error.has_value() ? FindMeaning(error->code, error->subcode) : nullptr;
  // Instagram Login gives this one without its subcode.
  if (error.has_value() && error->code == kPermissionCode &&
      absl::StrContains(error->message, "disabled access")) {
    listed = FindMeaning(kPermissionCode, kMessagingDisabledSubcode);
  }
  // So is a page or account that the token is not for.
  if (error.has_value() && error->code == kParameterCode &&
      absl::StrContains(error->message, "Unsupported request - method type")) {
    listed = FindMeaning(kParameterCode, kNoObjectSubcode);
  }
  Meaning meaning = listed != nullptr ? *listed
                                      : MeaningOfStatus(result.status_code,
                                                        error.has_value() &&
                                                            error->transient);
  if (listed == nullptr && result.status_code < 300) {
    // A success that does not say what it should.
    meaning = {0,
               0,
               Code::kUnavailable,
               v1::ERROR_REASON_GRAPH_UNAVAILABLE,
               "Meta's answer makes no sense",
               true};
  }
  // Calls about the account itself have no recipient.
  if (operation == GraphOperation::kRepeatable &&
      meaning.reason == v1::ERROR_REASON_RECIPIENT_NOT_FOUND) {
    meaning.reason = v1::ERROR_REASON_GRAPH_ERROR;
    meaning.text = kNoObjectText;
  }
  ErrorDetails details{.reason = meaning.reason};
  details.metadata = {{"http_status", std::to_string(result.status_code)}};
  std::string text = meaning.text;
  if (error.has_value()) {
    details.metadata.emplace_back("graph_code", std::to_string(error->code));
    if (error->subcode != 0) {
      details.metadata.emplace_back("graph_subcode",
                                    std::to_string(error->subcode));
    }
    if (!error->type.empty()) {
      details.metadata.emplace_back("graph_type", error->type);
    }
    if (!error->fbtrace_id.empty()) {
      details.metadata.emplace_back("fbtrace_id", error->fbtrace_id);
    }
    if (!error->message.empty()) {
      absl::StrAppend(&text, " (Meta: ", error->message, ")");
    }
  }
  if (operation == GraphOperation::kSend && meaning.ambiguous) {
    return {UnknownOutcome(text, std::move(details)), true};
  }
  if (meaning.canonical == Code::kResourceExhausted ||
      meaning.canonical == Code::kUnavailable) {
    details.retry_after = RetryAfter(result);
  }
  return {MakeError(meaning.canonical, text, details), false};
}

GraphFailure MapTransportError(GraphOperation operation,
                               const HttpResult& result) {
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

}  // namespace linktor
