#include "server/rpc/subscribe_reactor.h"

#include <algorithm>
#include <utility>

namespace linktor {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kDefaultHeartbeat{15'000};
constexpr int kDefaultBatch = 1000;
constexpr char kCursorTrailer[] = "linktor-cursor";

std::chrono::milliseconds HeartbeatOf(
    const v1::SubscribeEventsRequest& request) {
  if (!request.has_heartbeat_interval()) return kDefaultHeartbeat;
  return std::chrono::milliseconds(
      request.heartbeat_interval().seconds() * 1000 +
      request.heartbeat_interval().nanos() / 1'000'000);
}

}  // namespace

SubscribeReactor* SubscribeReactor::Begin(
    grpc::CallbackServerContext& context, CallContext& calls, EventLog& log,
    const v1::SubscribeEventsRequest& request, absl::Status status) {
  auto reactor =
      std::make_shared<SubscribeReactor>(context, calls, log, request);
  reactor->self_ = reactor;
  // Else callers in Go and Python wait for the first message to get a stream.
  if (status.ok()) reactor->StartSendInitialMetadata();
  if (status.ok() && !log.hub().Add(reactor)) status = DrainingError();
  if (status.ok() &&
      !calls.executor().TryRun([reactor] { reactor->FindStart(); })) {
    status = OverloadedError();
  }
  if (!status.ok()) {
    reactor->End(std::move(status));
    reactor->FinishIfEnded();
  }
  return reactor.get();
}

SubscribeReactor::SubscribeReactor(grpc::CallbackServerContext& context,
                                   CallContext& calls, EventLog& log,
                                   const v1::SubscribeEventsRequest& request)
    : context_(context),
      calls_(calls),
      log_(log),
      request_(request),
      filter_(request),
      heartbeat_(HeartbeatOf(request)),
      shares_(filter_.everything() && !request.include_raw() &&
              request.max_batch_size() == 0),
      last_write_(SteadyClock::now()) {
  want_.max_events =
      request.max_batch_size() == 0 ? kDefaultBatch : request.max_batch_size();
  want_.include_raw = request.include_raw();
}

bool SubscribeReactor::Take() {
  MutexLock lock(mutex_);
  return !std::exchange(busy_, true);
}

void SubscribeReactor::End(absl::Status status) {
  MutexLock lock(mutex_);
  if (!end_.has_value()) end_ = std::move(status);
}

bool SubscribeReactor::FinishIfEnded() {
  absl::Status status;
  {
    MutexLock lock(mutex_);
    if (!end_.has_value()) return false;
    status = *end_;
  }
  // `busy_` stays set: nobody takes the right again.
  if (started_) {
    context_.AddTrailingMetadata(kCursorTrailer, log_.Cursor(want_.after_seq));
  }
  calls_.Report("SubscribeEvents", status);
  Finish(absl::IsCancelled(status) ? grpc::Status::CANCELLED
                                   : ToGrpcStatus(status));
  return true;
}

void SubscribeReactor::FindStart() {
  absl::StatusOr<std::int64_t> start = log_.Start(request_);
  if (start.ok()) {
    want_.after_seq = *start;
    started_ = true;
  } else {
    End(start.status());
  }
  Continue();
}

void SubscribeReactor::Continue() {
  // Without the right another thread may end the stream at any time.
  const std::shared_ptr<SubscribeReactor> self = shared_from_this();
  for (;;) {
    if (FinishIfEnded()) return;
    if (shares_ && !first_) {
      if (auto response = log_.ReadShared(want_.after_seq)) {
        want_.after_seq = response->through_seq;
        return WriteShared(std::move(response));
      }
    }
    EventLog::Batch batch;
    if (!log_.ReadLive(want_, filter_, batch)) {
      calls_.executor().Run([self] { self->ReadStored(); });
      return;
    }
    want_.after_seq = std::max(want_.after_seq, batch.through_seq);
    if (batch.events > 0 || first_) return Write(batch);
    {
      MutexLock lock(mutex_);
      if (end_.has_value()) continue;
      busy_ = false;
    }
    // Something may have come since; then go on, unless another thread does.
    if (log_.hub().Wait(self, want_.after_seq) || !Take()) return;
  }
}

void SubscribeReactor::ReadStored() {
  absl::StatusOr<EventLog::Batch> batch = log_.ReadStored(want_, filter_);
  if (!batch.ok()) {
    End(batch.status());
    return Continue();
  }
  want_.after_seq = std::max(want_.after_seq, batch->through_seq);
  if (batch->events > 0 || first_) return Write(*batch);
  Continue();
}

void SubscribeReactor::Write(const EventLog::Batch& batch) {
  std::string bytes = batch.framed;
  log_.AppendPosition(want_.after_seq, bytes);
  if (std::exchange(first_, false)) {
    v1::SubscribeEventsResponse extra;
    extra.mutable_heartbeat_interval()->set_seconds(heartbeat_.count() / 1000);
    extra.mutable_heartbeat_interval()->set_nanos(
        static_cast<int>(heartbeat_.count() % 1000) * 1'000'000);
    extra.AppendToString(&bytes);
  }
  StartWriteOf(grpc::Slice(bytes));
}

void SubscribeReactor::WriteShared(EventLog::SharedResponsePtr response) {
  // The slice holds a reference until gRPC has sent it.
  auto* held = new EventLog::SharedResponsePtr(std::move(response));
  const std::string& bytes = (*held)->bytes;
  StartWriteOf(grpc::Slice(
      const_cast<char*>(bytes.data()), bytes.size(),
      [](void* user) {
        delete static_cast<EventLog::SharedResponsePtr*>(user);
      },
      held));
}

void SubscribeReactor::StartWriteOf(const grpc::Slice& slice) {
  outgoing_ = grpc::ByteBuffer(&slice, 1);
  {
    MutexLock lock(mutex_);
    last_write_ = SteadyClock::now();
  }
  StartWrite(&outgoing_);
}

void SubscribeReactor::OnWriteDone(bool ok) {
  if (!ok) End(absl::CancelledError("the client is gone"));
  Continue();
}

void SubscribeReactor::OnCancel() {
  End(absl::CancelledError("cancelled by the client"));
  if (Take()) FinishIfEnded();
}

void SubscribeReactor::OnDrain() {
  End(DrainingError());
  if (Take()) FinishIfEnded();
}

void SubscribeReactor::OnDone() {
  log_.hub().Remove(this);
  self_.reset();
}

void SubscribeReactor::OnPublished() {
  if (Take()) Continue();
}

void SubscribeReactor::OnTick(SteadyClock::time_point now) {
  {
    MutexLock lock(mutex_);
    if (busy_ || now - last_write_ < heartbeat_) return;
    busy_ = true;
  }
  Write({});
}

}  // namespace linktor
