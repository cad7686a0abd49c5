// This table has every answer of the webhook URL: what it is called in logs,
// metrics and documents, and what the client is told. The endpoint answers by
// it, and the metrics make a series of each row. It is constant, so any thread
// may read it.

#pragma once

#include <cstdint>
#include <span>

#include "server/base/log.h"

namespace linktor::webhook {

// Each value says how one request ended. The value is the index of the row, so
// a new one needs a row at the same place; the compiler checks the order.
enum class WebhookVerdict : std::int8_t {
  // A signed delivery is durable.
  kStored,
  // Meta has verified the URL.
  kVerified,
  // The path is no webhook's, or no channel has the id in it.
  kNoSuchWebhook,
  // The method is none of GET, HEAD and POST.
  kMethod,
  // A GET has another hub.mode than subscribe, or no hub.challenge that Meta
  // could have sent.
  kVerificationIncomplete,
  // A GET has a wrong verify token, or the channel has none.
  kVerifyToken,
  // A POST is not signed. This and the next three get the same text, so that a
  // stranger cannot tell them apart.
  kSignatureMissing,
  // No signature of the POST has the right form.
  kSignatureMalformed,
  // None of the channel's app secrets gives a signature that came.
  kSignatureWrong,
  // The channel has no app secret, so nothing can be checked.
  kNoAppSecret,
  // A signed delivery could not be made durable. Meta delivers it again.
  kNotStored,
};

// All texts are constants and live as long as the process.
struct WebhookAnswer {
  WebhookVerdict verdict;
  // It is the HTTP status.
  int status;
  // It is the word that logs and metrics have for the verdict, such as
  // "signature_wrong". Operators' alerts may name it, so it must not change.
  const char* reason;
  // It is the body. It is empty for kVerified alone, whose body is the
  // challenge.
  const char* text;
  // It is the level of the line in the log. There is a line for each request at
  // the level debug anyway, so debug here means that there is no other line.
  LogLevel level;
};

// Returns all rows, in the order of the enum.
std::span<const WebhookAnswer> WebhookAnswers();
// Returns the row of one verdict; there is one for each.
const WebhookAnswer& AnswerOf(WebhookVerdict verdict);

}  // namespace linktor::webhook
