// A SubscribeReactor is one stream of SubscribeEvents. It has a position in the
// event log (events/event_log.h), and at most one response that is being
// written.
//
// Exactly one thread at a time works for a stream: the thread that has the
// stream's turn (stream_turn.h).
//  1. The turn is taken when the stream begins. Later, OnPublished, OnTick,
//     OnCancel and OnDrain take it when nobody has it.
//  2. The holder of the turn reads the next events. If there are any, the
//     holder starts a write and passes the turn on to OnWriteDone. If the next
//     events are only on the disk, the holder passes the turn on to a task of
//     the executor, which reads them there.
//  3. If there are no new events, the holder gives the turn back, and the
//     stream waits at the hub (events/hub.h).
//  4. A thread that wants the stream to end calls StreamTurn::End. Then the
//     holder of the turn, or a thread that takes it, calls Finish, once, and
//     keeps the turn for ever.
// A failed write also ends the stream, because the client has gone. gRPC holds
// a pointer to the object until OnDone, and `self_` keeps the object alive
// until then. References of the hub may keep it alive a little longer, which
// does no harm.

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
  // All streams use these objects, and the objects outlive all streams.
  struct Dependencies {
    CallContext& calls;
    events::EventLog& log;
    const channels::KnownChannels& channels;
  };

  // Begins the stream when `status` is OK; otherwise it ends the stream with
  // `status`. OK means that the request has been validated and that the
  // caller's key covers its channels. It does not block, because the executor
  // finds the start of the stream. gRPC borrows the result until OnDone. When
  // the stream cannot begin, it ends with DRAINING or OVERLOADED.
  static SubscribeReactor* Begin(grpc::CallbackServerContext& context,
                                 const Dependencies& dependencies,
                                 v1::SubscribeEventsRequest request,
                                 Admitted admitted, absl::Status status);

  // Only Begin calls it, and Begin must then set self_. The turn is taken when
  // the constructor returns.
  SubscribeReactor(grpc::CallbackServerContext& context,
                   const Dependencies& dependencies,
                   v1::SubscribeEventsRequest request, Admitted admitted);

  // gRPC calls these three functions on its own threads. OnWriteDone is called
  // once for each write, and has the turn. After OnDone, gRPC never touches the
  // object again, and the object may be freed.
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  // The hub calls these three functions, and they do not block. OnPublished
  // says that there may be new events, and OnTick says that a tick (Hub::kTick)
  // has passed; the hub's thread calls them. OnDrain says that the server
  // drains (shuts down); the thread that drains the server calls it.
  void OnPublished() override;
  void OnTick(std::chrono::steady_clock::time_point now) override;
  void OnDrain() override;
  // Returns the position: the subscriber has been told everything up to the
  // event with this sequence. It is -1 before the start is known. It is
  // thread-safe, because the hub calls it to measure how far streams are behind
  // the end of the log.
  std::int64_t Position() const override {
    return position_.load(std::memory_order_relaxed);
  }

 private:
  using SteadyClock = std::chrono::steady_clock;

  // Ends the stream with `status`: now, or when the holder of the turn sees the
  // status.
  void EndWith(absl::Status status);
  // Ends the stream when the key of its caller no longer allows the stream. A
  // client that does not read never gets the status of this end. So two ticks
  // later, the call of such a client is cancelled. CheckKey runs on the hub's
  // thread.
  void CheckKey();
  // Returns the sequence after which the stream starts. It fails with
  // CHANNEL_NOT_FOUND when KnownChannels does not know a channel of the
  // request, and with the errors of EventLog::Start. It reads the disk.
  absl::StatusOr<std::int64_t> StartPosition() const;
  // The functions from here to StartWriteOf must be called with the turn, and
  // none of them has the turn when it returns. Each function either gives the
  // turn back, or passes it on with a write or a task, or finishes the stream.
  //
  // FindStart runs on the executor. It finds the start of the stream and then
  // calls Continue.
  void FindStart() ABSL_UNLOCK_FUNCTION(turn_);
  // Does the next step: it ends the stream, writes a response, hands the stream
  // over to the executor, or lets the stream wait at the hub. A thread that
  // gets the turn calls it, unless this thread only ends the stream or writes a
  // heartbeat.
  void Continue() ABSL_UNLOCK_FUNCTION(turn_);
  // Runs on the executor. It reads the next batch from the disk, and then
  // writes the batch or calls Continue.
  void ReadStored() ABSL_UNLOCK_FUNCTION(turn_);
  // Writes a response with `batch` and with the position of the stream. An
  // empty batch is a heartbeat. The first response also says that the stream is
  // subscribed.
  void Write(const events::EventLog::Batch& batch) ABSL_UNLOCK_FUNCTION(turn_);
  // Writes a response whose bytes other streams use as well. The bytes are not
  // copied.
  void WriteShared(events::EventLog::SharedResponsePtr response)
      ABSL_UNLOCK_FUNCTION(turn_);
  // Starts the write, and notes the position and the time. The turn is passed
  // on to OnWriteDone.
  void StartWriteOf(const grpc::Slice& slice) ABSL_UNLOCK_FUNCTION(turn_);
  // Returns whether a response must be written for `batch`. This is so when the
  // batch has events, and when the response is the first one. It is also so
  // when nothing was written for one heartbeat interval: the response then says
  // how far the stream has come, although the filter hid the events.
  bool IsWorthTelling(const events::EventLog::Batch& batch) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);
  // Returns whether nothing was written for one heartbeat interval. It may be
  // called without the turn; the answer may then be out of date.
  bool HeartbeatIsDue(SteadyClock::time_point now) const {
    return now.time_since_epoch().count() -
               last_write_.load(std::memory_order_relaxed) >=
           SteadyClock::duration(heartbeat_).count();
  }
  // Returns false while the stream goes on. When the stream is to end, it
  // finishes the stream and returns true: it adds the cursor to the trailing
  // metadata (if the start is known), counts and logs the call, and calls
  // Finish. The caller must then keep the turn for ever.
  bool FinishIfEnded() ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);

  grpc::CallbackServerContext& context_;
  const Dependencies deps_;
  const CallRecord record_;
  const v1::SubscribeEventsRequest request_;
  // It has the caller, and the stream's places within the limits (admission.h).
  // OnDone gives the places back.
  Admitted admitted_;
  const events::EventFilter filter_;
  // This is the heartbeat interval that is in effect for this stream.
  const std::chrono::milliseconds heartbeat_;
  // It is true when the stream has no filter, and the request asks neither for
  // raw JSON nor for a batch size. Most streams are like this. The responses of
  // all such streams are the same, so the streams can share them.
  const bool shares_;

  // This reference keeps the object alive as long as gRPC uses it. Begin sets
  // it, and OnDone resets it.
  std::shared_ptr<SubscribeReactor> self_;
  StreamTurn turn_;
  // It holds the position of the stream, want_.after_seq. Every event up to
  // this sequence was told to the client or hidden by the filter.
  events::EventLog::Want want_ ABSL_GUARDED_BY(turn_);
  // started_ is true when the start is known. first_ is true until the first
  // response is written.
  bool started_ ABSL_GUARDED_BY(turn_) = false;
  bool first_ ABSL_GUARDED_BY(turn_) = true;
  // This is the response that is being written. It must live until OnWriteDone.
  grpc::ByteBuffer outgoing_ ABSL_GUARDED_BY(turn_);
  // This is a copy of the position, want_.after_seq, for threads that do not
  // have the turn. It is -1 before the start is known.
  std::atomic<std::int64_t> position_{-1};
  // This is the time at which the last write began, by the steady clock.
  std::atomic<SteadyClock::rep> last_write_;
  // Only the hub's thread uses the members from here on. judged_ is the caller,
  // with its key as it was last checked.
  access::Caller judged_;
  // This is the generation of the keys (ApiKeys::generation) at the last check.
  std::uint64_t key_generation_ = 0;
  // It is 0 while the key is good. It is 1 when the key is found to be no
  // longer good, and then grows with each tick.
  int ticks_since_revoked_ = 0;
};

}  // namespace linktor::rpc
