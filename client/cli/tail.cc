#include "client/cli/tail.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/event_line.h"
#include "client/cli/text.h"

namespace linktor::cli {

Tail::Tail(Session& session, Watch& watch, Options options)
    : session_(session),
      watch_(watch),
      options_(std::move(options)),
      cursor_(options_.request.after_cursor()) {}

ExitCode Tail::Run() {
  if (auto failure = session_.Reach()) return session_.Fail(*failure);
  instagram::Subscription events = session_.client().Subscribe(
      options_.request, {.on_break = [this](const instagram::Error& error,
                                            std::chrono::milliseconds wait) {
        SayThatItBroke(error, wait);
      }});
  const Watch::Guard guard(watch_, [&events] { events.Stop(); });
  while (const auto response = events.NextResponse()) {
    const Ended ended = Handle(*response);
    if (ended != Ended::kNotYet) return Stopped(ended);
  }
  if (!events.error().has_value()) return Stopped(Ended::kDone);
  Failure failure = FailureOf(*events.error(), CallKind::kRead);
  if (!cursor_.empty()) failure.metadata["last_cursor"] = cursor_;
  return session_.Fail(failure);
}

void Tail::SayThatItBroke(const instagram::Error& error,
                          std::chrono::milliseconds wait) {
  broken_ = true;
  const absl::Duration shown =
      absl::Ceil(absl::FromChrono(wait), absl::Milliseconds(100));
  session_.Notice(absl::StrCat("the stream broke: ", error.message,
                               "; connecting again in ", ShowDuration(shown)));
}

Tail::Ended Tail::Handle(const v1::SubscribeEventsResponse& response) {
  if (std::exchange(broken_, false)) {
    session_.Notice("connected again");
  } else if (!std::exchange(greeted_, true) && !options_.until_caught_up) {
    // Only the first response proves that no event is missed from now on.
    // Scripts wait for this line.
    session_.Notice("reading events; Ctrl-C ends");
  }
  for (const v1::Event& event : response.events()) {
    const std::string line = session_.options().json
                                 ? JsonLine(event)
                                 : EventLine(event, absl::LocalTimeZone(),
                                             options_.request.include_raw()) +
                                       "\n";
    if (!session_.Write(line)) {
      // errno is kept, because ending the call may change it.
      write_error_ = errno;
      return Ended::kOutputClosed;
    }
    cursor_ = event.cursor();
    ++printed_;
    if (options_.count > 0 && printed_ == options_.count) return Ended::kDone;
    if (watch_.asked_to_end()) return Ended::kDone;
  }
  if (!response.cursor().empty()) cursor_ = response.cursor();
  const bool done = options_.until_caught_up && response.caught_up();
  return done ? Ended::kDone : Ended::kNotYet;
}

ExitCode Tail::Stopped(Ended ended) {
  // It is no failure when the reader of a pipe ends early (| head).
  const bool failed = ended == Ended::kOutputClosed && write_error_ != EPIPE;
  session_.Notice(failed ? absl::StrCat("standard output cannot be written: ",
                                        std::strerror(write_error_))
                         : absl::StrCat("stopped after ", printed_,
                                        printed_ == 1 ? " event" : " events"),
                  cursor_);
  return failed ? ExitCode::kOutput : ExitCode::kOk;
}

}  // namespace linktor::cli
