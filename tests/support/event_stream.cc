#include "tests/support/event_stream.h"

namespace linktor::testing {
namespace {

constexpr std::chrono::seconds kLimit{20};

}  // namespace

bool TellsOfChannel(const v1::Event& event) {
  return event.type().starts_with("channel.");
}

EventStream::EventStream(Stub& stub, const v1::SubscribeEventsRequest& request,
                         const std::string& key)
    : reader_(Begin(stub, request, key)), thread_([this] { Read(); }) {}

EventStream::~EventStream() {
  context_.TryCancel();
  thread_.join();
}

std::unique_ptr<grpc::ClientReader<v1::SubscribeEventsResponse>>
EventStream::Begin(Stub& stub, const v1::SubscribeEventsRequest& request,
                   const std::string& key) {
  if (!key.empty()) context_.AddMetadata("authorization", "Bearer " + key);
  return stub.SubscribeEvents(&context_, request);
}

void EventStream::Read() {
  v1::SubscribeEventsResponse response;
  while (reader_->Read(&response)) {
    MutexLock lock(mutex_);
    for (const v1::Event& event : response.events()) {
      (TellsOfChannel(event) ? channel_events_ : events_).push_back(event);
    }
    responses_.push_back(response);
    changed_.SignalAll();
  }
  grpc::Status status = reader_->Finish();
  MutexLock lock(mutex_);
  status_ = std::move(status);
  ended_ = true;
  changed_.SignalAll();
}

bool EventStream::Wait(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + kLimit;
  while (!holds()) {
    const auto left = end - std::chrono::steady_clock::now();
    if (ended_ || left.count() <= 0) return holds();
    changed_.WaitFor(mutex_, left);
  }
  return true;
}

bool EventStream::WaitFor(const Predicate& predicate) {
  MutexLock lock(mutex_);
  return Wait([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return predicate(events_);
  });
}

bool EventStream::WaitForCount(std::size_t count) {
  return WaitFor(
      [count](const auto& events) { return events.size() >= count; });
}

bool EventStream::WaitForChannelEvents(std::size_t count) {
  MutexLock lock(mutex_);
  return Wait([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return channel_events_.size() >= count;
  });
}

bool EventStream::WaitForResponses(std::size_t count) {
  MutexLock lock(mutex_);
  return Wait([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return responses_.size() >= count;
  });
}

bool EventStream::WaitForEnd() {
  MutexLock lock(mutex_);
  return Wait([&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return ended_; });
}

std::vector<v1::Event> EventStream::events() const {
  MutexLock lock(mutex_);
  return events_;
}

std::vector<v1::Event> EventStream::channel_events() const {
  MutexLock lock(mutex_);
  return channel_events_;
}

std::vector<v1::SubscribeEventsResponse> EventStream::responses() const {
  MutexLock lock(mutex_);
  return responses_;
}

grpc::Status EventStream::status() const {
  MutexLock lock(mutex_);
  return status_;
}

std::string EventStream::trailing_cursor() const {
  const auto& trailers = context_.GetServerTrailingMetadata();
  const auto it = trailers.find("linktor-cursor");
  return it == trailers.end()
             ? ""
             : std::string(it->second.data(), it->second.size());
}

}  // namespace linktor::testing
