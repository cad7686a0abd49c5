// This table has every answer of the webhook URL. A row has the name of the
// answer in logs, metrics and documents, and the HTTP status and the text that
// the client gets. The endpoint takes its answers from this table, and the
// metrics have a series for each row. The table is constant, so any thread may
// read it.

#pragma once

#include <cstdint>
#include <span>

#include "server/base/log.h"

namespace linktor::webhook {

// Each value says how one request ended. The value is the index of its row, so
// a new value needs a row at the same index. The compiler checks the order.
enum class WebhookVerdict : std::int8_t {
  // A signed delivery is durable (safe on the disk).
  kStored,
  // Meta has verified the URL.
  kVerified,
  // The path is not the path of a webhook, or no channel has the id in the
  // path.
  kNoSuchWebhook,
  // The method is not GET, HEAD or POST.
  kMethod,
  // The hub.mode of a GET is not "subscribe", or its hub.challenge is missing
  // or is not one that Meta could have sent.
  kVerificationIncomplete,
  // The verify token of a GET is wrong, or the channel has no verify token.
  kVerifyToken,
  // A POST is not signed. This value and the next three have the same text, so
  // that a stranger cannot tell them apart.
  kSignatureMissing,
  // A POST is signed, but no signature has the right form.
  kSignatureMalformed,
  // A signature of the POST has the right form, but it fits none of the
  // channel's app secrets.
  kSignatureWrong,
  // The channel has no app secret, so no signature can be checked.
  kNoAppSecret,
  // A signed delivery could not be made durable. Meta delivers it again.
  kNotStored,
};

// All texts are constants and live as long as the process.
struct WebhookAnswer {
  WebhookVerdict verdict;
  // It is the HTTP status.
  int status;
  // This word stands for the verdict in logs and metrics, such as
  // "signature_wrong". Operators' alerts may use it, so it must not change.
  const char* reason;
  // It is the body of the answer. It is empty for kVerified alone, where the
  // body is Meta's challenge.
  const char* text;
  // It is the level of the answer's line in the server's log. If the log has
  // the level debug, every request has a line anyway. So kDebug here means that
  // the answer has no line of its own.
  LogLevel level;
};

// Returns all rows, in the order of the enum.
std::span<const WebhookAnswer> WebhookAnswers();
// Returns the row of one verdict; there is one for each.
const WebhookAnswer& AnswerOf(WebhookVerdict verdict);

}  // namespace linktor::webhook
