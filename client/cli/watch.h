// Ends a blocking read of a stream: when the user asks for the end, or when
// the stream has been silent for too long.

#pragma once

#include <grpcpp/client_context.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "absl/time/time.h"

namespace linktor::cli {

// Create it before any other thread: it blocks the signals it waits for
// (SIGINT, SIGTERM, SIGHUP unless ignored) and waits for them on a thread of
// its own. All functions are for the thread that reads.
class Watch {
 public:
  Watch();
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // From here to End() the call of `context` is cancelled when the user asks
  // for the end.
  void Begin(grpc::ClientContext* context);
  void End();

  // A read begins, which is cancelled after `limit`; and it has ended. What
  // happens between reads (a slow terminal) is not silence of the server.
  void ReadBegins(absl::Duration limit);
  void ReadEnded();
  // Whether a read since Begin() took too long.
  bool was_silent();

  // Whether the user has asked for the end, or nobody reads standard output.
  bool asked_to_end();
  // False, at once, when the user asks for the end.
  bool Sleep(absl::Duration duration);

 private:
  void Work();

  std::mutex mutex_;
  std::condition_variable ended_;
  // All below are guarded by mutex_.
  grpc::ClientContext* context_ = nullptr;
  std::optional<absl::Time> deadline_;
  bool silent_ = false;
  bool asked_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace linktor::cli
