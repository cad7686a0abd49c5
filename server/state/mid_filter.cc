#include "server/state/mid_filter.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace linktor::state {
namespace {

constexpr std::size_t kBlockBytes = 32;
constexpr std::size_t kBytesPerMid = 2;

}  // namespace

MidFilter::MidFilter(std::size_t capacity)
    : blocks_(std::bit_ceil(
          std::max<std::size_t>(capacity * kBytesPerMid / kBlockBytes, 1))) {}

// The key is a hash already, so its bits are used as they are. The first eight
// bytes choose the block. In the other eight bytes, each group of five bits
// chooses one bit in one word of the block.
MidFilter::BitsOfMid MidFilter::Find(std::string_view mid_key) const {
  std::array<std::uint64_t, 2> hash{};
  std::memcpy(hash.data(), mid_key.data(),
              std::min(mid_key.size(), sizeof(hash)));
  BitsOfMid mid{.block = hash[0] & (blocks_.size() - 1)};
  for (std::uint32_t& word : mid.bits) {
    word = std::uint32_t{1} << (hash[1] & 31U);
    hash[1] >>= 5U;
  }
  return mid;
}

void MidFilter::Add(std::string_view mid_key) {
  const BitsOfMid mid = Find(mid_key);
  Block& block = blocks_[mid.block];
  for (std::size_t i = 0; i < block.size(); ++i) block[i] |= mid.bits[i];
  ++added_;
}

bool MidFilter::MayHave(std::string_view mid_key) const {
  const BitsOfMid mid = Find(mid_key);
  const Block& block = blocks_[mid.block];
  // The loop has no branch for each word, because the processor would often
  // predict such a branch wrongly.
  std::uint32_t missing = 0;
  for (std::size_t i = 0; i < block.size(); ++i) {
    missing |= mid.bits[i] & ~block[i];
  }
  return missing == 0;
}

std::size_t MidFilter::capacity() const {
  return blocks_.size() * kBlockBytes / kBytesPerMid;
}

}  // namespace linktor::state
