// A Hub wakes subscribers when there is something new, and four times a second
// so that they can tell their clients that they are alive. One thread does it
// for all of them, because a timer per stream would cost more than the streams.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <unordered_map>

#include "server/base/mutex.h"

namespace linktor::events {

// A Subscriber is a stream as the hub sees it. The hub calls it without a lock,
// but for Position, and may call it once more after Remove: a call can be on
// its way.
class Subscriber {
 public:
  virtual ~Subscriber() = default;
  // There may be something after the sequence it waited at. The hub's thread
  // calls it, once for each Wait. It must not block, or all streams wait.
  virtual void OnPublished() = 0;
  // The hub's thread calls it about once per Hub::kTick, also while nothing is
  // new. It must not block.
  virtual void OnTick(std::chrono::steady_clock::time_point now) = 0;
  // The server is draining, and the stream must end. The thread that drains
  // calls it.
  virtual void OnDrain() = 0;
  // Returns the sequence through which it has been told everything; -1 while it
  // has not begun. Any thread may call it, under the hub's mutex, so it must
  // not block or call the hub.
  virtual std::int64_t Position() const = 0;
};

// The functions are thread-safe and do not block, but for the destructor.
class Hub {
 public:
  // It is short against the interval of heartbeats, so that one is late by a
  // quarter of a second at most.
  static constexpr std::chrono::milliseconds kTick{250};

  // Starts the thread. The log ends at `last_seq`.
  explicit Hub(std::int64_t last_seq);
  // Waits for the thread to end, and with it for a call that is running.
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // Calls OnTick from now on, and keeps a reference until Remove. Returns
  // false, and keeps none, while the server drains: then the stream must not
  // start.
  bool Add(const std::shared_ptr<Subscriber>& subscriber);
  // Forgets the subscriber, also as one that waits. It is no error when it is
  // not there.
  void Remove(const Subscriber* subscriber);

  // Calls OnPublished once when something after `seq` is published, and returns
  // true. Returns false, and will not call, when something has been already:
  // then the subscriber reads on.
  bool Wait(const std::shared_ptr<Subscriber>& subscriber, std::int64_t seq);

  // Says that there are events up to `last_seq`, which can be read already. The
  // applying thread calls it.
  void Publish(std::int64_t last_seq);

  // Tells every stream to end, and refuses new ones from now on. Streams end
  // later, each on its own.
  void Drain();
  // Returns how many subscribers there are.
  std::size_t size() const;
  // Returns by how many events the slowest subscriber is behind; 0 when there
  // is none.
  std::int64_t MaxLag() const;

 private:
  using Subscribers =
      std::unordered_map<const Subscriber*, std::shared_ptr<Subscriber>>;

  // It is the thread's loop. It copies references under the mutex and calls the
  // subscribers after it has let go of it.
  void Run();

  mutable Mutex mutex_;
  CondVar wake_;
  Subscribers all_ ABSL_GUARDED_BY(mutex_);
  // These wait for the next Publish.
  Subscribers waiting_ ABSL_GUARDED_BY(mutex_);
  std::int64_t last_seq_ ABSL_GUARDED_BY(mutex_);
  // True while somebody waits for what was published and has not been called.
  bool published_ ABSL_GUARDED_BY(mutex_) = false;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // It is last, because it uses all of the above from its first moment.
  std::thread thread_;
};

}  // namespace linktor::events
