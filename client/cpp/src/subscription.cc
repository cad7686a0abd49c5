#include "linktor/instagram/subscription.h"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "client/cpp/src/backoff.h"
#include "client/cpp/src/check.h"
#include "client/cpp/src/connection.h"
#include "client/cpp/src/event_stream.h"

namespace linktor::instagram {
namespace {

using std::chrono::milliseconds;

// event_service.proto says that a client should connect again when it hears
// nothing for three heartbeat intervals.
constexpr int kSilentIntervals = 3;
// This heartbeat interval counts until the server says which one it uses.
constexpr milliseconds kDefaultInterval(15'000);
// A stream has at least this long for its first response, even when the
// interval is short: connecting takes time, too.
constexpr milliseconds kFirstResponse(15'000);

milliseconds IntervalOf(const google::protobuf::Duration& duration) {
  return std::chrono::duration_cast<milliseconds>(
      std::chrono::seconds(duration.seconds()) +
      std::chrono::nanoseconds(duration.nanos()));
}

// Returns the time as a text such as "45 s" or "300 ms".
std::string ToText(milliseconds time) {
  return time.count() % 1000 == 0 ? std::to_string(time.count() / 1000) + " s"
                                  : std::to_string(time.count()) + " ms";
}

// Returns whether a new stream is opened after one that ended with this error.
// It is opened when the connection broke, or when the server is busy or
// stopping. It is not opened when the server refused the stream.
bool Resumable(const Error& error) {
  switch (error.code) {
    case grpc::StatusCode::OK:
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::ABORTED:
      return true;
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::UNKNOWN:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      // Without a reason the server did not make the status. It is safe to try
      // again, because reading changes nothing.
      return error.reason.empty();
    default:
      return false;
  }
}

}  // namespace

class Subscription::Reader {
 public:
  Reader(std::shared_ptr<const Connection> connection,
         v1::SubscribeEventsRequest request, SubscribeOptions options)
      : connection_(std::move(connection)),
        request_(std::move(request)),
        options_(std::move(options)),
        backoff_(RandomFraction) {
    if (const auto interval = IntervalOf(request_.heartbeat_interval());
        interval > milliseconds(0)) {
      silence_ = kSilentIntervals * interval;
    }
  }

  std::optional<v1::Event> Next() {
    // After a stop, the event that was given last does not count as processed.
    if (error_.has_value() || Stopped()) return std::nullopt;
    if (given_ < response_.events_size() && given_ > 0 &&
        !Take(response_.events(given_ - 1).cursor())) {
      return std::nullopt;
    }
    while (given_ == response_.events_size()) {
      auto response = NextResponse();
      if (!response.has_value()) return std::nullopt;
      response_ = *std::move(response);
      given_ = 0;
    }
    if (Stopped()) return std::nullopt;
    return response_.events(given_++);
  }

  std::optional<v1::SubscribeEventsResponse> NextResponse() {
    if (error_.has_value() || Stopped()) return std::nullopt;
    if (!loaded_ && !Load()) return std::nullopt;
    if (!Take(std::exchange(pending_, ""))) return std::nullopt;
    v1::SubscribeEventsResponse response;
    while (!Stopped()) {
      if (Receive(response)) {
        Note(response);
        return response;
      }
      if (!Recover()) break;
    }
    return std::nullopt;
  }

  const std::optional<Error>& error() const { return error_; }
  const std::string& cursor() const { return cursor_; }

  void Stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    if (stream_ != nullptr) stream_->Cancel();
    changed_.notify_all();
  }

 private:
  bool Stopped() {
    const std::lock_guard lock(mutex_);
    return stopped_;
  }

  // Checks the request, and finds out where to start. Returns false on failure;
  // then error_ is set.
  bool Load() {
    loaded_ = true;
    error_ = CheckTexts(request_);
    if (error_.has_value()) return false;
    if (options_.cursor_store != nullptr) {
      auto cursor = options_.cursor_store->Load();
      if (!cursor) {
        error_ = cursor.error();
        return false;
      }
      if (!cursor->empty()) request_.set_after_cursor(*cursor);
    }
    cursor_ = request_.after_cursor();
    return true;
  }

  // Notes that everything up to this cursor is processed, here and in the
  // store. Returns false when the store fails; then error_ is set.
  bool Take(const std::string& cursor) {
    if (cursor.empty() || cursor == cursor_) return true;
    cursor_ = cursor;
    request_.set_after_cursor(cursor);
    if (options_.cursor_store == nullptr) return true;
    error_ = options_.cursor_store->Save(cursor);
    return !error_.has_value();
  }

  // Reads the next response, and opens a stream first when there is none.
  // Returns false when the stream has broken; then the caller must call
  // Recover().
  bool Receive(v1::SubscribeEventsResponse& response) {
    if (stream_ == nullptr) {
      if (channel_ == nullptr) channel_ = connection_->NewChannel();
      auto stream = std::make_unique<EventStream>(channel_, request_);
      const std::lock_guard lock(mutex_);
      stream_ = std::move(stream);
      if (stopped_) stream_->Cancel();
      most_ = std::max(silence_, kFirstResponse);
    }
    return stream_->Read(response, most_);
  }

  // Notes what a response tells apart from its events: that the stream works,
  // the heartbeat interval, and the cursor.
  void Note(const v1::SubscribeEventsResponse& response) {
    backoff_.Reset();
    if (const auto interval = IntervalOf(response.heartbeat_interval());
        interval > milliseconds(0)) {
      silence_ = kSilentIntervals * interval;
    }
    most_ = silence_;
    // This cursor is also after the events that the filter hid.
    pending_ = response.cursor();
    if (options_.on_response) options_.on_response(response);
  }

  // Ends the stream that broke, and waits before another one may be opened.
  // Returns false when there must be no other stream: after a stop, and when
  // the server refused the stream. After a refusal error_ is set.
  bool Recover() {
    const bool silent = stream_->was_silent();
    Error error = ErrorOf(stream_->Finish());
    {
      const std::lock_guard lock(mutex_);
      stream_.reset();
      if (stopped_) return false;
    }
    if (silent) {
      error = Error{.code = grpc::StatusCode::UNAVAILABLE,
                    .message = "nothing was heard for " + ToText(most_)};
      // The server or a proxy may have gone without closing the connection.
      // Another stream on it would be silent, too. So the next stream gets a
      // new connection.
      channel_.reset();
    } else if (error.code == grpc::StatusCode::OK) {
      error.code = grpc::StatusCode::UNAVAILABLE;
      error.message = "the server ended the stream";
    } else if (!Resumable(error)) {
      error_ = std::move(error);
      return false;
    }
    const milliseconds wait = backoff_.Next(error.retry_delay);
    if (options_.on_break) options_.on_break(error, wait);
    {
      std::unique_lock lock(mutex_);
      if (changed_.wait_for(lock, wait, [this] { return stopped_; })) {
        return false;
      }
    }
    if (channel_ != nullptr) {
      WaitUntilConnected(*channel_, kConnectTimeout,
                         [this] { return Stopped(); });
    }
    return true;
  }

  const std::shared_ptr<const Connection> connection_;
  // The start in this request is always the place where reading continues.
  v1::SubscribeEventsRequest request_;
  const SubscribeOptions options_;
  Backoff backoff_;
  bool loaded_ = false;
  std::string cursor_;
  // This is the cursor of the response that NextResponse() returned last. The
  // following call of NextResponse() counts that response as processed.
  std::string pending_;
  std::shared_ptr<grpc::Channel> channel_;
  // The stream may be silent for the time silence_. most_ is the limit of the
  // next read, which may be longer for the first response.
  milliseconds silence_ = kSilentIntervals * kDefaultInterval;
  milliseconds most_ = silence_;
  // Next() gives the events of response_ one after the other. It has already
  // given the first given_ of them.
  v1::SubscribeEventsResponse response_;
  int given_ = 0;
  std::optional<Error> error_;

  std::mutex mutex_;
  std::condition_variable changed_;
  // mutex_ guards stream_ and stopped_. Only the reading thread changes
  // stream_, so this thread may read it without the lock.
  std::unique_ptr<EventStream> stream_;
  bool stopped_ = false;
};

Subscription::Subscription(std::shared_ptr<const Connection> connection,
                           v1::SubscribeEventsRequest request,
                           SubscribeOptions options)
    : reader_(std::make_unique<Reader>(
          std::move(connection), std::move(request), std::move(options))) {}

Subscription::Subscription(Subscription&&) noexcept = default;
Subscription& Subscription::operator=(Subscription&&) noexcept = default;
Subscription::~Subscription() = default;

std::optional<v1::Event> Subscription::Next() { return reader_->Next(); }

std::optional<v1::SubscribeEventsResponse> Subscription::NextResponse() {
  return reader_->NextResponse();
}

const std::optional<Error>& Subscription::error() const {
  return reader_->error();
}

const std::string& Subscription::cursor() const { return reader_->cursor(); }

void Subscription::Stop() { reader_->Stop(); }

}  // namespace linktor::instagram
