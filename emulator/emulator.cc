#include "emulator/emulator.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace linktor::emulator {
namespace {

constexpr char kControlPath[] = "/emulator";
// The answers that were given need this time to leave.
constexpr absl::Duration kStopGrace = absl::Seconds(2);

bool IsControl(std::string_view target) {
  if (!target.starts_with(kControlPath)) return false;
  target.remove_prefix(std::string_view(kControlPath).size());
  return target.empty() || target[0] == '/' || target[0] == '?';
}

}  // namespace

Emulator::Emulator(const EmulatorConfig& config)
    : LocalInstagram(config), control_(*this, [this] { return address(); }) {}

Emulator::~Emulator() { Stop(); }

absl::StatusOr<std::unique_ptr<Emulator>> Emulator::Start(
    const Options& options) {
  if (!http::IsLoopback(options.host)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", options.host,
        "' is not a loopback address: whoever reaches the emulator controls "
        "it"));
  }
  std::unique_ptr<Emulator> emulator(new Emulator(options.config));
  http::HttpListener::Options listen;
  listen.host = options.host;
  listen.port = options.port;
  listen.threads = 2;
  absl::StatusOr<std::unique_ptr<http::HttpListener>> listener =
      http::HttpListener::Start(
          listen, [raw = emulator.get()](const http::HttpRequest& request,
                                         http::HttpResponder respond) {
            raw->Handle(request, std::move(respond));
          });
  if (!listener.ok()) return listener.status();
  emulator->listener_ = *std::move(listener);
  return emulator;
}

void Emulator::Stop() {
  if (listener_ == nullptr) return;
  // The listener must not go while a responder is still to be called.
  StopWaiting();
  listener_->Stop(kStopGrace);
}

void Emulator::Handle(const http::HttpRequest& request,
                      http::HttpResponder respond) {
  if (IsControl(request.target)) {
    control_.Handle(request, std::move(respond));
  } else {
    CallGraph(request, std::move(respond));
  }
}

}  // namespace linktor::emulator
