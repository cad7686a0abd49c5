#include <algorithm>
#include <boost/json.hpp>
#include <functional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/base/status.h"
#include "server/base/strings.h"
#include "server/graph/client.h"
#include "server/graph/error_map.h"
#include "tests/fuzz/graph_oracle.h"
#include "tests/fuzz/properties.h"
#include "tests/fuzz/proto_checks.h"

namespace linktor::fuzz {
namespace {

constexpr int kOk = 200;
// How many bytes of trailers clients take by default.
constexpr std::size_t kMaxTrailers = 8 * 1024;
// The names and sizes of the three trailers, and what HTTP/2 counts for each.
constexpr std::size_t kTrailerNames = 256;

// curl says why in ASCII.
std::string Ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (!absl::ascii_isprint(static_cast<unsigned char>(c))) c = '?';
  }
  return out;
}

std::string_view TakeLine(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

http::HttpResult ReadInput(std::string_view text) {
  http::HttpResult result;
  const std::string_view first = TakeLine(text);
  if (first.starts_with("sent") || first.starts_with("unsent")) {
    result.transport = absl::UnavailableError(Ascii(first));
    result.nothing_sent = first.starts_with("unsent");
    return result;
  }
  if (!absl::SimpleAtoi(ToAbsl(first), &result.status_code) ||
      result.status_code < 100 || result.status_code > 999) {
    result.status_code = kOk;
  }
  while (!text.empty() && text.front() != '\n') {
    const std::string_view line = TakeLine(text);
    const std::size_t colon = std::min(line.find(": "), line.size());
    result.headers.emplace_back(line.substr(0, colon),
                                line.substr(std::min(colon + 2, line.size())));
  }
  TakeLine(text);
  result.body = text;
  return result;
}

// Returns how long the status is in trailers, where grpc-message is
// percent-encoded and the details are in base64 without padding.
std::size_t TrailerBytes(const google::rpc::Status& status) {
  std::size_t size = kTrailerNames;
  for (const char c : status.message()) {
    size += c >= ' ' && c <= '~' && c != '%' ? 1 : 3;
  }
  return size + (status.ByteSizeLong() * 4 + 2) / 3;
}

// Checks what holds for every error that clients get.
Violation CheckError(const absl::Status& status) {
  if (status.ok()) return "a failure has no error";
  const google::rpc::ErrorInfo info = ErrorInfoOf(status);
  v1::ErrorReason reason = v1::ERROR_REASON_UNSPECIFIED;
  if (!v1::ErrorReason_Parse(absl::StrCat("ERROR_REASON_", info.reason()),
                             &reason) ||
      reason == v1::ERROR_REASON_UNSPECIFIED) {
    return absl::StrCat("'", info.reason(), "' is no reason");
  }
  if (status.message().empty()) return "an error says nothing";
  if (absl::IsUnauthenticated(status) || absl::IsPermissionDenied(status)) {
    return "an error of Meta's speaks of the caller's key";
  }
  const auto delay = RetryDelayOf(status);
  if (absl::IsUnavailable(status) || absl::IsResourceExhausted(status)) {
    if (!delay.has_value() || *delay <= absl::ZeroDuration()) {
      return "it does not say when to try again";
    }
  } else if (delay.has_value() && reason != v1::ERROR_REASON_MEDIA_REJECTED) {
    // What could not be fetched once may be fetched the next time.
    return "it says when to try again what will not help";
  }
  const google::rpc::Status rpc = ToRpcStatus(status);
  if (TrailerBytes(rpc) > kMaxTrailers) return "the status is too long";
  if (Violation bad = CheckBinary(rpc)) return "of the status: " + *bad;
  if (Violation bad = CheckBinary(info)) return "of the reason: " + *bad;
  return std::nullopt;
}

Violation CheckFailure(const graph::GraphFailure& failure, Certainty expected) {
  if (Violation bad = CheckError(failure.status)) return bad;
  if (failure.outcome_unknown != absl::IsUnknown(failure.status) ||
      failure.outcome_unknown !=
          (ErrorInfoOf(failure.status).reason() == "SEND_OUTCOME_UNKNOWN")) {
    return "code, reason and outcome do not go together";
  }
  if (expected == Certainty::kMayHaveHappened && !failure.outcome_unknown) {
    return "it may have been sent, and the error denies it";
  }
  if (expected == Certainty::kNothingHappened && failure.outcome_unknown) {
    return "it was not sent, and the error leaves that open";
  }
  return std::nullopt;
}

Violation CheckSend(const http::HttpResult& result, const Answer& answer) {
  const graph::GraphSendResult sent = graph::ReadSendAnswer(result);
  if (sent.mid.empty()) {
    if (answer.mid.has_value() && !answer.mid->empty()) {
      return "a message was sent, and is called a failure";
    }
    return CheckFailure(sent.failure, CertaintyOf(result, answer));
  }
  if (!sent.failure.status.ok() || sent.failure.outcome_unknown) {
    return "it has both a mid and an error";
  }
  if (!result.transport.ok() || result.status_code != kOk) {
    return "a success without a 200";
  }
  // Where the oracle cannot read the body, it does not say.
  if (answer.readable && answer.mid != sent.mid) {
    return "a success without that message_id";
  }
  return IsUtf8(sent.mid) ? Violation() : "a mid is not UTF-8";
}

// Checks the result of a call that can be repeated.
Violation CheckRepeatable(const http::HttpResult& result, const Answer& answer,
                          const absl::Status& status) {
  if (!status.ok()) {
    if (absl::IsUnknown(status))
      return "a call that can be repeated is unclear";
    return CheckError(status);
  }
  if (!result.transport.ok() || result.status_code != kOk) {
    return "a success without a 200";
  }
  if (answer.readable && (!answer.is_object || answer.has_error)) {
    return "an error of Meta's is called a success";
  }
  return std::nullopt;
}

Violation CheckReads(const http::HttpResult& result, const Answer& answer) {
  const auto ice_breakers = graph::ReadIceBreakersAnswer(result);
  const auto profile = graph::ReadUserProfileAnswer(result);
  const auto media = graph::ReadMessageMediaAnswer(result);
  for (const absl::Status& status :
       {graph::ReadProfileAnswer(result), ice_breakers.status(),
        profile.status(), media.status()}) {
    if (Violation bad = CheckRepeatable(result, answer, status)) return bad;
  }
  if (ice_breakers.ok()) {
    if (Violation bad = CheckBinary(*ice_breakers)) {
      return "of the ice breakers: " + *bad;
    }
  }
  if (profile.ok()) {
    if (Violation bad = CheckBinary(*profile)) return "of the profile: " + *bad;
  }
  if (media.ok()) {
    if (Violation bad = CheckBinary(*media)) return "of the media: " + *bad;
  }
  return std::nullopt;
}

// ---- Secrets ----------------------------------------------------------------

// Together they look like one of Meta's tokens; apart, so that no check of the
// tree takes them for one. An error may tell the first digits of a token if
// Meta's text ends within it.
constexpr std::string_view kTokenStart = "EAA";
constexpr std::string_view kTokenRest = "01234567890123456789canary0canary1";
// Nobody knows what other secrets look like, only which words precede them.
constexpr std::string_view kSecret = "qZ7canary3";
constexpr std::string_view kBefore[] = {
    "access_token=", "appsecret_proof=", R"("access_token":")",
    R"(\"access_token\": \")", "Bearer "};

