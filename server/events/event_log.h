// An EventLog is the log of events, as the streams of SubscribeEvents read it.
// New events come from memory, and older events come from the disk. The server
// has one EventLog. It is a view (see journal/feed.h) and serves all streams.
// It is thread-safe. Start and ReadStored block on the disk and must be called
// on the executor (base/executor.h). An appender usually gives its events in
// the clear (not encrypted). If an event does not come in the clear, OnCommit
// needs its data key. It then blocks on the disk if this key is not in memory.
// The other functions block on no more than a mutex.

#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/timestamp.pb.h"
#include "server/events/cursor.h"
#include "server/events/filter.h"
#include "server/events/hub.h"
#include "server/events/live_ring.h"
#include "server/journal/data_folder.h"
#include "server/journal/feed.h"

namespace linktor::events {

// Returns the first millisecond that is not before `time`. The log keeps its
// times in whole milliseconds, so a part of a millisecond is rounded up. `time`
// has been validated.
std::int64_t LogTimeMs(const google::protobuf::Timestamp& time);

class EventLog {
 public:
  // At most this many bytes of encoded events are kept in memory.
  static constexpr std::size_t kRingBytes = 32 * 1024 * 1024;
  // The events of one response have at most this many bytes, unless a single
  // event has more. So a subscriber that does not read costs only the memory of
  // one response and of gRPC's window of 64 KiB.
  static constexpr std::size_t kMaxBatchBytes = 64 * 1024;
  // At most this many SharedResponses are kept. A few are enough, because the
  // subscribers that keep up with the log are all near its end, at a few
  // positions.
  static constexpr std::size_t kSharedPlaces = 4;

  // `folder` must outlive this object.
  explicit EventLog(journal::DataFolder& folder);

  // The feed calls OnCommit for each commit, on the applying thread (the one
  // thread that applies records). OnCommit first publishes all events of the
  // commit together. Then it removes from memory the content that the commit
  // has erased.
  void OnCommit(std::span<const journal::AppliedRecord> records);

  // Returns the sequence after which the stream starts. If the result is 0, the
  // stream starts at the oldest event that is kept at the stream's first read.
  // Start fails with the errors of CursorCodec::Decode. It fails with
  // CURSOR_EXPIRED when events after the cursor were trimmed (deleted because
  // of their age). It also fails when the disk cannot be read.
  absl::StatusOr<std::int64_t> Start(const v1::SubscribeEventsRequest& request);

  // A Batch has the events that one read has found for one stream.
  struct Batch {
    // These are whole `events` fields of the response, one after the other.
    std::string wire;
    int events = 0;
    // The read has looked at all events up to this sequence.
    std::int64_t through_seq = 0;
  };
  // A Want says where a stream stands, and which limits its request has.
  struct Want {
    std::int64_t after_seq = 0;
    int max_events = 1000;
    bool include_raw = false;
    // It is false for a caller whose API key does not cover all channels. Such
    // a caller must not learn how many events other channels have, and the
    // backlog counts the events of all channels.
    bool tell_backlog = true;
  };
  // Fills `batch`, which must be empty, from memory. It returns false when the
  // disk is needed. This is so when `after_seq` is older than the ring of
  // newest events. It is also so when the request wants the raw JSON of items,
  // which is never in memory. If it returns true and the batch has no events,
  // there is no new event, or the filter hides all events up to the batch's
  // through_seq.
  bool ReadLive(const Want& want, const EventFilter& filter,
                Batch& batch) const;
  // A SharedResponse is a whole SubscribeEventsResponse that several streams
  // send. It has the events that follow `after_seq`, and no filter hides any of
  // them.
  struct SharedResponse {
    std::int64_t after_seq = 0;
    std::int64_t through_seq = 0;
    // This was the end of the log when the response was made. Streams share the
    // response only while the log still ends here, because the response tells
    // the backlog.
    std::int64_t last_seq = 0;
    std::string bytes;
  };
  using SharedResponsePtr = std::shared_ptr<const SharedResponse>;
  // Returns a response for streams that stand at `after_seq`. All these streams
  // get the same bytes until the log grows. Returns null when the disk is
  // needed or when there is nothing new. The response tells the backlog of all
  // channels, so it must not go to a caller whose API key does not cover all
  // channels.
  SharedResponsePtr ReadShared(std::int64_t after_seq);

  // Appends to `response` the fields that are not events. They are the cursor,
  // whether the stream has caught up with the log and, if `tell_backlog` is
  // true, the backlog.
  void AppendPosition(std::int64_t through_seq, bool tell_backlog,
                      std::string& response) const;

  // Reads a batch from the disk. It fails with CURSOR_EXPIRED when the events
  // that follow `after_seq` have been trimmed. If `after_seq` is 0, it does not
  // fail in this way, because 0 stands for the oldest event that is kept. It
  // also fails as EventReader::Read does. If the batch has no events and its
  // through_seq is above `after_seq`, the filter hides all events between the
  // two.
  absl::StatusOr<Batch> ReadStored(const Want& want, const EventFilter& filter);

  // Returns the sequence of the last event that streams may read.
  std::int64_t last_seq() const { return ring_.last_seq(); }
  std::string Cursor(std::int64_t seq) const { return cursors_.Encode(seq); }
  Hub& hub() { return hub_; }

 private:
  // Encodes the events, adds them to the ring, and then wakes the subscribers.
  void Publish(std::span<const journal::AppliedRecord> records);
  using Encode = EncodedEvent (*)(const EncodedEvent& event,
                                  const CursorCodec& cursors);
  // These two functions remove erased content from memory. Erase replaces each
  // of the events `seqs` with what `encode` makes of it. Forget removes the
  // content of all events about these people. Bytes that a stream is already
  // writing do not change.
  void Erase(std::vector<std::int64_t> seqs, Encode encode);
  void Forget(std::span<const state::ForgottenPerson> people);
  // Drops the shared responses, because they may hold content that was erased.
  void DropShared();
  // Start calls StartAfter for a request with a cursor, and StartAt for a
  // request with a time.
  absl::StatusOr<std::int64_t> StartAfter(const std::string& cursor);
  absl::StatusOr<std::int64_t> StartAt(
      const google::protobuf::Timestamp& since);

  state::EventReader& reader_;
  state::StateReader& state_;
  seal::Sealer& sealer_;
  const CursorCodec cursors_;
  LiveRing ring_;
  Hub hub_;
  // This counts the calls of DropShared. A response whose events were read
  // before an erasure must not be kept for sharing after the erasure.
  std::atomic<std::uint64_t> erasures_{0};
  mutable Mutex shared_mutex_;
  // These are the shared responses of the latest positions, the oldest first.
  std::deque<SharedResponsePtr> shared_ ABSL_GUARDED_BY(shared_mutex_);
};

}  // namespace linktor::events
