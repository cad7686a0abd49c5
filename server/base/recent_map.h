// A RecentMap keeps the entries that were used last, in bounded memory, and
// forgets older entries. The caches of the sealer, of user names and of user
// profiles are RecentMaps. A RecentMap has no lock; its owner guards it.
//
// The map has two generations. Every entry that is found or inserted moves to
// the young generation. When the young generation is full, it becomes the old
// generation, and all entries of the previous old generation are forgotten.
// With these generations the map needs no list that keeps the entries in the
// order of their use.

#pragma once

#include <cstddef>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace linktor {

// `Key` must be usable as a key of absl::flat_hash_map, and `Value` must be
// movable.
template <typename Key, typename Value>
class RecentMap {
 public:
  // The `count` entries that were used last are always in the map. The map
  // never has more than twice `count` entries. `count` is at least 1.
  explicit RecentMap(std::size_t count) : count_(count) {}

  // Returns the value. Returns null when the key was never inserted or its
  // entry was forgotten. The pointer is valid until the next call of a function
  // of this map.
  Value* Find(const Key& key) {
    if (const auto it = young_.find(key); it != young_.end()) {
      return &it->second;
    }
    auto node = old_.extract(key);
    if (node.empty()) return nullptr;
    return &Insert(key, std::move(node.mapped()));
  }

  // Adds the value, or replaces the value that the key has. The reference is
  // valid until the next call of a function of this map.
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

  // Forgets every entry for which `wanted`, called with the key and the value,
  // returns true. It looks at all entries.
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

  // The young generation is full when it has this many entries.
  const std::size_t count_;
  Generation young_;
  Generation old_;
};

}  // namespace linktor
