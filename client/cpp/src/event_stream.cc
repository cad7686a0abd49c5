#include "client/cpp/src/event_stream.h"

namespace linktor::instagram {
namespace {

// Only one gRPC operation is in progress at a time, so its tag is not needed to
// identify it.
void* const kTag = nullptr;

}  // namespace

EventStream::EventStream(const std::shared_ptr<grpc::Channel>& channel,
                         const v1::SubscribeEventsRequest& request)
    : stub_(channel),
      reader_(stub_.PrepareAsyncSubscribeEvents(&context_, request, &queue_)) {
  reader_->StartCall(kTag);
}

EventStream::~EventStream() {
  if (!finished_) {
    context_.TryCancel();
    (void)Finish();
  }
  queue_.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
  }
}

std::optional<bool> EventStream::Wait(
    std::chrono::system_clock::time_point deadline) {
  void* tag = nullptr;
  bool ok = false;
  if (queue_.AsyncNext(&tag, &ok, deadline) ==
      grpc::CompletionQueue::GOT_EVENT) {
    return ok;
  }
  return std::nullopt;
}

bool EventStream::Wait() {
  void* tag = nullptr;
  bool ok = false;
  return queue_.Next(&tag, &ok) && ok;
}

bool EventStream::Read(v1::SubscribeEventsResponse& response,
                       std::chrono::milliseconds most) {
  const auto deadline = std::chrono::system_clock::now() + most;
  const auto done = [&]() -> bool {
    const std::optional<bool> ok = Wait(deadline);
    if (ok.has_value()) return *ok;
    silent_ = true;
    context_.TryCancel();
    (void)Wait();
    return false;
  };
  if (!started_) {
    started_ = true;
    if (!done()) return false;
  }
  reader_->Read(&response, kTag);
  return done();
}

grpc::Status EventStream::Finish() {
  // gRPC allows Finish() only after the operation StartCall() has ended.
  if (!started_) {
    started_ = true;
    (void)Wait();
  }
  grpc::Status status;
  reader_->Finish(&status, kTag);
  (void)Wait();
  finished_ = true;
  return status;
}

}  // namespace linktor::instagram
