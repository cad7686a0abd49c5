#include "emulator/local_instagram.h"

#include <future>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "emulator/webhook_body.h"
#include "server/base/ids.h"
#include "server/base/try.h"

namespace linktor::emulator {
namespace {

constexpr char kMidPrefix[] = "m_";

}  // namespace

LocalInstagram::LocalInstagram(const EmulatorConfig& config)
    : settings_(config),
      sender_(settings_),
      echoes_(sender_, config.hold_echoes),
      graph_(settings_, users_, profiles_, messages_),
      endpoint_({.settings = settings_,
                 .api = graph_,
                 .calls = calls_,
                 .faults = faults_,
                 .echoes = echoes_,
                 .timers = timers_}) {}

void LocalInstagram::Configure(const ConfigChange& change) {
  settings_.Apply(change);
  if (change.hold_echoes.has_value()) echoes_.SetHeld(*change.hold_echoes);
}

absl::Status LocalInstagram::StartEvent(CustomerEvent event,
                                        PlayedCallback done) {
  if (!IsNumericId(event.from) &&
      !(event.from.empty() && MayBeOfNobody(event))) {
    return absl::InvalidArgumentError(
        "an event is of a customer: an id of 1 to 32 digits");
  }
  if (event.mid.empty() && IsMessage(event)) {
    event.mid = FormatId(kMidPrefix, NewRawId());
  } else if (event.mid.empty() && IsAboutAMessage(event)) {
    if (const auto user = users_.Find(event.from)) {
      event.mid = user->last_received_mid;
    }
    if (event.mid.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("no message was sent to ", event.from,
                       " yet; give the \"mid\" of the message it is about"));
    }
  }
  const absl::Time now = absl::Now();
  if (IsMessage(event)) users_.Wrote(event.from, event.time.value_or(now));
  const std::string account = AccountOr(event.to);
  messages_.Note(event, account, now);
  std::string body = CustomerEventBody(event, account, now);
  sender_.Send(event.kind, std::move(body),
               [mid = std::move(event.mid),
                done = std::move(done)](WebhookAnswer answer) mutable {
                 done({.mid = std::move(mid), .webhook = std::move(answer)});
               });
  return absl::OkStatus();
}

absl::StatusOr<LocalInstagram::Played> LocalInstagram::Play(
    CustomerEvent event) {
  // The promise is shared, because it is still in use for a moment after it has
  // woken this thread.
  auto promise = std::make_shared<std::promise<Played>>();
  std::future<Played> played = promise->get_future();
  absl::Status status = StartEvent(std::move(event), [promise](Played result) {
    promise->set_value(std::move(result));
  });
  if (!status.ok()) return status;
  return played.get();
}

absl::StatusOr<LocalInstagram::Played> LocalInstagram::PlayMessage(
    CustomerMessage message) {
  LINKTOR_TRY(CheckCustomerMessage(message));
  return Play(MessageEvent(std::move(message)));
}

absl::StatusOr<LocalInstagram::Played> LocalInstagram::PlayText(
    std::string_view from, std::string_view text) {
  return PlayMessage({.from = std::string(from), .text = std::string(text)});
}

absl::StatusOr<CustomerEvent> LocalInstagram::Tapped(const Tap& tap) const {
  return ResolveTap(tap, users_.Find(tap.from), profiles_, AccountOr(tap.to));
}

absl::StatusOr<LocalInstagram::Played> LocalInstagram::PlayTap(const Tap& tap) {
  LINKTOR_ASSIGN(CustomerEvent event, Tapped(tap));
  return Play(std::move(event));
}

absl::Status LocalInstagram::ChangeUser(std::string_view id,
                                        const UserChange& change) {
  if (!IsNumericId(id)) {
    return absl::InvalidArgumentError(
        "a user's id is an Instagram-scoped id: 1 to 32 digits");
  }
  return users_.Change(id, change, absl::Now());
}

WebhookAnswer LocalInstagram::SendWebhook(std::string body) {
  auto promise = std::make_shared<std::promise<WebhookAnswer>>();
  std::future<WebhookAnswer> answer = promise->get_future();
  sender_.Send("raw", std::move(body), [promise](WebhookAnswer result) {
    promise->set_value(std::move(result));
  });
  return answer.get();
}

absl::Status LocalInstagram::AddFault(Fault fault) {
  if (faults_.Add(std::move(fault))) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("there are ", FaultQueue::kMaxFaults,
                   " faults already; DELETE /emulator/faults clears them"));
}

std::string LocalInstagram::AccountOr(const std::string& account) const {
  return account.empty() ? settings_.Get().account_id : account;
}

void LocalInstagram::StopWaiting() {
  timers_.Stop();
  sender_.Stop();
  echoes_.Stop();
}

}  // namespace linktor::emulator
