#include "linktor/instagram/client.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "client/cpp/src/backoff.h"
#include "client/cpp/src/check.h"
#include "client/cpp/src/connection.h"
#include "client/cpp/src/outcome.h"

namespace linktor::instagram {
namespace {

using Clock = std::chrono::system_clock;
using std::chrono::milliseconds;

// The server does not begin a send when less time than this is left. Repeating
// a send then would only replace the error that is known by a less useful one.
constexpr milliseconds kLeastTime(500);

// Returns whether a call that ended with this error may be repeated with the
// same request id. It may when the server asks for it with UNAVAILABLE, or when
// the server did not make the status.
bool Repeatable(const Error& error) {
  switch (error.code) {
    case grpc::StatusCode::UNAVAILABLE:
      return true;
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::UNKNOWN:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return error.reason.empty();
    default:
      return false;
  }
}

// Waits for `wait`, or until the caller asks it to stop.
void Sleep(milliseconds wait, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, wait, [] { return false; });
}

// Makes the call again until its outcome is known, or until no other call fits
// before the deadline. It blocks for the whole time. It returns the error of
// the last call. `outcome_unknown` of this error says whether any of the calls
// may have been done.
template <typename Response, typename Request, typename Stub>
Result<Response> Repeat(grpc::Channel& channel, Stub& stub,
                        grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                     const Request&, Response*),
                        const Request& request, const CallOptions& options) {
  const auto deadline = Clock::now() + options.timeout;
  const auto stopped = [&options] { return options.stop.stop_requested(); };
  Backoff backoff(RandomFraction);
  bool unknown = false;
  for (;;) {
    grpc::ClientContext context;
    context.set_deadline(deadline);
    const std::stop_callback cancel(options.stop,
                                    [&context] { context.TryCancel(); });
    Response response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    if (status.ok()) return response;
    Error error = ErrorOf(status);
    // An earlier call that got lost may have been done, even when a later call
    // is refused.
    unknown = unknown || LeavesUnknown(error);
    error.outcome_unknown = unknown;
    if (stopped() || !Repeatable(error)) return error;
    const milliseconds wait = backoff.Next(error.retry_delay);
    if (deadline - Clock::now() < wait + kLeastTime) return error;
    if (options.on_repeat) options.on_repeat(error, wait);
    Sleep(wait, options.stop);
    if (stopped()) return error;
    const auto left = std::chrono::floor<milliseconds>(deadline - Clock::now());
    WaitUntilConnected(channel, std::min(kConnectTimeout, left - kLeastTime),
                       stopped);
    if (stopped() || deadline - Clock::now() < kLeastTime) return error;
  }
}

}  // namespace

Result<std::unique_ptr<Client>> Client::Create(const ClientOptions& options) {
  auto connection = Connection::Create(options);
  if (!connection) return connection.error();
  return std::unique_ptr<Client>(new Client(*std::move(connection)));
}

Client::Client(std::shared_ptr<const Connection> connection)
    : connection_(std::move(connection)),
      channel_(connection_->NewChannel()),
      access_(channel_),
      channels_(channel_),
      events_(channel_),
      messaging_(channel_),
      server_(channel_) {}

Result<v1::SendMessageResponse> Client::Send(v1::SendMessageRequest request,
                                             const CallOptions& options) {
  if (request.request_id().empty()) request.set_request_id(NewRequestId());
  auto error = CheckTexts(request);
  if (!error.has_value()) {
    auto result =
        Repeat(*channel_, messaging_, &v1::MessagingService::Stub::SendMessage,
               request, options);
    if (result) return result;
    error = result.error();
  }
  error->request_id = request.request_id();
  return *std::move(error);
}

Result<v1::SetIceBreakersResponse> Client::SetIceBreakers(
    const v1::SetIceBreakersRequest& request, const CallOptions& options) {
  if (auto error = CheckTexts(request)) return *std::move(error);
  return Repeat(*channel_, channels_, &v1::ChannelService::Stub::SetIceBreakers,
                request, options);
}

Subscription Client::Subscribe(v1::SubscribeEventsRequest request,
                               SubscribeOptions options) {
  return Subscription(connection_, std::move(request), std::move(options));
}

}  // namespace linktor::instagram
