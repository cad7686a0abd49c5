// Wakes subscribers: when there is something new, and now and then so that
// they can say that they are alive. One thread for all of them; a timer per
// stream would cost more than the streams.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <unordered_map>

#include "server/base/mutex.h"

namespace linktor {

class Subscriber {
 public:
  virtual ~Subscriber() = default;
  // There may be something after the sequence it waited at. Must not block.
  virtual void OnPublished() = 0;
  // Called about once per Hub::kTick. Must not block.
  virtual void OnTick(std::chrono::steady_clock::time_point now) = 0;
  // The server is draining: end the stream.
  virtual void OnDrain() = 0;
  // The sequence through which it has been told everything; -1 while it has not
  // begun. May be called at any time.
  virtual std::int64_t Position() const = 0;
};

class Hub {
 public:
  static constexpr std::chrono::milliseconds kTick{250};

  explicit Hub(std::int64_t last_seq);
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // Calls OnTick from now on. False when draining: do not start.
  bool Add(const std::shared_ptr<Subscriber>& subscriber);
  void Remove(const Subscriber* subscriber);

  // Calls OnPublished once when something after `seq` is published; at once
  // false, without remembering, when it has been already.
  bool Wait(const std::shared_ptr<Subscriber>& subscriber, std::int64_t seq);

  // There are events up to `last_seq`. Called by the journal's writer.
  void Publish(std::int64_t last_seq);

  // Ends every stream and refuses new ones.
  void Drain();
  std::size_t size() const;
  // Returns by how many events the slowest subscriber is behind; 0 when there
  // is none.
  std::int64_t MaxLag() const;

 private:
  using Subscribers =
      std::unordered_map<const Subscriber*, std::shared_ptr<Subscriber>>;

  void Run();

  mutable Mutex mutex_;
  CondVar wake_;
  Subscribers all_ ABSL_GUARDED_BY(mutex_);
  Subscribers waiting_ ABSL_GUARDED_BY(mutex_);
  std::int64_t last_seq_ ABSL_GUARDED_BY(mutex_);
  bool published_ ABSL_GUARDED_BY(mutex_) = false;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace linktor
