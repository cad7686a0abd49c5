// An EventFeed reads the server's events on a thread of its own.

#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "linktor/instagram/client.h"

namespace linktor::demo {

namespace v1 = ::linktor::instagram::v1;

// All functions are for any thread.
class EventFeed {
 public:
  // Subscribes to the events from now on. `news` is called on the feed's thread
  // after each response, and when the stream has broken or ended.
  EventFeed(instagram::Client& client, std::function<void()> news);
  ~EventFeed();
  EventFeed(const EventFeed&) = delete;
  EventFeed& operator=(const EventFeed&) = delete;

  // Returns whether the stream has begun. From then on no event is missed.
  bool subscribed();
  // Returns the events that came since the last call.
  std::vector<v1::Event> Take();
  // Returns why the stream has broken or ended. The result is empty while the
  // stream works.
  std::string problem();

 private:
  void Read();

  const std::function<void()> news_;
  std::mutex mutex_;
  // mutex_ guards the next three fields.
  bool subscribed_ = false;
  std::vector<v1::Event> events_;
  std::string problem_;

  instagram::Subscription subscription_;
  std::thread thread_;
};

}  // namespace linktor::demo
