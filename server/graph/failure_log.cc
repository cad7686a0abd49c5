#include "server/graph/failure_log.h"

#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/base/cause_log.h"
#include "server/base/status.h"
#include "server/base/strings.h"

namespace linktor::graph {
namespace {

// These concern one message or one customer: whoever sent it sees to it, and
// the server's operator has nothing to do.
constexpr std::array kOfTheCaller = {
    v1::ERROR_REASON_INVALID_CONTENT,
    v1::ERROR_REASON_MEDIA_REJECTED,
    v1::ERROR_REASON_OUTSIDE_MESSAGING_WINDOW,
    v1::ERROR_REASON_HUMAN_AGENT_WINDOW_CLOSED,
    v1::ERROR_REASON_USER_HAS_NOT_WRITTEN,
    v1::ERROR_REASON_RECIPIENT_UNAVAILABLE,
    v1::ERROR_REASON_RECIPIENT_NOT_FOUND,
    v1::ERROR_REASON_THREAD_CONTROLLED_BY_ANOTHER_APP,
    v1::ERROR_REASON_COMMENT_REPLY_UNAVAILABLE,
    v1::ERROR_REASON_MESSAGE_NOT_FOUND,
    v1::ERROR_REASON_USER_CONSENT_REQUIRED,
};

LogLevel LevelOf(std::string_view reason) {
  const bool callers = std::any_of(
      kOfTheCaller.begin(), kOfTheCaller.end(),
      [&](v1::ErrorReason one) { return ReasonName(one) == reason; });
  return callers ? LogLevel::kInfo : LogLevel::kWarning;
}

}  // namespace

void LogGraphFailure(std::string_view operation, std::string_view channel_id,
                     const absl::Status& status, std::string_view message_id) {
  const google::rpc::ErrorInfo info = ErrorInfoOf(status);
  LogFields fields = {{"channel", std::string(channel_id)},
                      {"operation", std::string(operation)},
                      {"reason", info.reason()}};
  for (const char* key : {"graph_code", "graph_subcode", "graph_type",
                          "fbtrace_id", "http_status"}) {
    if (const auto it = info.metadata().find(key);
        it != info.metadata().end()) {
      fields.emplace_back(key, it->second);
    }
  }
  if (!message_id.empty()) {
    fields.emplace_back("message_id", std::string(message_id));
  }
  const std::string about = absl::StrCat(ToAbsl(channel_id), " ",
                                         ToAbsl(operation), " ", info.reason());
  LogCause(LevelOf(info.reason()), "call to Meta failed", about,
           std::move(fields));
}

}  // namespace linktor::graph