// This is more than errors quote of Meta's texts; Redact is slow under
// sanitizers.
constexpr std::size_t kMaxAround = 600;

bool Tells(const absl::Status& status) {
  const std::string told = ToRpcStatus(status).SerializeAsString();
  return told.find("canary") != std::string::npos;
}

// Makes an answer whose error has `text` wherever Meta's texts may be.
http::HttpResult ErrorWith(int status_code, const std::string& text) {
  http::HttpResult result{.status_code = status_code};
  result.body = boost::json::serialize(boost::json::object{
      {"error", boost::json::object{{"message", text},
                                    {"type", text},
                                    {"fbtrace_id", text},
                                    {"code", status_code}}}});
  return result;
}

// Checks that no error tells a secret that stands between parts of the input.
// The secret begins a word: if it ran together with another one, its name would
// be taken for a part of that.
Violation CheckRedaction(std::string_view input, int status_code) {
  if (input.find("canary") != std::string_view::npos) return std::nullopt;
  input = input.substr(0, kMaxAround);
  const std::size_t choice = std::hash<std::string_view>()(input);
  const std::size_t cut = input.empty() ? 0 : choice % input.size();
  const std::string_view before = kBefore[(choice >> 16U) % std::size(kBefore)];
  const bool token = (choice >> 32U) % 2 == 0;
  const std::string secret =
      token ? absl::StrCat(ToAbsl(kTokenStart), ToAbsl(kTokenRest))
            : absl::StrCat(ToAbsl(before), ToAbsl(kSecret));
  const std::string text =
      absl::StrCat(ToAbsl(CutUtf8(input, cut)), "; ", secret, "\" ",
                   ToAbsl(input.substr(cut)));
  const http::HttpResult answer = ErrorWith(status_code, text);
  http::HttpResult unanswered;
  unanswered.transport = absl::UnavailableError(Ascii(text));
  for (const graph::GraphOperation operation :
       {graph::GraphOperation::kSend, graph::GraphOperation::kRepeatable}) {
    if (Tells(graph::MapGraphError(operation, answer).status) ||
        Tells(graph::MapTransportError(operation, unanswered).status)) {
      return absl::StrCat("an error tells ",
                          token ? "a token" : "what follows ",
                          token ? "" : std::string(before));
    }
  }
  return std::nullopt;
}

}  // namespace

Violation CheckGraph(std::string_view input) {
  const http::HttpResult result = ReadInput(input);
  const Answer answer = ReadAnswer(result);
  if (Violation bad = CheckSend(result, answer)) return bad;
  if (Violation bad = CheckReads(result, answer)) return bad;
  if (result.transport.ok()) {
    if (Violation bad = CheckFailure(
            graph::MapGraphError(graph::GraphOperation::kSend, result),
            CertaintyOf(result, answer))) {
      return bad;
    }
    const graph::GraphFailure failure =
        graph::MapGraphError(graph::GraphOperation::kRepeatable, result);
    if (failure.outcome_unknown)
      return "a call that can be repeated is unclear";
    if (Violation bad = CheckError(failure.status)) return bad;
  }
  return CheckRedaction(input, result.status_code);
}

}  // namespace linktor::fuzz
