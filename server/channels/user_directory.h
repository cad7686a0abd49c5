// Asks Instagram for the user names of customers who write, one at a time and
// not too often, and remembers them. What it knows is a view: the feed tells it
// of every name that is stored, whoever has asked for it. Thread-safe.

#pragma once

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>

#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/base/mutex.h"
#include "server/base/recent_map.h"
#include "server/channels/registry.h"
#include "server/channels/user_names.h"
#include "server/graph/client.h"
#include "server/journal/feed.h"
#include "server/journal/journal.h"
#include "server/seal/sealer.h"
#include "server/state/state_reader.h"

namespace linktor {

class UserDirectory final : public UserNames {
 public:
  // A name is asked for again when it is this old and the customer writes.
  static constexpr absl::Duration kMaxAge = absl::Hours(24);
  // After an answer without a name, such as a missing permission or consent.
  static constexpr absl::Duration kRetryAfter = absl::Hours(1);
  // Names kept in memory, and customers waiting for theirs; beyond it the
  // oldest are forgotten and the newest not asked for.
  static constexpr std::size_t kCacheSize = 50'000;
  static constexpr std::size_t kQueueSize = 1'000;

  struct Dependencies {
    const Clock& clock;
    StateReader& state;
    Sealer& sealer;
    Journal& journal;
    const ChannelRegistry& registry;
    GraphClient& graph;
    // Between two calls: profiles are the least of what an account's share of
    // Meta's limits is for.
    absl::Duration pause = absl::Milliseconds(100);
  };

  explicit UserDirectory(const Dependencies& dependencies);
  ~UserDirectory() override;

  // Follows the feed.
  void OnCommit(std::span<const AppliedRecord> records);

  std::string Find(std::int64_t channel_no, std::string_view user_id) override;
  void OnActivity(const ChannelRegistry::EntryPtr& channel,
                  std::string_view user_id) override;

  // Ends the thread; what waits is forgotten. After the transport has stopped,
  // so that no answer is waited for, and before the journal does.
  void Stop();

 private:
  struct Known {
    // What is stored, sealed; empty when there is no name, nothing when it has
    // not been read and the feed has not told of it.
    std::optional<std::string> sealed;
    // The same, once it was opened.
    std::optional<std::string> name;
    // When to ask again; the distant past when this process has not asked.
    absl::Time ask_time = absl::InfinitePast();
    bool queued = false;
  };

  struct Wanted {
    std::string channel_id;
    KeyScope user;
  };

  void Run();
  // The name; empty when it cannot be had. Waits for Instagram.
  std::string Ask(const Wanted& wanted);
  // Whether it is stored now.
  bool Store(const KeyScope& user, const std::string& name);
  // The name, or empty when there is none or it cannot be opened.
  std::string Open(const KeyScope& user, const std::string& sealed) const;
  // The entry, made when there is none.
  Known& EntryOf(const KeyScope& user) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Dependencies deps_;
  Mutex mutex_;
  CondVar wake_;
  RecentMap<KeyScope, Known> known_ ABSL_GUARDED_BY(mutex_){kCacheSize / 2};
  std::deque<Wanted> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace linktor
