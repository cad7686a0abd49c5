#include "server/webhook/endpoint.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/base/cause_log.h"
#include "server/base/crypto.h"
#include "server/base/ids.h"
#include "server/base/log.h"
#include "server/webhook/signature.h"

namespace linktor::webhook {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::string_view kSignatureHeader = "X-Hub-Signature-256";
// A challenge may have at most this many bytes. Meta's challenges are shorter.
constexpr std::size_t kMaxChallenge = 256;
// The server checks at most this many signatures of a request. There may be
// several, because a proxy may repeat a header, or join repeated headers. The
// limit bounds the work that a stranger can cause.
constexpr std::size_t kMaxSignatures = 4;

// Returns whether Meta could have sent the challenge. The answer repeats the
// challenge, so any other text could put markup into the answer.
bool IsChallenge(std::string_view text) {
  return !text.empty() && text.size() <= kMaxChallenge &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                  c == '_' || c == '-';
         });
}

// Returns the channel id that the path names; empty when it is not the path of
// a webhook. A slash at the end is allowed, because operators often enter the
// URL with one.
std::string_view ChannelOf(const http::HttpTarget& target) {
  const std::vector<std::string>& parts = target.segments;
  const bool slash = parts.size() == 4 && parts[3].empty();
  const bool ours = (parts.size() == 3 || slash) && parts[0] == "webhooks" &&
                    parts[1] == "instagram";
  return ours ? std::string_view(parts[2]) : std::string_view();
}

// These are the signatures of a request, at most kMaxSignatures. `malformed` is
// true when the request has more signatures, or has a value that is not a
// signature.
struct Signatures {
  std::vector<std::string> found;
  bool malformed = false;
};

Signatures SignaturesOf(const http::HttpRequest& request) {
  Signatures signatures;
  for (const std::string_view value : request.headers.All(kSignatureHeader)) {
    for (const absl::string_view one : absl::StrSplit(ToAbsl(value), ',')) {
      auto signature = ParseSignature(http::WithoutBlanks(ToStd(one)));
      if (!signature.has_value() || signatures.found.size() == kMaxSignatures) {
        signatures.malformed = true;
      } else {
        signatures.found.push_back(*std::move(signature));
      }
    }
  }
  return signatures;
}

// Returns the app secret of the channel with which the body was signed; null
// when there is none.
const channels::SigningSecret* FindSecret(const channels::ChannelEntry& channel,
                                          std::string_view body,
                                          const Signatures& signatures) {
  if (signatures.found.empty()) return nullptr;
  // The body is hashed once for each secret, however many signatures came.
  for (const channels::SigningSecret& secret : channel.secrets) {
    const Digest mac = secret.key.Sign(body);
    for (const std::string& signature : signatures.found) {
      if (ConstantTimeEqual(AsBytes(mac), signature)) return &secret;
    }
  }
  return nullptr;
}

// Returns the verdict for a request that was signed with no app secret of the
// channel.
WebhookVerdict WhyUnsigned(const channels::ChannelEntry& channel,
                           const Signatures& signatures) {
  if (channel.secrets.empty()) return WebhookVerdict::kNoAppSecret;
  if (!signatures.found.empty()) return WebhookVerdict::kSignatureWrong;
  return signatures.malformed ? WebhookVerdict::kSignatureMalformed
                              : WebhookVerdict::kSignatureMissing;
}

}  // namespace

struct WebhookEndpoint::Exchange {
  http::HttpResponder respond;
  std::string client;
  // It is null when the URL names no channel.
  channels::ChannelRegistry::EntryPtr channel;
  SteadyClock::time_point begin = SteadyClock::now();
  // This is the body of the answer kVerified. Every other answer has the body
  // that the table has (answer.h).
  std::string challenge;
  // Only a delivery has these three. The id is set only when it will be logged.
  std::string delivery_id;
  std::size_t bytes = 0;
  absl::StatusOr<state::DeliveryAnswer> outcome = state::DeliveryAnswer();
};

void WebhookEndpoint::Handle(const http::HttpRequest& request,
                             http::HttpResponder respond) {
  Exchange exchange{.respond = std::move(respond), .client = request.client};
  const bool get = request.method == "GET" || request.method == "HEAD";
  if (!get && request.method != "POST") {
    return Answer(exchange, WebhookVerdict::kMethod);
  }
  http::HttpTarget target;
  if (http::ParseTarget(request.target, target)) {
    exchange.channel = registry_.Find(ChannelOf(target));
  }
  if (exchange.channel == nullptr) {
    return Answer(exchange, WebhookVerdict::kNoSuchWebhook);
  }
  if (get) return Verify(target, std::move(exchange));
  Deliver(request, std::move(exchange));
}

