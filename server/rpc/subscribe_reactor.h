// A SubscribeReactor is one subscriber's stream: a position in the log, and at
// most one message on its way.
//
// Exactly one thread at a time works for a stream: the one that has its turn.
//  1. The turn is taken at the beginning, and by OnPublished, OnTick, OnCancel
//     and OnDrain when nobody has it.
//  2. Its holder reads what is next. If there is something it starts a write,
//     and the turn goes on to OnWriteDone; if the disk is needed, to the
//     executor, which reads it there.
//  3. If there is nothing, it gives the turn back and waits at the hub.
//  4. A thread that wants the stream to end says so to the turn; the thread
//     that holds the turn then, or takes it, calls Finish, once, and keeps the
//     turn for ever.
// A write that fails (the client is gone) is such an end. gRPC holds a pointer
// until OnDone; `self_` keeps the object until then. The hub's references may
// keep it a little longer, which does no harm.

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

namespace linktor::rpc {

class SubscribeReactor final
    : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
      public events::Subscriber,
      public std::enable_shared_from_this<SubscribeReactor> {
 public:
  // A stream works with these; all outlive it. They are the same for all
  // streams.
  struct Dependencies {
    CallContext& calls;
    events::EventLog& log;
    const channels::KnownChannels& channels;
  };

  // Begins the stream, or ends it with `status` when that is not OK. With OK
  // the request has been validated and the caller covers its channels. It does
  // not block: the start is found on the executor. gRPC borrows the result
  // until OnDone. The stream ends at once with DRAINING or OVERLOADED when it
  // cannot begin.
  static SubscribeReactor* Begin(grpc::CallbackServerContext& context,
                                 const Dependencies& dependencies,
                                 v1::SubscribeEventsRequest request,
                                 Admitted admitted, absl::Status status);

  // It is for Begin alone, which must also set self_. The turn is taken when it
  // returns.
  SubscribeReactor(grpc::CallbackServerContext& context,
                   const Dependencies& dependencies,
                   v1::SubscribeEventsRequest request, Admitted admitted);

  // gRPC calls these three, on its own threads. OnWriteDone comes with the
  // turn, once for each write; after OnDone gRPC never touches the object
  // again, and it may be freed.
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  // The hub calls these, on its own thread, and they do not block: there may be
  // something new; a tick has passed; the server drains.
  void OnPublished() override;
  void OnTick(std::chrono::steady_clock::time_point now) override;
  void OnDrain() override;
  // Returns the sequence up to which the subscriber has been told everything;
  // -1 before the start is known. It is thread-safe, for the hub's measure of
  // the lag.
  std::int64_t Position() const override {
    return position_.load(std::memory_order_relaxed);
  }

 private:
  using SteadyClock = std::chrono::steady_clock;

  // Ends the stream with `status`, now or when the holder of the turn sees it.
  void EndWith(absl::Status status);
  // Ends the stream when its caller's key is no longer good for it. A client
  // that takes nothing in is cut off two ticks later. It runs on the hub's
  // thread.
  void CheckKey();
  // Returns the sequence to start after. It fails with CHANNEL_NOT_FOUND for a
  // channel of the request that never was, and the errors of EventLog::Start.
  // It reads the disk.
  absl::StatusOr<std::int64_t> StartPosition() const;
  // The functions from here to StartWriteOf need the turn, and none has it when
  // it returns: it was given back, or has gone on with a write or a task.
  //
  // FindStart runs on the executor, looks for the start, and goes on.
  void FindStart() ABSL_UNLOCK_FUNCTION(turn_);
  // Does the next thing: ends, writes, hands over to the executor, or waits.
  // Each thread that gets the turn calls it.
  void Continue() ABSL_UNLOCK_FUNCTION(turn_);
  // Runs on the executor: reads the next batch from the disk, and goes on.
  void ReadStored() ABSL_UNLOCK_FUNCTION(turn_);
  // Writes `batch` with where the stream is now. An empty batch is a heartbeat.
  // The first message also says that the stream is subscribed.
  void Write(const events::EventLog::Batch& batch) ABSL_UNLOCK_FUNCTION(turn_);
  // Writes a response whose bytes other streams use as well; they are not
  // copied.
  void WriteShared(events::EventLog::SharedResponsePtr response)
      ABSL_UNLOCK_FUNCTION(turn_);
  // Starts the write, and notes the position and the time. The turn goes on to
  // OnWriteDone.
  void StartWriteOf(const grpc::Slice& slice) ABSL_UNLOCK_FUNCTION(turn_);
  // Returns whether a batch is worth a message: it has events, it is the first,
  // or the subscriber has heard nothing for an interval while events that its
  // filter hides were looked at.
  bool IsWorthTelling(const events::EventLog::Batch& batch) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);
  // Returns whether nothing was written for the heartbeat's interval. It may be
  // asked without the turn; the answer may then be out of date.
  bool HeartbeatIsDue(SteadyClock::time_point now) const {
    return now.time_since_epoch().count() -
               last_write_.load(std::memory_order_relaxed) >=
           SteadyClock::duration(heartbeat_).count();
  }
  // Finishes the stream and returns true when it was to end: it adds the cursor
  // to the trailing metadata, counts and logs the call, and calls Finish. The
  // caller must keep the turn for ever then.
  bool FinishIfEnded() ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);

  grpc::CallbackServerContext& context_;
  const Dependencies deps_;
  const CallRecord record_;
  const v1::SubscribeEventsRequest request_;
  // These are the places within the limits; OnDone gives them back.
  Admitted admitted_;
  const events::EventFilter filter_;
  const std::chrono::milliseconds heartbeat_;
  // It is true when the stream wants what most streams want, so that its
  // responses are the same as those of others.
  const bool shares_;

  // This is the reference of gRPC's; it is set by Begin and reset by OnDone.
  std::shared_ptr<SubscribeReactor> self_;
  StreamTurn turn_;
  // The position is in here: everything up to want_.after_seq was told or
  // hidden.
  events::EventLog::Want want_ ABSL_GUARDED_BY(turn_);
  // It is true when the start is known; first_ is true until a message was
  // written.
  bool started_ ABSL_GUARDED_BY(turn_) = false;
  bool first_ ABSL_GUARDED_BY(turn_) = true;
  // This is the message on its way, which must live until OnWriteDone.
  grpc::ByteBuffer outgoing_ ABSL_GUARDED_BY(turn_);
  // This is the sequence through which everything was looked at; it is -1
  // before the start is known. It repeats want_.after_seq for threads without
  // the turn.
  std::atomic<std::int64_t> position_{-1};
  // This is the time at which the last write began, by the steady clock.
  std::atomic<SteadyClock::rep> last_write_;
  // The hub's thread alone uses these three: the key as it was last judged,
  access::Caller judged_;
  // the generation of the keys at that time,
  std::uint64_t key_generation_ = 0;
  // and how many ticks ago it was found to be no longer good; 0 while it is
  // good.
  int ticks_since_revoked_ = 0;
};

}  // namespace linktor::rpc
