// A Hub wakes the streams of subscribers when there are new events. It also
// calls each stream four times a second, so that the stream can send heartbeats
// to its client. One thread does this for all streams, because a timer for each
// stream would cost more than the streams themselves.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <unordered_map>

#include "server/base/mutex.h"

namespace linktor::events {

// A Subscriber is a stream as the hub sees it. The hub holds no lock while it
// calls a function of a subscriber, except for Position. It may call a
// subscriber once more after Remove, because the hub may have decided on this
// call before.
class Subscriber {
 public:
  virtual ~Subscriber() = default;
  // Tells the subscriber that there may be an event after the sequence that it
  // gave to Hub::Wait. The hub's thread calls this function once for each Wait
  // that has returned true. The function must not block, because all other
  // streams would wait.
  virtual void OnPublished() = 0;
  // The hub's thread calls this function about once in each Hub::kTick, also
  // while there are no new events. The function must not block. `now` is the
  // time of the call.
  virtual void OnTick(std::chrono::steady_clock::time_point now) = 0;
  // Tells the subscriber that the server drains (shuts down) and that the
  // stream must end. The thread that calls Hub::Drain calls this function.
  virtual void OnDrain() = 0;
  // Returns the sequence up to which the subscriber has sent all events that
  // its filter wants; -1 while the stream has not begun. Any thread may call
  // it. The hub's mutex is held then, so the function must not block or call
  // the hub.
  virtual std::int64_t Position() const = 0;
};

// The functions of a Hub are thread-safe. Only the destructor blocks.
class Hub {
 public:
  // A tick is short compared with the interval of heartbeats, so a heartbeat is
  // late by a quarter of a second at most.
  static constexpr std::chrono::milliseconds kTick{250};

  // Starts the thread. `last_seq` is the sequence of the last event in the log
  // now.
  explicit Hub(std::int64_t last_seq);
  // Waits until the thread has ended. A call to a subscriber that is under way
  // ends first.
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // Keeps a reference to the subscriber, and calls its OnTick from now on,
  // until Remove. While the server drains, it returns false and keeps no
  // reference. The stream must not start then.
  bool Add(const std::shared_ptr<Subscriber>& subscriber);
  // Forgets the subscriber, and forgets its Wait if it has one. It is no error
  // when the hub does not know the subscriber.
  void Remove(const Subscriber* subscriber);

  // Promises one call of OnPublished when an event after `seq` is published,
  // and returns true. If such an event has been published already, Wait returns
  // false and promises nothing. The subscriber can then read the event at once.
  bool Wait(const std::shared_ptr<Subscriber>& subscriber, std::int64_t seq);

  // Says that there are events up to `last_seq`, and that streams can already
  // read them. The applying thread calls it.
  void Publish(std::int64_t last_seq);

  // Tells every stream to end, and refuses new streams from now on. Drain does
  // not wait until the streams have ended.
  void Drain();
  // Returns how many subscribers there are.
  std::size_t size() const;
  // Returns by how many events the slowest subscriber is behind the end of the
  // log; 0 when there is no subscriber.
  std::int64_t MaxLag() const;

 private:
  using Subscribers =
      std::unordered_map<const Subscriber*, std::shared_ptr<Subscriber>>;

  // This is the loop of the thread. It copies references while it holds the
  // mutex, and releases the mutex before it calls the subscribers.
  void Run();

  mutable Mutex mutex_;
  CondVar wake_;
  Subscribers all_ ABSL_GUARDED_BY(mutex_);
  // These subscribers wait for the next Publish.
  Subscribers waiting_ ABSL_GUARDED_BY(mutex_);
  std::int64_t last_seq_ ABSL_GUARDED_BY(mutex_);
  // It is true when a Publish has found waiting subscribers that the thread has
  // not called yet.
  bool published_ ABSL_GUARDED_BY(mutex_) = false;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // The thread is the last member, because it uses all members above from its
  // first moment on.
  std::thread thread_;
};

}  // namespace linktor::events
