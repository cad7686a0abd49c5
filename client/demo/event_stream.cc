#include "client/demo/event_stream.h"

#include <grpcpp/support/sync_stream.h>

#include <chrono>
#include <utility>

namespace linktor::demo {
namespace {

constexpr auto kPauseBeforeAgain = std::chrono::seconds(1);

}  // namespace

EventStream::EventStream(const std::shared_ptr<grpc::Channel>& channel,
                         std::string channel_id, std::function<void()> news)
    : stub_(v1::EventService::NewStub(channel)),
      channel_id_(std::move(channel_id)),
      news_(std::move(news)),
      thread_([this] { Work(); }) {}

EventStream::~EventStream() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
    if (context_ != nullptr) context_->TryCancel();
    ended_.notify_all();
  }
  thread_.join();
}

bool EventStream::subscribed() {
  std::lock_guard lock(mutex_);
  return subscribed_;
}

std::vector<v1::Event> EventStream::Take() {
  std::lock_guard lock(mutex_);
  return std::exchange(events_, {});
}

std::string EventStream::problem() {
  std::lock_guard lock(mutex_);
  return problem_;
}

void EventStream::Work() {
  for (;;) {
    ReadOnce();
    news_();
    std::unique_lock lock(mutex_);
    ended_.wait_for(lock, kPauseBeforeAgain, [this] { return ending_; });
    if (ending_) return;
  }
}

void EventStream::ReadOnce() {
  grpc::ClientContext context;
  {
    std::lock_guard lock(mutex_);
    if (ending_) return;
    context_ = &context;
  }
  v1::SubscribeEventsRequest request;
  request.add_channel_ids(channel_id_);
  if (cursor_.empty()) {
    request.set_position(v1::POSITION_LATEST);
  } else {
    request.set_after_cursor(cursor_);
  }
  const auto reader = stub_->SubscribeEvents(&context, request);
  v1::SubscribeEventsResponse response;
  while (reader->Read(&response)) {
    if (!response.cursor().empty()) cursor_ = response.cursor();
    {
      std::lock_guard lock(mutex_);
      subscribed_ = true;
      problem_.clear();
      for (v1::Event& event : *response.mutable_events()) {
        events_.push_back(std::move(event));
      }
    }
    news_();
  }
  const grpc::Status status = reader->Finish();
  std::lock_guard lock(mutex_);
  context_ = nullptr;
  problem_ = status.ok() ? "the server ended the stream"
                         : std::string(status.error_message());
}

}  // namespace linktor::demo
