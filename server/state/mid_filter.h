// A MidFilter says of nearly every new mid that the mid index's table does not
// have it, so that nobody has to search there. It is a Bloom filter: it forgets
// no mid that was added, and takes a few others for one of them. A mid's bits
// are all in one block of 32 bytes, so that a question costs one look into
// memory. It is not thread-safe: the MidIndex that has it is on one thread.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace linktor::state {

class MidFilter {
 public:
  // It takes two bytes of memory for each of `capacity` mids, rounded up to a
  // power of two. With so many it takes one in 700 others for one of them, with
  // four times as many one in three (MidFilterTest measures both).
  explicit MidFilter(std::size_t capacity);

  // `mid_key` is a hash of 16 bytes, as MidKey returns it.
  void Add(std::string_view mid_key);
  // False says that the mid was never added.
  bool MayHave(std::string_view mid_key) const;

  std::size_t capacity() const;
  // It counts the calls of Add, those for the same mid too.
  std::size_t added() const { return added_; }

 private:
  // A mid has one bit in each word of its block.
  using Block = std::array<std::uint32_t, 8>;
  struct BitsOfMid {
    std::size_t block = 0;
    Block bits{};
  };
  BitsOfMid Find(std::string_view mid_key) const;

  // Their number is a power of two.
  std::vector<Block> blocks_;
  std::size_t added_ = 0;
};

}  // namespace linktor::state
