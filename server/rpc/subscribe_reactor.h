// One subscriber's stream: a position in the log, and at most one message on
// its way.
//
// Exactly one thread at a time works for a stream: whoever has its turn.
//  1. It is taken at the beginning, and by OnPublished, OnTick, OnCancel and
//     OnDrain when nobody has it.
//  2. Its holder reads what is next. If there is something it starts a write,
//     and the turn goes on to OnWriteDone; if the disk is needed, to the
//     executor, which reads it there.
//  3. If there is nothing, it gives the turn back and waits at the hub.
//  4. Whoever is told to end the stream says so to the turn; whoever holds it
//     then, or takes it, calls Finish, once, and keeps the turn for ever.
// A write that fails (the client is gone) is such an end. gRPC holds a pointer
// until OnDone; `self_` keeps the object until then, the hub's references may
// keep it a little longer, harmlessly.

#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "linktor/instagram/v1/event_service.pb.h"
#include "server/channels/known_channels.h"
#include "server/events/event_log.h"
#include "server/rpc/call.h"
#include "server/rpc/stream_turn.h"

namespace linktor {

class SubscribeReactor final
    : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
      public Subscriber,
      public std::enable_shared_from_this<SubscribeReactor> {
 public:
  // A stream works with these; all outlive it.
  struct Dependencies {
    CallContext& calls;
    EventLog& log;
    const KnownChannels& channels;
  };

  // Begins the stream, or ends it when `status` is not OK. With OK the request
  // has been validated and the caller covers its channels.
  static SubscribeReactor* Begin(grpc::CallbackServerContext& context,
                                 const Dependencies& dependencies,
                                 v1::SubscribeEventsRequest request,
                                 Admitted admitted, absl::Status status);

  SubscribeReactor(grpc::CallbackServerContext& context,
                   const Dependencies& dependencies,
                   v1::SubscribeEventsRequest request, Admitted admitted);

  // gRPC.
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  // The hub.
  void OnPublished() override;
  void OnTick(std::chrono::steady_clock::time_point now) override;
  void OnDrain() override;
  std::int64_t Position() const override {
    return position_.load(std::memory_order_relaxed);
  }

 private:
  using SteadyClock = std::chrono::steady_clock;

  // Ends the stream with `status`, now or when the holder of the turn sees it.
  void EndWith(absl::Status status);
  // Ends the stream when its caller's key is no longer good for it.
  void CheckKey();
  // The sequence to start after, when the request's channels are known.
  absl::StatusOr<std::int64_t> StartPosition() const;
  void FindStart() ABSL_UNLOCK_FUNCTION(turn_);
  void Continue() ABSL_UNLOCK_FUNCTION(turn_);
  void ReadStored() ABSL_UNLOCK_FUNCTION(turn_);
  void Write(const EventLog::Batch& batch) ABSL_UNLOCK_FUNCTION(turn_);
  void WriteShared(EventLog::SharedResponsePtr response)
      ABSL_UNLOCK_FUNCTION(turn_);
  void StartWriteOf(const grpc::Slice& slice) ABSL_UNLOCK_FUNCTION(turn_);
  // Whether a batch is worth a message: it has events, it is the first, or the
  // subscriber has heard nothing for an interval while what its filter hides
  // was looked at.
  bool IsWorthTelling(const EventLog::Batch& batch) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);
  bool HeartbeatIsDue(SteadyClock::time_point now) const {
    return now.time_since_epoch().count() -
               last_write_.load(std::memory_order_relaxed) >=
           SteadyClock::duration(heartbeat_).count();
  }
  // Whether the stream was to end; then it is finished.
  bool FinishIfEnded() ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);

  grpc::CallbackServerContext& context_;
  const Dependencies deps_;
  const CallRecord record_;
  const v1::SubscribeEventsRequest request_;
  Admitted admitted_;
  const EventFilter filter_;
  const std::chrono::milliseconds heartbeat_;
  // Wants what most do, so that its responses are those of others.
  const bool shares_;

  std::shared_ptr<SubscribeReactor> self_;
  StreamTurn turn_;
  EventLog::Want want_ ABSL_GUARDED_BY(turn_);
  bool started_ ABSL_GUARDED_BY(turn_) = false;
  bool first_ ABSL_GUARDED_BY(turn_) = true;
  grpc::ByteBuffer outgoing_ ABSL_GUARDED_BY(turn_);
  // The sequence through which everything was looked at; -1 before the start
  // is known.
  std::atomic<std::int64_t> position_{-1};
  // When the last write began, by the steady clock.
  std::atomic<SteadyClock::rep> last_write_;
  // The hub's thread alone uses these three. The key as it was last judged,
  access::Caller judged_;
  // at this generation of the keys,
  std::uint64_t key_generation_ = 0;
  // and how many ticks ago it was found to be no longer good.
  int ticks_since_revoked_ = 0;
};

}  // namespace linktor