void WebhookEndpoint::Verify(const http::HttpTarget& target,
                             Exchange exchange) {
  const std::string_view mode = target.Parameter("hub.mode");
  const std::string_view token = target.Parameter("hub.verify_token");
  const std::string_view challenge = target.Parameter("hub.challenge");
  if (mode != "subscribe" || !IsChallenge(challenge)) {
    return Answer(exchange, WebhookVerdict::kVerificationIncomplete);
  }
  const Secret& expected = exchange.channel->verify_token;
  if (expected.empty() || !ConstantTimeEqual(expected.Reveal(), token)) {
    return Answer(exchange, WebhookVerdict::kVerifyToken);
  }
  exchange.challenge = std::string(challenge);
  Answer(exchange, WebhookVerdict::kVerified);
}

void WebhookEndpoint::Deliver(const http::HttpRequest& request,
                              Exchange exchange) {
  const channels::ChannelEntry& channel = *exchange.channel;
  exchange.bytes = request.body.size();
  const Signatures signatures = SignaturesOf(request);
  const channels::SigningSecret* secret =
      FindSecret(channel, request.body, signatures);
  if (secret == nullptr) {
    return Answer(exchange, WhyUnsigned(channel, signatures));
  }
  channel.notes->last_secret.store(secret->tag, std::memory_order_relaxed);
  absl::StatusOr<Delivery> delivery =
      ingest_.MakeRecord(exchange.channel, secret->fingerprint, request.body);
  if (!delivery.ok()) {
    exchange.outcome = delivery.status();
    return Answer(exchange, WebhookVerdict::kNotStored);
  }
  if (Logs(LogLevel::kDebug)) {
    exchange.delivery_id = FormatId(
        kDeliveryPrefix, delivery->appended.record.webhook().delivery_id());
  }
  sink_(*std::move(delivery),
        [this, exchange = std::move(exchange)](
            absl::StatusOr<state::DeliveryAnswer> outcome) mutable {
          exchange.outcome = std::move(outcome);
          if (exchange.outcome.ok() && exchange.outcome->unreadable) {
            exchange.outcome = absl::AbortedError(
                "a person was erased at the same moment; Meta delivers the "
                "webhook again");
          }
          if (!exchange.outcome.ok()) {
            return Answer(exchange, WebhookVerdict::kNotStored);
          }
          observer_.OnOutcome(*exchange.outcome);
          Answer(exchange, WebhookVerdict::kStored);
        });
}

void WebhookEndpoint::Log(const Exchange& exchange, const WebhookAnswer& answer,
                          std::chrono::nanoseconds latency) {
  const bool cause = answer.level != LogLevel::kDebug;
  const bool every = Logs(LogLevel::kDebug);
  if (!cause && !every) return;
  const std::string channel =
      exchange.channel == nullptr ? "" : exchange.channel->channel.id();
  LogFields fields = {{"channel", channel},
                      {"status", std::to_string(answer.status)},
                      {"reason", answer.reason},
                      {"peer", exchange.client}};
  if (!exchange.outcome.ok()) {
    fields.emplace_back("error", exchange.outcome.status().ToString());
  }
  if (cause) {
    LogCause(answer.level, "webhook answered",
             absl::StrCat(channel, " ", answer.reason), fields);
  }
  if (!every) return;
  fields.emplace_back("bytes", std::to_string(exchange.bytes));
  fields.emplace_back(
      "seconds", absl::StrCat(std::chrono::duration<double>(latency).count()));
  if (!exchange.delivery_id.empty() && exchange.outcome.ok()) {
    const state::DeliveryAnswer& outcome = *exchange.outcome;
    fields.emplace_back("delivery_id", exchange.delivery_id);
    fields.emplace_back("events", std::to_string(outcome.events));
    fields.emplace_back("duplicates", std::to_string(outcome.duplicates));
    fields.emplace_back("ignored", std::to_string(outcome.ignored));
    fields.emplace_back("issues", std::to_string(outcome.issues));
  }
  linktor::Log(LogLevel::kDebug, "webhook", fields);
}

void WebhookEndpoint::Answer(Exchange& exchange, WebhookVerdict verdict) {
  const WebhookAnswer& answer = AnswerOf(verdict);
  const SteadyClock::duration latency = SteadyClock::now() - exchange.begin;
  observer_.OnAnswer(verdict, latency);
  Log(exchange, answer, latency);
  http::HttpResponse response{.status = answer.status, .body = answer.text};
  if (verdict == WebhookVerdict::kVerified) response.body = exchange.challenge;
  if (verdict == WebhookVerdict::kMethod) {
    response.headers.emplace_back("Allow", "GET, HEAD, POST");
  }
  exchange.respond(std::move(response));
}

}  // namespace linktor::webhook
