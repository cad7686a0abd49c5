// An EventStream is one call of SubscribeEvents whose reads have a time limit.
// The synchronous reader of gRPC has no time limit, so it would wait forever on
// a broken connection.

#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/support/async_stream.h>

#include <chrono>
#include <memory>
#include <optional>

#include "linktor/instagram/v1/event_service.grpc.pb.h"

namespace linktor::instagram {

// Cancel() is for any thread. All other functions are for one thread.
class EventStream {
 public:
  // Begins the call. It does not wait for the server.
  EventStream(const std::shared_ptr<grpc::Channel>& channel,
              const v1::SubscribeEventsRequest& request);
  // Cancels the call if it has not ended.
  ~EventStream();
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  // Waits for the next response, but not longer than `most`. Returns false when
  // the call has ended or the time is over. Then `response` is unchanged or
  // empty, and the caller must call Finish() next.
  bool Read(v1::SubscribeEventsResponse& response,
            std::chrono::milliseconds most);
  // Returns whether the last Read() took too long.
  bool was_silent() const { return silent_; }
  // Returns the status of the call, which must have ended or must be cancelled.
  // It blocks until gRPC has released the call. It must be called at most once.
  grpc::Status Finish();
  // Makes a Read() that waits on another thread return false soon. It is for
  // any thread.
  void Cancel() { context_.TryCancel(); }

 private:
  // Waits for the gRPC operation that is in progress, up to the deadline.
  // Returns whether the operation succeeded, or nullopt when it did not end
  // before the deadline.
  std::optional<bool> Wait(std::chrono::system_clock::time_point deadline);
  // Waits for the operation without a deadline, and returns whether the
  // operation succeeded.
  bool Wait();

  // The order of these fields matters, because they are destroyed in reverse
  // order: gRPC uses the context and the queue until the reader is destroyed.
  v1::EventService::Stub stub_;
  grpc::ClientContext context_;
  // Only one operation at a time is in the queue, so its tag is not needed to
  // identify it.
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::ClientAsyncReader<v1::SubscribeEventsResponse>> reader_;
  // Each becomes true once: started_ when the call has begun, silent_ when a
  // Read() took too long, finished_ when Finish() has ended.
  bool started_ = false;
  bool silent_ = false;
  bool finished_ = false;
};

}  // namespace linktor::instagram
