// This table has every answer of the webhook URL: what it is called in logs,
// metrics and documents, and what the client is told.

#pragma once

#include <cstdint>
#include <span>

#include "server/base/log.h"

namespace linktor {

enum class WebhookVerdict : std::int8_t {
  // A signed delivery is durable.
  kStored,
  // Meta has verified the URL.
  kVerified,
  kNoSuchWebhook,
  kMethod,
  kVerificationIncomplete,
  kVerifyToken,
  kSignatureMissing,
  kSignatureMalformed,
  kSignatureWrong,
  kNoAppSecret,
  // A signed delivery could not be made durable: Meta delivers it again.
  kNotStored,
};

struct WebhookAnswer {
  WebhookVerdict verdict;
  int status;
  // The word that logs and metrics have for it, such as "signature_wrong".
  const char* reason;
  // The body; of kVerified it is the challenge instead.
  const char* text;
  // The level of its line in the log. There is a line for each request at the
  // level debug anyway.
  LogLevel level;
};

// Returns all of them, in the order of the enum.
std::span<const WebhookAnswer> WebhookAnswers();
const WebhookAnswer& AnswerOf(WebhookVerdict verdict);

}  // namespace linktor
