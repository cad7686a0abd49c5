#include "tests/soak/follower.h"

#include "absl/strings/str_cat.h"
#include "linktor/instagram/v1/event_service.grpc.pb.h"

namespace linktor::testing {

Follower::Follower(const Catalogue& catalogue, Whereabouts& whereabouts)
    : whereabouts_(whereabouts),
      ledger_(catalogue),
      thread_([this] { Run(); }) {}

Follower::~Follower() { Stop(); }

void Follower::Run() {
  for (bool first = true; !stopping(); first = false) {
    const auto place = whereabouts_.Wait();
    if (!place.has_value()) return;
    if (!first) ++resumes_;
    Read(*place);
    if (!refusal().empty()) return;
  }
}

void Follower::Read(const Whereabouts::Place& place) {
  const auto channel =
      grpc::CreateChannel(place.grpc, grpc::InsecureChannelCredentials());
  const auto stub = v1::EventService::NewStub(channel);
  grpc::ClientContext context;
  v1::SubscribeEventsRequest request;
  {
    MutexLock lock(mutex_);
    if (stopping_) return;
    context_ = &context;
    if (cursor_.empty()) {
      request.set_position(v1::POSITION_EARLIEST);
    } else {
      request.set_after_cursor(cursor_);
    }
  }
  const auto reader = stub->SubscribeEvents(&context, request);
  v1::SubscribeEventsResponse response;
  while (reader->Read(&response)) {
    for (const v1::Event& event : response.events()) {
      // Nobody has posted what tells of the channel.
      if (!event.has_channel_created()) ledger_.Take(event);
    }
    MutexLock lock(mutex_);
    cursor_ = response.cursor();
    changed_.SignalAll();
  }
  const grpc::Status status = reader->Finish();
  MutexLock lock(mutex_);
  context_ = nullptr;
  // The others are what a killed server, or Stop, leaves behind.
  if (!stopping_ && status.error_code() != grpc::StatusCode::UNAVAILABLE) {
    refusal_ = absl::StrCat("the stream ended with code ", status.error_code(),
                            ": ", status.error_message());
    changed_.SignalAll();
  }
}

bool Follower::stopping() const {
  MutexLock lock(mutex_);
  return stopping_;
}

std::string Follower::refusal() const {
  MutexLock lock(mutex_);
  return refusal_;
}

bool Follower::WaitForSequence(std::int64_t sequence, TimePoint end) {
  MutexLock lock(mutex_);
  while (cursor_.empty() || SequenceOf(cursor_) < sequence) {
    const auto left = end - std::chrono::steady_clock::now();
    if (left.count() <= 0 || !refusal_.empty()) return false;
    changed_.WaitFor(mutex_, left);
  }
  return true;
}

void Follower::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    if (context_ != nullptr) context_->TryCancel();
  }
  if (thread_.joinable()) thread_.join();
}

}  // namespace linktor::testing
