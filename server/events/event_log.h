// The log for reading: what is new from memory, what is older from the disk.
// One for the server; thread-safe.

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

namespace linktor {

class EventLog {
 public:
  // The encoded events that are kept in memory.
  static constexpr std::size_t kRingBytes = 32 * 1024 * 1024;
  // The events of one response, unless it is a single one. A subscriber that
  // does not read costs one response and gRPC's window of 64 KiB.
  static constexpr std::size_t kMaxBatchBytes = 64 * 1024;
  // Responses that are shared at a time: the subscribers that keep up are at
  // few places.
  static constexpr std::size_t kSharedPlaces = 4;

  // `folder` must outlive this.
  explicit EventLog(DataFolder& folder);

  // A view of the feed: the events of a commit go out together.
  void OnCommit(std::span<const AppliedRecord> records);

  // Returns the sequence to start after. Reads the disk: call on an executor.
  absl::StatusOr<std::int64_t> Start(const v1::SubscribeEventsRequest& request);

  struct Batch {
    // Framed `events` fields, one after the other.
    std::string framed;
    int events = 0;
    // Everything up to here has been looked at.
    std::int64_t through_seq = 0;
  };
  struct Want {
    std::int64_t after_seq = 0;
    int max_events = 1000;
    bool include_raw = false;
    // False for callers who must not learn how much others receive.
    bool tell_backlog = true;
  };
  // From memory. False when the disk is needed.
  bool ReadLive(const Want& want, const EventFilter& filter,
                Batch& batch) const;
  // A whole SubscribeEventsResponse with what follows on `after_seq`,
  // unfiltered: the same bytes for all who ask at the same place. Null when the
  // disk is needed or nothing is new.
  struct SharedResponse {
    std::int64_t after_seq = 0;
    std::int64_t through_seq = 0;
    // The end of the log when it was made: what it says of it is true.
    std::int64_t last_seq = 0;
    std::string bytes;
  };
  using SharedResponsePtr = std::shared_ptr<const SharedResponse>;
  SharedResponsePtr ReadShared(std::int64_t after_seq);

  // Appends what a response says besides its events: cursor, whether it has
  // caught up and, unless the caller must not know it, the backlog.
  void AppendPosition(std::int64_t through_seq, bool tell_backlog,
                      std::string& response) const;

  // From the disk: call on an executor. CURSOR_EXPIRED when events in between
  // have been trimmed, unless `after_seq` is 0.
  absl::StatusOr<Batch> ReadStored(const Want& want, const EventFilter& filter);

  std::int64_t last_seq() const { return ring_.last_seq(); }
  std::string Cursor(std::int64_t seq) const { return cursors_.Encode(seq); }
  Hub& hub() { return hub_; }

 private:
  void Publish(std::span<const AppliedRecord> records);
  // Takes the content of events out of memory.
  void Erase(const std::vector<std::int64_t>& seqs);
  absl::StatusOr<std::int64_t> StartAfter(const std::string& cursor);
  absl::StatusOr<std::int64_t> StartAt(
      const google::protobuf::Timestamp& since);
  absl::Status Expired(std::int64_t oldest_seq) const;

  EventReader& reader_;
  StateReader& state_;
  Sealer& sealer_;
  const CursorCodec cursors_;
  LiveRing ring_;
  Hub hub_;
  // How often something was erased.
  std::atomic<std::uint64_t> erasures_{0};
  mutable Mutex shared_mutex_;
  // The responses of the latest places, oldest first.
  std::deque<SharedResponsePtr> shared_ ABSL_GUARDED_BY(shared_mutex_);
};

}  // namespace linktor
