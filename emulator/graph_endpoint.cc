#include "emulator/graph_endpoint.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "emulator/webhook_body.h"

namespace linktor::emulator {
namespace {

std::string LocaleOf(const http::HttpRequest& request) {
  http::HttpTarget target;
  if (!http::ParseTarget(request.target, target)) return "";
  return std::string(target.Parameter("locale"));
}

// Returns the answer of a fault that keeps the call from being done; nullopt
// when the call is to be done.
std::optional<http::HttpResponse> Instead(const std::optional<Fault>& fault,
                                          const http::HttpRequest& request) {
  if (!fault.has_value()) return std::nullopt;
  switch (fault->kind) {
    case FaultKind::kClose:
      return http::HttpResponse{.drop = true};
    case FaultKind::kStatus:
      return fault->response;
    case FaultKind::kGraphError:
      return ErrorResponse(fault->error, LocaleOf(request));
    case FaultKind::kAcceptThenClose:
    case FaultKind::kDelay:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

// Answers once on every way: `answer` goes into the fault's answer, into the
// delayed one, or behind the echo, and nowhere twice.
void GraphEndpoint::Handle(const http::HttpRequest& request,
                           http::HttpResponder respond) {
  // The call is in the list before anything can go wrong: a call that is spoilt
  // counts.
  const GraphApi::Address address = GraphApi::AddressOf(request);
  Account& account = parts_.accounts.Addressed(address);
  const EmulatorConfig config = account.settings.Get();
  const std::uint64_t n = parts_.calls.Begin(request, config.account_id);
  auto answer = [this, n, respond = std::move(respond)](
                    http::HttpResponse response) mutable {
    // The status is noted before the answer, so that a caller that has the
    // answer finds it in the list.
    parts_.calls.Answered(n, response.drop ? 0 : response.status);
    respond(std::move(response));
  };
  const std::optional<Fault> fault =
      parts_.faults.Take(GraphApi::Edge(request), config.account_id);
  if (std::optional<http::HttpResponse> response = Instead(fault, request)) {
    return answer(*std::move(response));
  }
  GraphReply reply = Call(request, address, account, config);
  if (fault.has_value() && fault->kind == FaultKind::kAcceptThenClose) {
    reply.response.drop = true;
  }
  const absl::Duration delay =
      fault.has_value() ? fault->delay : absl::ZeroDuration();
  std::optional<Parcel> echo;
  if (reply.sent.has_value() && !config.webhook_url.empty()) {
    echo = Parcel{.account = reply.sent->account_id,
                  .kind = "echo",
                  .item = EchoItem(*reply.sent, absl::Now())};
  }
  auto later = [this, delay, answer = std::move(answer),
                response = std::move(reply.response)](
                   EchoLane::Callback after) mutable {
    auto finish = [answer = std::move(answer), response = std::move(response),
                   after = std::move(after)]() mutable {
      answer(std::move(response));
      if (after) after();
    };
    if (delay == absl::ZeroDuration()) return finish();
    parts_.timers.After(delay, std::move(finish));
  };
  if (!echo.has_value()) return later(nullptr);
  if (config.echo_before_answer) {
    parts_.echoes.Add(*std::move(echo), absl::ZeroDuration(),
                      [later = std::move(later)]() mutable { later(nullptr); });
    return;
  }
  later([this, parcel = *std::move(echo), wait = config.echo_delay]() mutable {
    parts_.echoes.Add(std::move(parcel), wait);
  });
}

GraphReply GraphEndpoint::Call(const http::HttpRequest& request,
                               const GraphApi::Address& address,
                               Account& account,
                               const EmulatorConfig& config) const {
  if (config.strict && parts_.accounts.IsOfAnother(account, address.token)) {
    constexpr int kNoSuchObject = 33;
    return {ErrorResponse(
        InvalidParameter(absl::StrCat("Unsupported request. Object with ID '",
                                      address.id, "' does not exist"),
                         kNoSuchObject))};
  }
  return account.graph.Handle(request);
}

}  // namespace linktor::emulator
