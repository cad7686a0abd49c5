#include "tests/bench/fleet.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace linktor::bench {
namespace {

using Reactor = grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;

constexpr std::uint8_t kEventsTag = 0x0A;
constexpr auto kPatience = std::chrono::seconds(120);

// Walks through the top-level fields of a message and calls `use` with each
// event.
template <typename Use>
void ForEachEvent(std::string_view message, Use use) {
  const auto varint = [&message] {
    std::uint64_t value = 0;
    for (int shift = 0; !message.empty(); shift += 7) {
      const auto byte = static_cast<std::uint8_t>(message.front());
      message.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) break;
    }
    return value;
  };
  while (!message.empty()) {
    const std::uint64_t tag = varint();
    const std::uint64_t value = varint();
    // Fields of varints have no content after their value.
    if ((tag & 7) != 2) continue;
    if (tag == kEventsTag) use(message.substr(0, value));
    message.remove_prefix(std::min<std::size_t>(value, message.size()));
  }
}

}  // namespace

class Fleet::Stream final : public Reactor {
 public:
  Stream(grpc::GenericStub& stub, const FleetOptions& options, int number)
      : options_(options), number_(number) {
    const grpc::Slice slice(options.request);
    request_ = grpc::ByteBuffer(&slice, 1);
    options.server.PresentKey(context_);
    stub.PrepareBidiStreamingCall(&context_, options.method,
                                  grpc::StubOptions(), this);
    StartWriteLast(&request_, grpc::WriteOptions());
    StartRead(&response_);
    // A stalled stream has no operation left after its first message.
    if (options.stalled) AddHold();
    StartCall();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    grpc::Slice slice;
    if (!response_.DumpToSingleSlice(&slice).ok()) return;
    std::uint64_t events = 0;
    ForEachEvent({reinterpret_cast<const char*>(slice.begin()), slice.size()},
                 [&](std::string_view event) {
                   ++events;
                   if (options_.on_event) options_.on_event(number_, event);
                 });
    events_.fetch_add(events, std::memory_order_relaxed);
    first_.store(true, std::memory_order_release);
    if (!options_.stalled) StartRead(&response_);
  }

  void OnDone(const grpc::Status&) override {
    const std::scoped_lock lock(mutex_);
    done_ = true;
    changed_.notify_all();
  }

  void Cancel() {
    context_.TryCancel();
    if (options_.stalled) RemoveHold();
  }
  void Join() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return done_; });
  }
  bool started() {
    const std::scoped_lock lock(mutex_);
    return done_ || first_.load(std::memory_order_acquire);
  }
  std::uint64_t events() const {
    return events_.load(std::memory_order_relaxed);
  }

 private:
  const FleetOptions& options_;
  const int number_;
  grpc::ClientContext context_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  std::atomic<std::uint64_t> events_{0};
  std::atomic<bool> first_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
};

Fleet::Fleet(FleetOptions options) : options_(std::move(options)) {
  for (int i = 0; i < options_.connections; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    // Otherwise a client's window grows to megabytes while nobody reads. It
    // would take in all that is sent, and the stream would not stall.
    if (options_.stalled) arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    channels_.push_back(options_.server.Connect(arguments));
    stubs_.push_back(std::make_unique<grpc::GenericStub>(channels_.back()));
  }
  for (int i = 0; i < options_.streams; ++i) {
    streams_.push_back(std::make_unique<Stream>(
        *stubs_[static_cast<std::size_t>(i % options_.connections)], options_,
        i));
  }
}

Fleet::~Fleet() {
  for (auto& stream : streams_) stream->Cancel();
  for (auto& stream : streams_) stream->Join();
}

void Fleet::WaitForFirst() {
  for (auto& stream : streams_) {
    while (!stream->started()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
}

bool Fleet::WaitForEvents(std::uint64_t each) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  for (auto& stream : streams_) {
    while (stream->events() < each) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::microseconds(500));
    }
  }
  return true;
}

void Fleet::WaitForEnd() {
  for (auto& stream : streams_) stream->Join();
}

std::uint64_t Fleet::least() const {
  std::uint64_t least = ~std::uint64_t{0};
  for (const auto& stream : streams_) {
    least = std::min(least, stream->events());
  }
  return least;
}

std::uint64_t Fleet::total() const {
  std::uint64_t total = 0;
  for (const auto& stream : streams_) total += stream->events();
  return total;
}

}  // namespace linktor::bench
