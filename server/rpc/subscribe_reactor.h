// One subscriber's stream: a position in the log, and at most one message on
// its way.
//
// Exactly one thread at a time works for a stream. That right is `busy_`:
//  1. Taken at the beginning, by OnPublished, OnTick, OnCancel and OnDrain when
//     nobody has it.
//  2. Its holder reads what is next. If there is something it starts a write
//     and keeps the right until OnWriteDone; if the disk is needed, until that
//     has been read on the executor.
//  3. If there is nothing, it gives the right back and waits at the hub.
//  4. Who is told to end the stream sets `end_`; whoever holds the right then,
//     or takes it, calls Finish, once, and keeps the right for ever.
// A write that fails (the client is gone) is such an end. gRPC holds a pointer
// until OnDone; `self_` keeps the object until then, the hub's references may
// keep it a little longer, harmlessly.

#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "linktor/instagram/v1/event_service.pb.h"
#include "server/base/mutex.h"
#include "server/events/event_log.h"
#include "server/rpc/call.h"

namespace linktor {

class SubscribeReactor final
    : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
      public Subscriber,
      public std::enable_shared_from_this<SubscribeReactor> {
 public:
  // Begins the stream, or ends it at once when `status` is not OK. The request
  // has been validated.
  static SubscribeReactor* Begin(grpc::CallbackServerContext& context,
                                 CallContext& calls, EventLog& log,
                                 const v1::SubscribeEventsRequest& request,
                                 absl::Status status);

  SubscribeReactor(grpc::CallbackServerContext& context, CallContext& calls,
                   EventLog& log, const v1::SubscribeEventsRequest& request);

  // gRPC.
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  // The hub.
  void OnPublished() override;
  void OnTick(std::chrono::steady_clock::time_point now) override;
  void OnDrain() override;

 private:
  // All but Take and End are called by the holder of the right.
  bool Take();
  void End(absl::Status status);
  void FindStart();
  void Continue();
  void ReadStored();
  void Write(const EventLog::Batch& batch);
  void WriteShared(EventLog::SharedResponsePtr response);
  void StartWriteOf(const grpc::Slice& slice);
  bool FinishIfEnded();

  grpc::CallbackServerContext& context_;
  CallContext& calls_;
  EventLog& log_;
  const v1::SubscribeEventsRequest request_;
  const EventFilter filter_;
  const std::chrono::milliseconds heartbeat_;
  // Wants what most do, so that its responses are those of others.
  const bool shares_;

  std::shared_ptr<SubscribeReactor> self_;
  // Only used by the holder of the right.
  EventLog::Want want_;
  bool started_ = false;
  bool first_ = true;
  grpc::ByteBuffer outgoing_;

  Mutex mutex_;
  bool busy_ ABSL_GUARDED_BY(mutex_) = true;
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
  std::chrono::steady_clock::time_point last_write_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor
