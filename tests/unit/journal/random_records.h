// Random records over few channels, customers, mids, texts and request ids, so
// that they collide all the time.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "server/journal/feed.h"
#include "tests/support/seed.h"
#include "tests/unit/state/record_makers.h"

namespace linktor {

class RandomRecords {
 public:
  explicit RandomRecords(std::uint64_t seed) : random_(seed) {}

  // Customers of whom a database may refuse to hear.
  static constexpr char kPoisonUser[] = "666";

  // The next one, sealed by `sealer`.
  SealedRecord Next(Sealer& sealer);
  // Learns what there is now, so that records can be about it.
  void Learn(std::span<const AppliedRecord> records);

  Random& random() { return random_; }

 private:
  bool Percent(std::size_t n) { return random_.Below(100) < n; }
  template <typename T>
  const T& Pick(const std::vector<T>& from) {
    return from[random_.Below(from.size())];
  }
  void MoveClock();
  TestChannel PickChannel();
  std::string PickUser();
  std::string PickMid();

  ItemSpec Item();
  SealedRecord Delivery(Sealer& sealer);
  SealedRecord Claim(Sealer& sealer);
  SealedRecord Outcome(Sealer& sealer);
  journal::Record Channel();
  journal::Record ApiKey();
  journal::Record Customer(Sealer& sealer, NewKeys& keys);
  journal::Record Trim();
  journal::Record Erasure();

  Random random_;
  std::int64_t now_ms_ = kNowMs;
  std::int64_t next_ = 0;
  std::int64_t last_seq_ = 0;
  // As they were told last; the oldest are forgotten.
  std::vector<MessageRow> messages_;
  std::vector<ChannelRow> channels_;
  std::vector<ApiKeyRow> api_keys_;
  std::vector<std::int64_t> data_keys_;
  std::int64_t due_erasure_ = 0;
  std::int64_t expiry_ms_ = 0;
};

}  // namespace linktor
