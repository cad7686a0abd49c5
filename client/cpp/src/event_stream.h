// An EventStream is one call of SubscribeEvents, read with a limit of time:
// gRPC's synchronous reader has none, and would wait for ever on a connection
// that is gone.

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

// All functions but Cancel() are for one thread.
class EventStream {
 public:
  // Begins the call; it does not wait for the server.
  EventStream(const std::shared_ptr<grpc::Channel>& channel,
              const v1::SubscribeEventsRequest& request);
  // Cancels the call when it has not ended.
  ~EventStream();
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  // Waits for the next response, at most for `most`. Returns false when the
  // call has ended or the time is over; then Finish() is next. `response` is
  // then unchanged or empty.
  bool Read(v1::SubscribeEventsResponse& response,
            std::chrono::milliseconds most);
  // Returns whether the last Read() took too long.
  bool was_silent() const { return silent_; }
  // Returns the status of the call, which must have ended or be cancelled. It
  // blocks until gRPC has let the call go, and must be called once at most.
  grpc::Status Finish();
  // Makes the reader's Read() return false soon; for any thread.
  void Cancel() { context_.TryCancel(); }

 private:
  // Waits for the operation that is under way. Returns whether it succeeded;
  // nullopt when it was not done by the deadline.
  std::optional<bool> Wait(std::chrono::system_clock::time_point deadline);
  // Waits for the operation for as long as it takes, and returns whether it
  // succeeded.
  bool Wait();

  // The order of these matters: gRPC uses the context and the queue until the
  // reader has ended.
  v1::EventService::Stub stub_;
  grpc::ClientContext context_;
  // One operation at a time is in the queue, so that its tag tells nothing.
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::ClientAsyncReader<v1::SubscribeEventsResponse>> reader_;
  // Each is set once: the call has begun; a Read took too long; Finish has
  // ended.
  bool started_ = false;
  bool silent_ = false;
  bool finished_ = false;
};

}  // namespace linktor::instagram
