// Keeps what was used lately, in bounded memory, and forgets the rest. The
// caches of the sealer and of the user names are such maps. It has no lock; its
// owner guards it.
//
// It has two generations. Whatever is found or inserted goes to the young one.
// When that is full, it becomes the old one, and what the old one still held is
// forgotten. So no entry needs a place in a list of uses.

#pragma once

#include <cstddef>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace linktor {

// `Key` is a key of absl::flat_hash_map; `Value` can be moved.
template <typename Key, typename Value>
class RecentMap {
 public:
  // The `count` entries that were used last are always there; at most twice as
  // many are. `count` is at least 1.
  explicit RecentMap(std::size_t count) : count_(count) {}

  // Returns the value, or null when it was never inserted or is forgotten. The
  // pointer is good until the next call of anything here.
  Value* Find(const Key& key) {
    if (const auto it = young_.find(key); it != young_.end()) {
      return &it->second;
    }
    auto node = old_.extract(key);
    if (node.empty()) return nullptr;
    return &Insert(key, std::move(node.mapped()));
  }

  // Adds the value, or replaces the one that is there. The reference is good
  // until the next call of anything here.
  Value& Insert(const Key& key, Value value = Value()) {
    old_.erase(key);
    if (young_.size() >= count_ && !young_.contains(key)) {
      old_ = std::exchange(young_, {});
    }
    return young_[key] = std::move(value);
  }

  // Forgets the entry at once, if there is one.
  void Erase(const Key& key) {
    young_.erase(key);
    old_.erase(key);
  }

  // Forgets every entry of whose key and value `wanted` returns true; it looks
  // at all.
  template <typename Wanted>
  void EraseIf(Wanted wanted) {
    const auto matches = [&](const auto& entry) {
      return wanted(entry.first, entry.second);
    };
    absl::erase_if(young_, matches);
    absl::erase_if(old_, matches);
  }

 private:
  using Generation = absl::flat_hash_map<Key, Value>;

  // The young generation becomes the old one at this many entries.
  const std::size_t count_;
  Generation young_;
  Generation old_;
};

}  // namespace linktor
