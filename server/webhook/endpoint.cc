#include "server/webhook/endpoint.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "server/base/crypto.h"
#include "server/base/log.h"
#include "server/webhook/signature.h"

namespace linktor {
namespace {

namespace http = boost::beast::http;

constexpr std::string_view kSignatureHeader = "X-Hub-Signature-256";
// Longer than any of Meta's.
constexpr std::size_t kMaxChallenge = 256;

HttpResponse Text(int status, std::string body) {
  return {.status = status, .body = std::move(body)};
}

// Only what Meta sends is echoed: a challenge could otherwise carry markup.
bool IsChallenge(std::string_view text) {
  return !text.empty() && text.size() <= kMaxChallenge &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                  c == '_' || c == '-';
         });
}

// The secret that the body is signed with; null when it is none of them.
const SigningSecret* FindSecret(const ChannelEntry& channel,
                                std::string_view body,
                                std::string_view signature) {
  for (const SigningSecret& secret : channel.secrets) {
    if (secret.key.Verify(body, signature)) return &secret;
  }
  return nullptr;
}

}  // namespace

void WebhookEndpoint::Handle(const HttpRequest& request,
                             HttpResponder respond) {
  HttpTarget target;
  const bool ours =
      ParseTarget(request.target, target) && target.segments.size() == 3 &&
      target.segments[0] == "webhooks" && target.segments[1] == "instagram";
  const ChannelRegistry::EntryPtr channel =
      ours ? registry_.Find(target.segments[2]) : nullptr;
  if (channel == nullptr)
    return Answer(respond, Text(404, "no such webhook\n"));
  if (request.method == http::verb::get) {
    return Answer(respond, Verify(*channel, target));
  }
  if (request.method == http::verb::post) {
    return Deliver(channel, request, std::move(respond));
  }
  HttpResponse response = Text(405, "GET and POST only\n");
  response.headers.emplace_back("Allow", "GET, POST");
  Answer(respond, std::move(response));
}

HttpResponse WebhookEndpoint::Verify(const ChannelEntry& channel,
                                     const HttpTarget& target) const {
  const std::string_view mode = target.Parameter("hub.mode");
  const std::string_view token = target.Parameter("hub.verify_token");
  const std::string_view challenge = target.Parameter("hub.challenge");
  if (mode != "subscribe" || !IsChallenge(challenge)) {
    return Text(400, "hub.mode=subscribe and hub.challenge are required\n");
  }
  if (channel.verify_token.empty() ||
      !ConstantTimeEqual(channel.verify_token.Reveal(), token)) {
    return Text(403, "wrong verify token\n");
  }
  return Text(200, std::string(challenge));
}

void WebhookEndpoint::Deliver(const ChannelRegistry::EntryPtr& channel,
                              const HttpRequest& request,
                              HttpResponder respond) {
  const auto signature = ParseSignature(request.Header(kSignatureHeader));
  const SigningSecret* secret =
      signature.has_value() ? FindSecret(*channel, request.body, *signature)
                            : nullptr;
  if (secret == nullptr) {
    return Answer(respond, Text(401, "wrong or missing signature\n"));
  }
  absl::StatusOr<WebhookRecord> record =
      ingest_.MakeRecord(channel, secret->fingerprint, request.body);
  if (!record.ok()) {
    Log(LogLevel::kError, "webhook cannot be recorded",
        {{"channel", channel->channel.id()},
         {"error", record.status().ToString()}});
    return Answer(respond, Text(503, "try again\n"));
  }
  sink_(*std::move(record),
        [this, respond = std::move(respond)](
            absl::StatusOr<WebhookOutcome> outcome) mutable {
          if (!outcome.ok()) return Answer(respond, Text(503, "try again\n"));
          observer_.OnOutcome(*outcome);
          Answer(respond, Text(200, "EVENT_RECEIVED\n"));
        });
}

void WebhookEndpoint::Answer(HttpResponder& respond, HttpResponse response) {
  observer_.OnAnswer(response.status);
  respond(std::move(response));
}

}  // namespace linktor
