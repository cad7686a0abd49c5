#include "emulator/emulator.h"

#include <future>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "emulator/webhook_body.h"
#include "server/base/ids.h"
#include "server/base/try.h"

namespace linktor::emulator {
namespace {

constexpr char kControlPath[] = "/emulator";
constexpr char kMidPrefix[] = "m_";
// The answers that were given need this time to leave.
constexpr absl::Duration kStopGrace = absl::Seconds(2);

bool IsControl(std::string_view target) {
  if (!target.starts_with(kControlPath)) return false;
  target.remove_prefix(std::string_view(kControlPath).size());
  return target.empty() || target[0] == '/' || target[0] == '?';
}

}  // namespace

Emulator::Emulator(const EmulatorConfig& config)
    : settings_(config),
      sender_(settings_),
      echoes_(sender_, config.hold_echoes),
      graph_(settings_, users_, profiles_),
      endpoint_({.settings = settings_,
                 .api = graph_,
                 .calls = calls_,
                 .faults = faults_,
                 .echoes = echoes_,
                 .timers = timers_}),
      control_(*this) {}

Emulator::~Emulator() { Stop(); }

absl::StatusOr<std::unique_ptr<Emulator>> Emulator::Start(
    const Options& options) {
  if (!IsLoopback(options.host)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", options.host,
        "' is not a loopback address: whoever reaches the emulator controls "
        "it"));
  }
  std::unique_ptr<Emulator> emulator(new Emulator(options.config));
  HttpListener::Options listen;
  listen.host = options.host;
  listen.port = options.port;
  listen.threads = 2;
  absl::StatusOr<std::unique_ptr<HttpListener>> listener = HttpListener::Start(
      listen, [raw = emulator.get()](const HttpRequest& request,
                                     HttpResponder respond) {
        raw->Handle(request, std::move(respond));
      });
  if (!listener.ok()) return listener.status();
  emulator->listener_ = *std::move(listener);
  return emulator;
}

void Emulator::Configure(const ConfigChange& change) {
  settings_.Apply(change);
  if (change.hold_echoes.has_value()) echoes_.SetHeld(*change.hold_echoes);
}

absl::Status Emulator::StartEvent(CustomerEvent event, PlayedCallback done) {
  if (!IsNumericId(event.from)) {
    return absl::InvalidArgumentError(
        "an event is of a customer: an id of 1 to 32 digits");
  }
  if (event.mid.empty() && IsMessage(event)) {
    event.mid = FormatId(kMidPrefix, NewRawId());
  } else if (event.mid.empty()) {
    if (const auto user = users_.Find(event.from)) {
      event.mid = user->last_received_mid;
    }
    if (event.mid.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "no message was sent to ", event.from,
          " yet; give the \"mid\" of the message the reaction is about"));
    }
  }
  const absl::Time now = absl::Now();
  if (IsMessage(event)) users_.Wrote(event.from, event.time.value_or(now));
  std::string body = CustomerEventBody(event, AccountOr(event.to), now);
  sender_.Send(event.kind, std::move(body),
               [mid = std::move(event.mid),
                done = std::move(done)](WebhookAnswer answer) mutable {
                 done({.mid = std::move(mid), .webhook = std::move(answer)});
               });
  return absl::OkStatus();
}

absl::StatusOr<Emulator::Played> Emulator::Play(CustomerEvent event) {
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

absl::StatusOr<Emulator::Played> Emulator::PlayMessage(
    CustomerMessage message) {
  LINKTOR_TRY(CheckCustomerMessage(message));
  return Play(MessageEvent(std::move(message)));
}

absl::StatusOr<Emulator::Played> Emulator::PlayText(std::string_view from,
                                                    std::string_view text) {
  return PlayMessage({.from = std::string(from), .text = std::string(text)});
}

absl::StatusOr<CustomerEvent> Emulator::Tapped(const Tap& tap) const {
  return ResolveTap(tap, users_.Find(tap.from), profiles_, AccountOr(tap.to));
}

absl::StatusOr<Emulator::Played> Emulator::PlayTap(const Tap& tap) {
  LINKTOR_ASSIGN(CustomerEvent event, Tapped(tap));
  return Play(std::move(event));
}

absl::Status Emulator::ChangeUser(std::string_view id,
                                  const UserChange& change) {
  if (!IsNumericId(id)) {
    return absl::InvalidArgumentError(
        "a user's id is an Instagram-scoped id: 1 to 32 digits");
  }
  return users_.Change(id, change, absl::Now());
}

WebhookAnswer Emulator::SendWebhook(std::string body) {
  auto promise = std::make_shared<std::promise<WebhookAnswer>>();
  std::future<WebhookAnswer> answer = promise->get_future();
  sender_.Send("raw", std::move(body), [promise](WebhookAnswer result) {
    promise->set_value(std::move(result));
  });
  return answer.get();
}

absl::Status Emulator::AddFault(Fault fault) {
  if (faults_.Add(std::move(fault))) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("there are ", FaultQueue::kMaxFaults,
                   " faults already; DELETE /emulator/faults clears them"));
}

void Emulator::Stop() {
  if (listener_ == nullptr) return;
  // The listener must not go while a responder is still to be called. From here
  // on nothing waits: delays run out, deliveries fail, echoes are forgotten,
  // and each of these gives its answer.
  timers_.Stop();
  sender_.Stop();
  echoes_.Stop();
  listener_->Stop(kStopGrace);
}

std::string Emulator::AccountOr(const std::string& account) const {
  return account.empty() ? settings_.Get().account_id : account;
}

void Emulator::Handle(const HttpRequest& request, HttpResponder respond) {
  if (IsControl(request.target)) {
    control_.Handle(request, std::move(respond));
  } else {
    endpoint_.Handle(request, std::move(respond));
  }
}

}  // namespace linktor::emulator
