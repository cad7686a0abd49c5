// An EventLog is the log as streams read it: new events from memory, older ones
// from the disk. The server has one, which is a view of the feed and serves all
// streams. It is thread-safe. Start and ReadStored block on the disk and belong
// on an executor; the other calls block on no more than a mutex.

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

// Returns the first millisecond that is not before `time`. Times of the log are
// in milliseconds, and a part of one is after its beginning. The time has been
// validated.
std::int64_t LogTimeMs(const google::protobuf::Timestamp& time);

class EventLog {
 public:
  // So many bytes of encoded events are kept in memory.
  static constexpr std::size_t kRingBytes = 32 * 1024 * 1024;
  // The events of one response have at most so many bytes, unless it is a
  // single event. A subscriber that does not read costs one response and gRPC's
  // window of 64 KiB.
  static constexpr std::size_t kMaxBatchBytes = 64 * 1024;
  // At most so many responses are shared at a time, because the subscribers
  // that keep up are at few places.
  static constexpr std::size_t kSharedPlaces = 4;

  // `folder` must outlive this.
  explicit EventLog(journal::DataFolder& folder);

  // The feed calls it, on the applying thread, with each commit. The events of
  // one commit go out together. Content that was erased is then taken out of
  // memory.
  void OnCommit(std::span<const journal::AppliedRecord> records);

  // Returns the sequence to start after; 0 is the oldest event, whichever that
  // is when it is read. Fails with the errors of CursorCodec::Decode; with
  // CURSOR_EXPIRED when events after the cursor were trimmed; or when the disk
  // cannot be read.
  absl::StatusOr<std::int64_t> Start(const v1::SubscribeEventsRequest& request);

  // A Batch is what one read has found for one stream.
  struct Batch {
    // Whole `events` fields of the response, one after the other.
    std::string wire;
    int events = 0;
    // Everything up to here has been looked at.
    std::int64_t through_seq = 0;
  };
  // A Want is where a stream stands, and the limits of its request.
  struct Want {
    std::int64_t after_seq = 0;
    int max_events = 1000;
    bool include_raw = false;
    // False for callers who must not learn how much others receive.
    bool tell_backlog = true;
  };
  // Fills `batch`, which must be empty, from memory. Returns false when the
  // disk is needed: `after_seq` is older than the ring, or items as received
  // are wanted, which are never in memory. True without events means that
  // nothing which the filter lets through is new.
  bool ReadLive(const Want& want, const EventFilter& filter,
                Batch& batch) const;
  // A SharedResponse is a whole SubscribeEventsResponse with the events that
  // follow on `after_seq`, unfiltered.
  struct SharedResponse {
    std::int64_t after_seq = 0;
    std::int64_t through_seq = 0;
    // The end of the log when it was made: what it says of it is true.
    std::int64_t last_seq = 0;
    std::string bytes;
  };
  using SharedResponsePtr = std::shared_ptr<const SharedResponse>;
  // Returns one for the place: the same bytes for all streams that ask there
  // until the log grows. Null when the disk is needed or nothing is new. Its
  // backlog is told, which streams of a caller without all channels must not
  // read.
  SharedResponsePtr ReadShared(std::int64_t after_seq);

  // Appends what a response says besides its events: cursor, whether it has
  // caught up and, unless the caller must not know it, the backlog.
  void AppendPosition(std::int64_t through_seq, bool tell_backlog,
                      std::string& response) const;

  // Reads from the disk. Fails with CURSOR_EXPIRED when events in between have
  // been trimmed, unless `after_seq` is 0; or as EventReader::Read does.
  // An empty batch whose through_seq has grown is a stretch that the filter
  // hides.
  absl::StatusOr<Batch> ReadStored(const Want& want, const EventFilter& filter);

  // Returns the end of the log, as far as streams may read it.
  std::int64_t last_seq() const { return ring_.last_seq(); }
  std::string Cursor(std::int64_t seq) const { return cursors_.Encode(seq); }
  Hub& hub() { return hub_; }

 private:
  // Encodes the events, adds them to the ring, and then wakes the subscribers.
  void Publish(std::span<const journal::AppliedRecord> records);
  using Encode = EncodedEvent (*)(const EncodedEvent& event,
                                  const CursorCodec& cursors);
  // These take content out of memory: that of these events, and that of all
  // events about a person. Bytes that a stream is writing are not changed.
  void Erase(std::vector<std::int64_t> seqs, Encode encode);
  void Forget(const state::ForgottenPerson& person);
  // Drops the responses that subscribers share, which may hold such content.
  void DropShared();
  // These two are Start for a cursor and for a time.
  absl::StatusOr<std::int64_t> StartAfter(const std::string& cursor);
  absl::StatusOr<std::int64_t> StartAt(
      const google::protobuf::Timestamp& since);

  state::EventReader& reader_;
  state::StateReader& state_;
  seal::Sealer& sealer_;
  const CursorCodec cursors_;
  LiveRing ring_;
  Hub hub_;
  // It counts the erasures, so that a response which was read before one is not
  // shared after it.
  std::atomic<std::uint64_t> erasures_{0};
  mutable Mutex shared_mutex_;
  // The responses of the latest places, oldest first.
  std::deque<SharedResponsePtr> shared_ ABSL_GUARDED_BY(shared_mutex_);
};

}  // namespace linktor::events
