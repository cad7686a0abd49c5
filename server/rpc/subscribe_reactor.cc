#include "server/rpc/subscribe_reactor.h"

#include <algorithm>
#include <utility>

#include "linktor/instagram/v1/permission.pb.h"
#include "server/base/try.h"

namespace linktor::rpc {
namespace {

constexpr char kMethod[] = "SubscribeEvents";
// This is the interval where the request names none. A client that hears
// nothing for three of them connects again.
constexpr std::chrono::milliseconds kDefaultHeartbeat{15'000};
constexpr int kDefaultBatch = 1000;
constexpr char kCursorTrailer[] = "linktor-cursor";
// A stream whose key was revoked has this many ticks to take in what is on its
// way and the reason; then it is cut off, so that it is over within a second.
constexpr int kTicksToLeave = 2;

std::chrono::milliseconds HeartbeatOf(
    const v1::SubscribeEventsRequest& request) {
  if (!request.has_heartbeat_interval()) return kDefaultHeartbeat;
  return std::chrono::milliseconds(
      request.heartbeat_interval().seconds() * 1000 +
      request.heartbeat_interval().nanos() / 1'000'000);
}

}  // namespace

SubscribeReactor* SubscribeReactor::Begin(grpc::CallbackServerContext& context,
                                          const Dependencies& dependencies,
                                          v1::SubscribeEventsRequest request,
                                          Admitted admitted,
                                          absl::Status status) {
  auto reactor = std::make_shared<SubscribeReactor>(
      context, dependencies, std::move(request), std::move(admitted));
  reactor->self_ = reactor;
  reactor->turn_.AssertHeld();
  if (status.ok() && !dependencies.log.hub().Add(reactor)) {
    status = DrainingError();
  }
  if (status.ok()) {
    // Without this, callers in Go and Python wait for the first message to get
    // a stream.
    reactor->StartSendInitialMetadata();
    if (dependencies.calls.executor().TryRun([reactor] {
          reactor->turn_.AssertHeld();
          reactor->FindStart();
        })) {
      reactor->turn_.PassOn();
      return reactor.get();
    }
    status = OverloadedError();
  }
  reactor->turn_.End(std::move(status));
  const auto finish = [reactor] {
    reactor->turn_.AssertHeld();
    reactor->FinishIfEnded();
    reactor->turn_.KeepForEver();
  };
  StopGate& gate = dependencies.calls.admission().gate();
  if (gate.draining()) {
    gate.Run(finish);
  } else {
    finish();
  }
  reactor->turn_.PassOn();
  return reactor.get();
}

SubscribeReactor::SubscribeReactor(grpc::CallbackServerContext& context,
                                   const Dependencies& dependencies,
                                   v1::SubscribeEventsRequest request,
                                   Admitted admitted)
    : context_(context),
      deps_(dependencies),
      record_(deps_.calls.Begin(deps_.calls.admission().Find(kMethod))),
      request_(std::move(request)),
      admitted_(std::move(admitted)),
      filter_(request_, ChannelsCoveredBy(admitted_.caller)),
      heartbeat_(HeartbeatOf(request_)),
      shares_(filter_.everything() && !request_.include_raw() &&
              request_.max_batch_size() == 0),
      last_write_(SteadyClock::now().time_since_epoch().count()),
      judged_(admitted_.caller) {
  want_.max_events = request_.max_batch_size() == 0 ? kDefaultBatch
                                                    : request_.max_batch_size();
  want_.include_raw = request_.include_raw();
  want_.tell_backlog = admitted_.caller.CoversAll();
}

void SubscribeReactor::EndWith(absl::Status status) {
  turn_.End(std::move(status));
  if (!turn_.TryTake()) return;
  FinishIfEnded();
  turn_.KeepForEver();
}

bool SubscribeReactor::FinishIfEnded() {
  const std::optional<absl::Status> status = turn_.end();
  if (!status.has_value()) return false;
  if (started_) {
    context_.AddTrailingMetadata(kCursorTrailer,
                                 deps_.log.Cursor(want_.after_seq));
  }
  deps_.calls.CountEnd(record_, *status);
  if (CallContext::WantsLog(record_.method, *status)) {
    CallContext::LogEnd(record_,
                        {.api_key_id = admitted_.caller.key_id(),
                         .channel_id = {},
                         .request_id = {},
                         .target = {},
                         .peer = context_.peer()},
                        *status);
  }
  Finish(absl::IsCancelled(*status) ? grpc::Status::CANCELLED
                                    : ToGrpcStatus(*status));
  return true;
}

absl::StatusOr<std::int64_t> SubscribeReactor::StartPosition() const {
  LINKTOR_TRY(deps_.channels.Check(request_.channel_ids()));
  return deps_.log.Start(request_);
}

void SubscribeReactor::FindStart() {
  const absl::StatusOr<std::int64_t> start = StartPosition();
  if (start.ok()) {
    want_.after_seq = *start;
    started_ = true;
  } else {
    turn_.End(start.status());
  }
  Continue();
}

void SubscribeReactor::Continue() {
  // Without the turn another thread may end the stream, and gRPC free it, at
  // any time.
  const std::shared_ptr<SubscribeReactor> self = shared_from_this();
  for (;;) {
    if (FinishIfEnded()) return turn_.KeepForEver();
    if (shares_ && !first_) {
      if (auto response = deps_.log.ReadShared(want_.after_seq)) {
        want_.after_seq = response->through_seq;
        return WriteShared(std::move(response));
      }
    }
    events::EventLog::Batch batch;
    if (!deps_.log.ReadLive(want_, filter_, batch)) {
      deps_.calls.executor().Run([self] {
        self->turn_.AssertHeld();
        self->ReadStored();
      });
      return turn_.PassOn();
    }
    want_.after_seq = std::max(want_.after_seq, batch.through_seq);
    if (IsWorthTelling(batch)) return Write(batch);
    const std::int64_t position = want_.after_seq;
    position_.store(position, std::memory_order_relaxed);
    turn_.GiveBack();
    // Something may have come since the read: then this thread goes on, unless
    // another one does.
    const bool waits =
        !turn_.end().has_value() && deps_.log.hub().Wait(self, position);
    if (waits || !turn_.TryTake()) return;
  }
}

void SubscribeReactor::ReadStored() {
  absl::StatusOr<events::EventLog::Batch> batch =
      deps_.log.ReadStored(want_, filter_);
  if (!batch.ok()) {
    turn_.End(batch.status());
    return Continue();
  }
  want_.after_seq = std::max(want_.after_seq, batch->through_seq);
  if (IsWorthTelling(*batch)) return Write(*batch);
  Continue();
}

bool SubscribeReactor::IsWorthTelling(
    const events::EventLog::Batch& batch) const {
  return batch.events > 0 || first_ || HeartbeatIsDue(SteadyClock::now());
}

void SubscribeReactor::Write(const events::EventLog::Batch& batch) {
  std::string bytes = batch.wire;
  deps_.log.AppendPosition(want_.after_seq, want_.tell_backlog, bytes);
  if (std::exchange(first_, false)) {
    v1::SubscribeEventsResponse extra;
    extra.set_subscribed(true);
    extra.mutable_heartbeat_interval()->set_seconds(heartbeat_.count() / 1000);
    extra.mutable_heartbeat_interval()->set_nanos(
        static_cast<int>(heartbeat_.count() % 1000) * 1'000'000);
    extra.AppendToString(&bytes);
  }
  StartWriteOf(grpc::Slice(bytes));
}

void SubscribeReactor::WriteShared(
    events::EventLog::SharedResponsePtr response) {
  // The slice holds a reference until gRPC has sent it.
  auto* held = new events::EventLog::SharedResponsePtr(std::move(response));
  const std::string& bytes = (*held)->bytes;
  StartWriteOf(grpc::Slice(
      const_cast<char*>(bytes.data()), bytes.size(),
      [](void* user) {
        delete static_cast<events::EventLog::SharedResponsePtr*>(user);
      },
      held));
}

void SubscribeReactor::StartWriteOf(const grpc::Slice& slice) {
  outgoing_ = grpc::ByteBuffer(&slice, 1);
  last_write_.store(SteadyClock::now().time_since_epoch().count(),
                    std::memory_order_relaxed);
  position_.store(want_.after_seq, std::memory_order_relaxed);
  StartWrite(&outgoing_);
  turn_.PassOn();
}

void SubscribeReactor::OnWriteDone(bool ok) {
  turn_.AssertHeld();
  if (!ok) turn_.End(absl::CancelledError("the client is gone"));
  Continue();
}

void SubscribeReactor::OnCancel() {
  EndWith(absl::CancelledError("cancelled by the client"));
}

void SubscribeReactor::OnDrain() { EndWith(DrainingError()); }

void SubscribeReactor::OnDone() {
  deps_.log.hub().Remove(this);
  admitted_ = {};
  self_.reset();
}

void SubscribeReactor::OnPublished() {
  if (turn_.TryTake()) Continue();
}

void SubscribeReactor::CheckKey() {
  const access::ApiKeys* keys = deps_.calls.admission().keys();
  if (keys == nullptr) return;
  if (ticks_since_revoked_ > 0) {
    // The client takes nothing in, so that the end cannot reach it.
    if (ticks_since_revoked_++ == kTicksToLeave) context_.TryCancel();
    return;
  }
  keys->NoteUse(judged_);
  const std::uint64_t generation = keys->generation();
  if (generation == key_generation_ && !keys->Expired(judged_)) return;
  key_generation_ = generation;
  absl::StatusOr<access::Caller> judged = keys->Recheck(
      admitted_.caller, v1::PERMISSION_READ_EVENTS,
      StringSet(request_.channel_ids().begin(), request_.channel_ids().end()));
  if (judged.ok()) {
    judged_ = *std::move(judged);
    return;
  }
  ticks_since_revoked_ = 1;
  EndWith(judged.status());
}

void SubscribeReactor::OnTick(SteadyClock::time_point now) {
  CheckKey();
  if (!HeartbeatIsDue(now) || !turn_.TryTake()) return;
  // The thread that had the turn may have written, or have been told of an end.
  if (turn_.end().has_value() || !HeartbeatIsDue(now)) return Continue();
  Write({});
}

}  // namespace linktor::rpc
