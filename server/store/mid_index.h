// Which events name a message of Instagram, by a hash of channel and mid. For
// kinds that name a mid it decides what is a duplicate.
//
// Hashes fall anywhere: in one table each new one would write a page of its
// own, at every commit. So new ones are appended to recent_mids and kept in
// memory, and moved to event_mids in sorted runs, a few with each commit,
// neighbours together. Used by the writer thread inside its transaction;
// readers look into both tables.

#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/records.h"
#include "server/store/sqlite.h"

namespace linktor {

class MidIndex {
 public:
  // Mids that make a run: about 5 MB of memory, two runs at most.
  static constexpr std::size_t kRunSize = 32'768;

  explicit MidIndex(Database& database, std::size_t run_size = kRunSize);

  // Reads what is recent: at the start, and after a rollback.
  absl::Status Load();

  // The sequence of the event of that kind; 0 when there is none.
  absl::StatusOr<std::int64_t> Find(std::string_view mid_key, ItemKind kind);
  absl::Status Add(std::string_view mid_key, ItemKind kind, std::int64_t seq);
  // Moves a part of a run; before each commit.
  absl::Status Settle();
  // Forgets recent ones of events up to `seq`, which are being deleted.
  absl::Status ForgetThrough(std::int64_t seq);

  // Changes with every change of what is recent.
  std::uint64_t version() const { return version_; }

 private:
  // Persisted as the key of event_mids.
  struct Key {
    std::array<char, 16> mid;
    std::int8_t kind;

    bool operator==(const Key&) const = default;
    bool operator<(const Key& other) const {
      return std::tie(mid, kind) < std::tie(other.mid, other.kind);
    }
    template <typename H>
    friend H AbslHashValue(H h, const Key& key) {
      // The mid is a hash already.
      std::uint64_t bits = 0;
      std::memcpy(&bits, key.mid.data(), sizeof(bits));
      return H::combine(std::move(h), bits, key.kind);
    }
  };
  struct Entry {
    Key key;
    std::int64_t seq;
  };

  static Key KeyOf(std::string_view mid_key, ItemKind kind);
  void BeginRun();
  absl::Status EndRun();

  const std::size_t run_size_;
  Statement find_;
  Statement insert_recent_;
  Statement insert_;
  Statement load_;
  Statement delete_recent_;
  absl::flat_hash_map<Key, std::int64_t> recent_;
  // Being moved, by key; `moved_` of it are.
  std::vector<Entry> run_;
  std::size_t moved_ = 0;
  std::int64_t run_last_seq_ = 0;
  std::int64_t forgotten_seq_ = 0;
  // Since the last Settle.
  std::size_t added_ = 0;
  std::uint64_t version_ = 0;
};

}  // namespace linktor
