// An event stream is one call of SubscribeEvents, read with a limit of time.

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
  EventStream(const std::shared_ptr<grpc::Channel>& channel,
              const v1::SubscribeEventsRequest& request);
  // Cancels the call when it has not ended.
  ~EventStream();
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  // Waits for the next response, at most so long. False: the call has ended, or
  // the time is over, and Finish() is next.
  bool Read(v1::SubscribeEventsResponse& response,
            std::chrono::milliseconds most);
  // Returns whether the last Read() took too long.
  bool was_silent() const { return silent_; }
  // Ends the call and returns its status.
  grpc::Status Finish();
  // Makes the reader's Read() return false soon; for any thread.
  void Cancel() { context_.TryCancel(); }

 private:
  // Waits for the operation under way. Nothing: it was not done in time.
  std::optional<bool> Wait(std::chrono::system_clock::time_point deadline);
  // Waits for as long as it takes.
  bool Wait();

  v1::EventService::Stub stub_;
  grpc::ClientContext context_;
  // One operation at a time is in the queue, so that its tag tells nothing.
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::ClientAsyncReader<v1::SubscribeEventsResponse>> reader_;
  bool started_ = false;
  bool silent_ = false;
  bool finished_ = false;
};

}  // namespace linktor::instagram
