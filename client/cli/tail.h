// A Tail reads the event stream and prints it, for as long as the user wants.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "client/cli/session.h"
#include "client/cli/watch.h"

namespace linktor::cli {

// A Tail is for the main thread only. When the stream breaks, a new stream
// begins after the last cursor whose events are all printed. So no event is
// lost and no event is shown twice. When the server cannot be reached at the
// start, the program ends.
class Tail {
 public:
  struct Options {
    // The request has the filters and the position to start at.
    v1::SubscribeEventsRequest request;
    // The stream ends after this number of events; 0 means that it has no such
    // end.
    std::int64_t count = 0;
    // If true, the stream ends when it has reached the end of the log.
    bool until_caught_up = false;
  };

  Tail(Session& session, Watch& watch, Options options);

  // Reads until the stream ends or the user asks for the end. Prints why it
  // ended.
  ExitCode Run();

 private:
  // Handle() returns one of these: reading goes on, reading is done, or
  // standard output cannot be written.
  enum class Ended { kNotYet, kDone, kOutputClosed };

  void SayThatItBroke(const instagram::Error& error,
                      std::chrono::milliseconds wait);
  // Prints the events of a response. Returns whether reading goes on.
  Ended Handle(const v1::SubscribeEventsResponse& response);
  // Prints how many events were printed, and the cursor to read on from.
  ExitCode Stopped(Ended ended);

  Session& session_;
  Watch& watch_;
  Options options_;
  // All events up to this cursor are printed.
  std::string cursor_;
  std::int64_t printed_ = 0;
  // This is errno of the write that failed.
  int write_error_ = 0;
  // It is true after the stream broke, until the next response.
  bool broken_ = false;
  // It is true after the first response.
  bool greeted_ = false;
};

}  // namespace linktor::cli
