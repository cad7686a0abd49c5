// The server's event stream, read on a thread of its own. When it breaks, it
// is taken up again after the last cursor, so nothing is missed.

#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "linktor/instagram/v1/event_service.grpc.pb.h"

namespace linktor::demo {

namespace v1 = ::linktor::instagram::v1;

class EventStream {
 public:
  // Subscribes to what happens from now on. `news` is called on the stream's
  // thread whenever something changed.
  EventStream(const std::shared_ptr<grpc::Channel>& channel,
              std::string channel_id, std::function<void()> news);
  ~EventStream();
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  // Whether the first response has come: nothing else proves it.
  bool subscribed();
  // The events that came since the last call.
  std::vector<v1::Event> Take();
  // Why the stream last broke; empty when it did not.
  std::string problem();

 private:
  void Work();
  // Reads until the stream ends.
  void ReadOnce();

  const std::unique_ptr<v1::EventService::Stub> stub_;
  const std::string channel_id_;
  const std::function<void()> news_;
  // Only on the thread.
  std::string cursor_;

  std::mutex mutex_;
  std::condition_variable ended_;
  // The call under way, for cancelling it. Guarded by mutex_, like all below.
  grpc::ClientContext* context_ = nullptr;
  bool ending_ = false;
  bool subscribed_ = false;
  std::vector<v1::Event> events_;
  std::string problem_;
  std::thread thread_;
};

}  // namespace linktor::demo
