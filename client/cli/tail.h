// It reads the event stream and prints it, for as long as the user wants.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "client/cli/backoff.h"
#include "client/cli/session.h"
#include "client/cli/watch.h"

namespace linktor::cli {

// It is for the main thread only. It goes on by itself after the last cursor
// whose events are all printed, so that nothing is lost and nothing is shown
// twice.
//
//   1 reach    once; a server that is not there ends the program
//   2 read     until the stream breaks, is silent, is refused, or the user or
//              an option ends it
//   3 wait     longer each time without an answer; then 2
class Tail {
 public:
  struct Options {
    // It has the filters and where to start.
    v1::SubscribeEventsRequest request;
    // The stream ends after so many events; 0 stands for no end.
    std::int64_t count = 0;
    // If true, it ends when the stream has reached the end of the log.
    bool until_caught_up = false;
  };

  Tail(Session& session, Watch& watch, Options options);

  ExitCode Run();

 private:
  // Reading came to one of these.
  enum class Ended { kDone, kBroken, kOutputClosed };

  void Connect();
  Ended ReadOnce(grpc::Status& status);
  Ended Handle(const v1::SubscribeEventsResponse& response);
  void Advance(const std::string& cursor);
  ExitCode Stopped(Ended ended);

  Session& session_;
  Watch& watch_;
  Options options_;
  Backoff backoff_;
  std::string cursor_;
  std::int64_t printed_ = 0;
  absl::Duration silence_limit_;
  // This is errno of the write that failed.
  int write_error_ = 0;
  // It is true between a break and the next answer.
  bool broken_ = false;
  // It is true once the first answer has come.
  bool greeted_ = false;
};

// Returns whether a stream that ended so can be taken up again: the connection
// broke or the server is busy or going, but it did not refuse.
bool CanGoOn(const grpc::Status& status);

}  // namespace linktor::cli
