#include "emulator/webhook_sender.h"

#include <boost/url.hpp>
#include <chrono>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/base/crypto.h"
#include "server/base/strings.h"

namespace linktor::emulator {
namespace {

// Meta expects an answer within 5 s; a test wants to see a late one, too.
constexpr absl::Duration kTimeout = absl::Seconds(15);
// So many bytes of an answer's body are kept.
constexpr std::size_t kMaxAnswerBytes = 64 * 1024;
constexpr char kUserAgent[] = "linktor-ig-emulator";
constexpr char kNoUrl[] =
    "no webhook URL is set; give --webhook-url or PUT /emulator/config";

std::string Signature(const Secret& secret, std::string_view body) {
  const Digest digest = HmacKey(secret.Reveal()).Sign(body);
  return absl::StrCat("sha256=",
                      absl::BytesToHexString(ToAbsl(AsBytes(digest))));
}

WebhookAnswer AnswerOf(http::HttpResult result) {
  if (!result.transport.ok()) {
    return {.error = std::string(result.transport.message())};
  }
  if (result.body.size() > kMaxAnswerBytes) result.body.resize(kMaxAnswerBytes);
  return {.status = result.status_code, .body = std::move(result.body)};
}

}  // namespace

WebhookSender::WebhookSender(const AccountList& accounts)
    : accounts_(accounts),
      transport_(std::make_unique<http::CurlTransport>(
          http::CurlTransport::Options())) {}

WebhookSender::~WebhookSender() { Stop(); }

std::uint64_t WebhookSender::Send(OutgoingWebhook webhook, Callback done) {
  std::uint64_t n = 0;
  {
    MutexLock lock(mutex_);
    n = log_.Add({.account = webhook.account,
                  .kind = std::move(webhook.kind),
                  .updates = webhook.updates,
                  .attempt = webhook.attempt,
                  .body = webhook.body},
                 webhook.body.size());
  }
  Deliver(n, webhook.account, std::move(webhook.body), std::move(done));
  return n;
}

bool WebhookSender::Redeliver(std::uint64_t n, Callback done) {
  std::string account;
  std::string body;
  {
    MutexLock lock(mutex_);
    const Webhook* webhook = log_.Find(n);
    if (webhook == nullptr) return false;
    account = webhook->account;
    body = webhook->body;
  }
  Deliver(n, account, std::move(body), std::move(done));
  return true;
}

void WebhookSender::Verify(std::string_view account, std::string_view challenge,
                           Callback done) {
  const EmulatorConfig config = accounts_.ConfigOf(account);
  const auto parsed = boost::urls::parse_uri(config.webhook_url);
  if (!parsed.has_value()) return done({.error = kNoUrl});
  boost::urls::url url(*parsed);
  using boost::urls::string_view;
  const std::string_view token = config.verify_token.Reveal();
  url.params().append({"hub.mode", "subscribe"});
  url.params().append(
      {"hub.challenge", string_view(challenge.data(), challenge.size())});
  url.params().append(
      {"hub.verify_token", string_view(token.data(), token.size())});
  Call({.method = "GET",
        .url = url.buffer(),
        .headers = {{"User-Agent", kUserAgent}},
        .timeout = kTimeout},
       std::move(done));
}

WebhookSender::List WebhookSender::Get() const {
  List list;
  MutexLock lock(mutex_);
  for (const auto& item : log_.items()) {
    list.webhooks.push_back(item.entry);
    list.webhooks.back().n = item.n;
  }
  list.dropped = log_.dropped();
  return list;
}

void WebhookSender::Stop() {
  std::unique_ptr<http::CurlTransport> transport;
  {
    MutexLock lock(transport_mutex_);
    transport = std::move(transport_);
  }
  // The transport's destructor calls back every call that is under way.
}

void WebhookSender::Deliver(std::uint64_t n, std::string_view account,
                            std::string body, Callback done) {
  const EmulatorConfig config = accounts_.ConfigOf(account);
  {
    MutexLock lock(mutex_);
    if (Webhook* webhook = log_.Find(n)) webhook->url = config.webhook_url;
  }
  auto record = [this, n,
                 done = std::move(done)](WebhookAnswer answer) mutable {
    answer.n = n;
    Record(n, answer);
    done(std::move(answer));
  };
  if (config.webhook_url.empty()) return record({.error = kNoUrl});
  http::HttpCall call{.method = "POST",
                      .url = config.webhook_url,
                      .headers = {{"Content-Type", "application/json"},
                                  {"User-Agent", kUserAgent}},
                      .timeout = kTimeout};
  if (!config.app_secret.empty()) {
    call.headers.emplace_back("X-Hub-Signature-256",
                              Signature(config.app_secret, body));
  }
  call.body = std::move(body);
  Call(std::move(call), std::move(record));
}

void WebhookSender::Call(http::HttpCall call, Callback done) {
  {
    // The mutex is held while the call is handed over, so that Stop() cannot
    // take the transport away meanwhile; the transport does not call back from
    // here.
    MutexLock lock(transport_mutex_);
    if (transport_ != nullptr) {
      transport_->Send(std::move(call), [done = std::move(done)](
                                            http::HttpResult result) mutable {
        done(AnswerOf(std::move(result)));
      });
      return;
    }
  }
  done({.error = "the emulator is stopping"});
}

void WebhookSender::Record(std::uint64_t n, const WebhookAnswer& answer) {
  MutexLock lock(mutex_);
  if (Webhook* webhook = log_.Find(n)) {
    webhook->answer = answer;
    ++webhook->deliveries;
  }
}

}  // namespace linktor::emulator
