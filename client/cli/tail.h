// It reads the event stream and prints it, for as long as the user wants.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "client/cli/session.h"
#include "client/cli/watch.h"

namespace linktor::cli {

// It is for the main thread only. The stream goes on by itself after the last
// cursor whose events are all printed, so that nothing is lost and nothing is
// shown twice. A server that is not there at the start ends the program.
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
  enum class Ended { kNotYet, kDone, kOutputClosed };

  void SayThatItBroke(const instagram::Error& error,
                      std::chrono::milliseconds wait);
  Ended Handle(const v1::SubscribeEventsResponse& response);
  ExitCode Stopped(Ended ended);

  Session& session_;
  Watch& watch_;
  Options options_;
  // Everything up to it is printed.
  std::string cursor_;
  std::int64_t printed_ = 0;
  // This is errno of the write that failed.
  int write_error_ = 0;
  // It is true between a break and the next response.
  bool broken_ = false;
  // It is true once the first response has come.
  bool greeted_ = false;
};

}  // namespace linktor::cli
