// A MidFilter saves searches in the table of the mid index (mid_index.h). For
// nearly every new mid it says that the table does not have the mid. It is a
// Bloom filter: MayHave returns true for every mid that was added, and by
// mistake also for a few other mids. All bits of a mid are in one block of 32
// bytes, so that each call reads only one place in memory. It is not
// thread-safe: only the thread of the MidIndex that owns it may use it.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace linktor::state {

class MidFilter {
 public:
  // The filter takes two bytes of memory for each of `capacity` mids; the
  // number of bytes is rounded up to a power of two. With `capacity` mids in
  // it, MayHave returns true by mistake for one in 700 other mids. With four
  // times as many mids in it, this happens for one in three (MidFilterTest
  // measures both).
  explicit MidFilter(std::size_t capacity);

  // `mid_key` is a hash of 16 bytes, as MidKey (identity.h) returns it.
  void Add(std::string_view mid_key);
  // False means that the mid was never added.
  bool MayHave(std::string_view mid_key) const;

  std::size_t capacity() const;
  // It counts the calls of Add, including calls for the same mid.
  std::size_t added() const { return added_; }

 private:
  // A mid has one bit in each word of its block.
  using Block = std::array<std::uint32_t, 8>;
  struct BitsOfMid {
    std::size_t block = 0;
    Block bits{};
  };
  BitsOfMid Find(std::string_view mid_key) const;

  // The number of blocks is a power of two.
  std::vector<Block> blocks_;
  std::size_t added_ = 0;
};

}  // namespace linktor::state
