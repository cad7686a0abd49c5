#include "emulator/emulator.h"

#include <future>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/base/ids.h"

namespace linktor::emulator {
namespace {

constexpr char kControlPath[] = "/emulator";
constexpr char kMidPrefix[] = "m_";
// Enough for the answers that were given to leave.
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
      graph_(settings_, users_),
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

absl::Status Emulator::StartMessage(CustomerMessage message,
                                    PlayedCallback done) {
  if (absl::Status status = CheckCustomerMessage(message); !status.ok()) {
    return status;
  }
  if (message.mid.empty()) message.mid = FormatId(kMidPrefix, NewRawId());
  users_.Wrote(message.from);
  std::string body =
      CustomerMessageBody(message, settings_.Get().account_id, absl::Now());
  sender_.Send("message", std::move(body),
               [mid = std::move(message.mid),
                done = std::move(done)](WebhookAnswer answer) mutable {
                 done({.mid = std::move(mid), .webhook = std::move(answer)});
               });
  return absl::OkStatus();
}

absl::StatusOr<Emulator::Played> Emulator::PlayMessage(
    CustomerMessage message) {
  // Shared, because the promise is still in use for a moment after it has
  // woken us.
  auto promise = std::make_shared<std::promise<Played>>();
  std::future<Played> played = promise->get_future();
  absl::Status status = StartMessage(
      std::move(message),
      [promise](Played result) { promise->set_value(std::move(result)); });
  if (!status.ok()) return status;
  return played.get();
}

absl::StatusOr<Emulator::Played> Emulator::PlayText(std::string_view from,
                                                    std::string_view text) {
  return PlayMessage({.from = std::string(from), .text = std::string(text)});
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
  // The listener must not go while a responder is still to be called. From
  // here on nothing waits: delays run out, deliveries fail, echoes are
  // forgotten, and each of these gives its answer.
  timers_.Stop();
  sender_.Stop();
  echoes_.Stop();
  listener_->Stop(kStopGrace);
}

void Emulator::Handle(const HttpRequest& request, HttpResponder respond) {
  if (IsControl(request.target)) {
    control_.Handle(request, std::move(respond));
  } else {
    endpoint_.Handle(request, std::move(respond));
  }
}

}  // namespace linktor::emulator
