#include "client/cli/tail.h"

#include <grpcpp/support/sync_stream.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/event_line.h"
#include "client/cli/text.h"

namespace linktor::cli {
namespace {

// The contract says that a reader who hears nothing for three intervals should
// connect again.
constexpr int kSilentIntervals = 3;
// It holds until the server says what is in force.
constexpr absl::Duration kDefaultInterval = absl::Seconds(15);

// It tries to connect again for so long before the next wait, which is some of
// gRPC's own attempts (kReconnectMs of connection.cc).
constexpr absl::Duration kConnectTimeout = absl::Seconds(1);
// Meanwhile it looks this often whether the user has asked for the end.
constexpr absl::Duration kLook = absl::Milliseconds(100);

double Random() {
  static std::random_device device;
  return std::uniform_real_distribution<double>(0, 1)(device);
}

}  // namespace

bool CanGoOn(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::ABORTED:
      return true;
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::UNKNOWN:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      // Without a reason the status is not of the server: the connection broke,
      // or a proxy ended the stream. Reading again changes nothing.
      return FailureOf(status, CallKind::kRead).reason.empty();
    default:
      return false;
  }
}

Tail::Tail(Session& session, Watch& watch, Options options)
    : session_(session),
      watch_(watch),
      options_(std::move(options)),
      backoff_(Random),
      silence_limit_(kDefaultInterval * kSilentIntervals) {
  cursor_ = options_.request.after_cursor();
}

ExitCode Tail::Run() {
  if (auto failure = session_.Reach()) return session_.Fail(*failure);
  for (;;) {
    grpc::Status status;
    const Ended ended = ReadOnce(status);
    if (ended != Ended::kBroken || watch_.asked_to_end()) {
      return Stopped(ended);
    }
    Failure failure = FailureOf(status, CallKind::kRead);
    if (!watch_.was_silent() && !CanGoOn(status)) {
      if (!cursor_.empty()) failure.metadata["last_cursor"] = cursor_;
      return session_.Fail(failure);
    }
    const absl::Duration wait =
        backoff_.Next(failure.retry_delay.value_or(absl::ZeroDuration()));
    std::string why = "the server ended the stream";
    if (watch_.was_silent()) {
      why = absl::StrCat("nothing heard for ", ShowDuration(silence_limit_));
    } else if (!status.ok()) {
      why = absl::StrCat("the stream broke: ", status.error_message());
    }
    session_.Notice(
        absl::StrCat(why, "; connecting again in ",
                     ShowDuration(absl::Ceil(wait, absl::Milliseconds(100)))));
    broken_ = true;
    if (!watch_.Sleep(wait)) return Stopped(Ended::kDone);
    Connect();
  }
}

// gRPC makes progress only while somebody waits for it: without this, a call
// fails at once with the error of an attempt before the wait, although the
// server is there again.
void Tail::Connect() {
  const absl::Time deadline = absl::Now() + kConnectTimeout;
  while (!watch_.asked_to_end() && absl::Now() < deadline) {
    const grpc_connectivity_state state = session_.channel()->GetState(true);
    if (state == GRPC_CHANNEL_READY) return;
    session_.channel()->WaitForStateChange(
        state, absl::ToChronoTime(std::min(deadline, absl::Now() + kLook)));
  }
}

Tail::Ended Tail::ReadOnce(grpc::Status& status) {
  v1::EventService::Stub stub(session_.channel());
  grpc::ClientContext context;
  session_.Authorize(context);
  watch_.Begin(&context);
  const auto reader = stub.SubscribeEvents(&context, options_.request);
  v1::SubscribeEventsResponse response;
  Ended ended = Ended::kBroken;
  for (;;) {
    watch_.ReadBegins(silence_limit_);
    const bool read = reader->Read(&response);
    watch_.ReadEnded();
    if (!read) break;
    ended = Handle(response);
    if (ended != Ended::kBroken) {
      context.TryCancel();
      break;
    }
  }
  status = reader->Finish();
  watch_.End();
  return ended;
}

// kBroken means that reading goes on.
Tail::Ended Tail::Handle(const v1::SubscribeEventsResponse& response) {
  if (std::exchange(broken_, false)) {
    session_.Notice("connected again");
  } else if (!std::exchange(greeted_, true) && !options_.until_caught_up) {
    // The first answer, and nothing else, says that from here on nothing is
    // missed; scripts wait for this line.
    session_.Notice("reading events; Ctrl-C ends");
  }
  backoff_.Reset();
  if (response.heartbeat_interval().seconds() > 0) {
    silence_limit_ = absl::Seconds(response.heartbeat_interval().seconds()) *
                     kSilentIntervals;
  }
  for (const v1::Event& event : response.events()) {
    const std::string line = session_.options().json
                                 ? JsonLine(event)
                                 : EventLine(event, absl::LocalTimeZone(),
                                             options_.request.include_raw()) +
                                       "\n";
    if (!session_.Write(line)) {
      // Ending the call may change it.
      write_error_ = errno;
      return Ended::kOutputClosed;
    }
    Advance(event.cursor());
    ++printed_;
    if (options_.count > 0 && printed_ == options_.count) return Ended::kDone;
    if (watch_.asked_to_end()) return Ended::kDone;
  }
  Advance(response.cursor());
  if (options_.until_caught_up && response.caught_up()) return Ended::kDone;
  return Ended::kBroken;
}

void Tail::Advance(const std::string& cursor) {
  if (cursor.empty()) return;
  cursor_ = cursor;
  options_.request.set_after_cursor(cursor);
}

ExitCode Tail::Stopped(Ended ended) {
  // A reader that has seen enough (| head) is no fault.
  const bool failed = ended == Ended::kOutputClosed && write_error_ != EPIPE;
  session_.Notice(failed ? "standard output cannot be written"
                         : absl::StrCat("stopped after ", printed_,
                                        printed_ == 1 ? " event" : " events"),
                  cursor_);
  return failed ? ExitCode::kOutput : ExitCode::kOk;
}

}  // namespace linktor::cli
