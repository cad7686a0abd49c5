// An EventStream is a subscriber that remembers everything it receives. It
// keeps the events about channels apart from the other events.

#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "linktor/instagram/v1/event_service.grpc.pb.h"
#include "server/base/mutex.h"
#include "server/base/v1.h"

namespace linktor::testing {

// Returns whether the event is about a channel itself, such as its creation.
bool TellsOfChannel(const v1::Event& event);

// The destructor cancels the stream.
class EventStream {
 public:
  using Stub = v1::EventService::Stub;

  // `key` is the API key that the stream sends. When it is empty, no key is
  // sent.
  EventStream(Stub& stub, const v1::SubscribeEventsRequest& request,
              const std::string& key = "");
  ~EventStream();
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  // Each of these waits for one condition: the predicate holds for the events
  // so far, there are `count` events or responses, or the stream has ended.
  // They return false when 20 s pass first, or when the stream ends before the
  // condition is true.
  using Predicate = std::function<bool(const std::vector<v1::Event>&)>;
  bool WaitFor(const Predicate& predicate);
  bool WaitForCount(std::size_t count);
  bool WaitForChannelEvents(std::size_t count);
  bool WaitForResponses(std::size_t count);
  bool WaitForEnd();

  std::vector<v1::Event> events() const;
  std::vector<v1::Event> channel_events() const;
  std::vector<v1::SubscribeEventsResponse> responses() const;
  // These two have a value only after the end of the stream.
  grpc::Status status() const;
  std::string trailing_cursor() const;

 private:
  std::unique_ptr<grpc::ClientReader<v1::SubscribeEventsResponse>> Begin(
      Stub& stub, const v1::SubscribeEventsRequest& request,
      const std::string& key);
  void Read();
  bool Wait(const std::function<bool()>& holds)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::SubscribeEventsResponse>> reader_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::vector<v1::Event> events_ ABSL_GUARDED_BY(mutex_);
  std::vector<v1::Event> channel_events_ ABSL_GUARDED_BY(mutex_);
  std::vector<v1::SubscribeEventsResponse> responses_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::Status status_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace linktor::testing
