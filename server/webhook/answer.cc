#include "server/webhook/answer.h"

#include <array>
#include <cstddef>

namespace linktor::webhook {
namespace {

// All failures of a signature have this one text. So somebody who guesses a
// signature learns nothing from the answer.
constexpr char kUnsigned[] = "wrong or missing signature\n";

constexpr std::array kAnswers = {
    WebhookAnswer{WebhookVerdict::kStored, 200, "stored", "EVENT_RECEIVED\n",
                  LogLevel::kDebug},
    WebhookAnswer{WebhookVerdict::kVerified, 200, "verified", "",
                  LogLevel::kInfo},
    WebhookAnswer{WebhookVerdict::kNoSuchWebhook, 404, "no_such_webhook",
                  "no such webhook\n", LogLevel::kInfo},
    WebhookAnswer{WebhookVerdict::kMethod, 405, "method",
                  "GET, HEAD and POST only\n", LogLevel::kInfo},
    WebhookAnswer{
        WebhookVerdict::kVerificationIncomplete, 400, "verification_incomplete",
        "hub.mode=subscribe and hub.challenge are required\n", LogLevel::kInfo},
    WebhookAnswer{WebhookVerdict::kVerifyToken, 403, "verify_token",
                  "wrong verify token\n", LogLevel::kWarning},
    WebhookAnswer{WebhookVerdict::kSignatureMissing, 401, "signature_missing",
                  kUnsigned, LogLevel::kWarning},
    WebhookAnswer{WebhookVerdict::kSignatureMalformed, 401,
                  "signature_malformed", kUnsigned, LogLevel::kWarning},
    WebhookAnswer{WebhookVerdict::kSignatureWrong, 401, "signature_wrong",
                  kUnsigned, LogLevel::kWarning},
    WebhookAnswer{WebhookVerdict::kNoAppSecret, 401, "no_app_secret", kUnsigned,
                  LogLevel::kWarning},
    WebhookAnswer{WebhookVerdict::kNotStored, 503, "not_stored", "try again\n",
                  LogLevel::kError},
};

constexpr bool InOrder() {
  for (std::size_t i = 0; i < kAnswers.size(); ++i) {
    if (static_cast<std::size_t>(kAnswers[i].verdict) != i) return false;
  }
  return true;
}
static_assert(InOrder());

}  // namespace

std::span<const WebhookAnswer> WebhookAnswers() { return kAnswers; }

const WebhookAnswer& AnswerOf(WebhookVerdict verdict) {
  return kAnswers[static_cast<std::size_t>(verdict)];
}

}  // namespace linktor::webhook
