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

// The contract says that a client that hears nothing for three intervals should
// connect again.
constexpr int kSilentIntervals = 3;
// The interval is this one until the server says which one is in force.
constexpr milliseconds kDefaultInterval(15'000);
// The first response also takes connecting, so it has at least this long where
// the interval is short.
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

// Returns whether a stream that ended so is taken up again: the connection
// broke, or the server is busy or going, but it did not refuse.
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
      // Without a reason the server did not make the status. Reading again
      // changes nothing.
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
    // After a stop the event that was given last is not taken.
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

  // Checks the request, and finds out where to start.
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

  // Makes the cursor the one to go on after, here and in the store.
  bool Take(const std::string& cursor) {
    if (cursor.empty() || cursor == cursor_) return true;
    cursor_ = cursor;
    request_.set_after_cursor(cursor);
    if (options_.cursor_store == nullptr) return true;
    error_ = options_.cursor_store->Save(cursor);
    return !error_.has_value();
  }

  // Reads the next response, and opens a stream first when there is none.
  // Returns false when the stream has broken; Recover is next.
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

  // Takes note of a response that came: the stream works, its interval, and its
  // cursor.
  void Note(const v1::SubscribeEventsResponse& response) {
    backoff_.Reset();
    if (const auto interval = IntervalOf(response.heartbeat_interval());
        interval > milliseconds(0)) {
      silence_ = kSilentIntervals * interval;
    }
    most_ = silence_;
    // The cursor is also behind the events that the filter hid.
    pending_ = response.cursor();
    if (options_.on_response) options_.on_response(response);
  }

  // Ends the stream that broke. Returns whether another one may be opened, and
  // waits before it. It returns false after a stop, and when the server refused
  // the stream, which error_ then says.
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
      // Another stream on that connection would be silent, too, when the other
      // end or a proxy has gone without a word.
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
  // Its start always says where to go on.
  v1::SubscribeEventsRequest request_;
  const SubscribeOptions options_;
  Backoff backoff_;
  bool loaded_ = false;
  std::string cursor_;
  // This is the cursor of the response in hand, which counts as taken at the
  // next call.
  std::string pending_;
  std::shared_ptr<grpc::Channel> channel_;
  // The stream may be silent for so long; most_ is the limit of the next Read,
  // which for the first response is longer.
  milliseconds silence_ = kSilentIntervals * kDefaultInterval;
  milliseconds most_ = silence_;
  // Next() has given so many events of the response.
  v1::SubscribeEventsResponse response_;
  int given_ = 0;
  std::optional<Error> error_;

  std::mutex mutex_;
  std::condition_variable changed_;
  // mutex_ guards both. The reading thread alone changes stream_, and reads it
  // without the lock.
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
