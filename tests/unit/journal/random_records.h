// Random records over few channels, customers, mids, texts and request ids, so
// that they collide all the time.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "server/base/ids.h"
#include "server/journal/feed.h"
#include "tests/support/seed.h"
#include "tests/unit/state/record_makers.h"

namespace linktor::journal {

class RandomRecords {
 public:
  explicit RandomRecords(std::uint64_t seed) : random_(seed) {}

  // A database may refuse every record about this customer.
  static constexpr char kPoisonUser[] = "666";

  // Returns the next record, whose content `sealer` has sealed.
  state::SealedRecord Next(seal::Sealer& sealer);
  // Learns from these records what exists now, so that later records can be
  // about it.
  void Learn(std::span<const AppliedRecord> records);

  Random& random() { return random_; }

 private:
  // An item as received: where it is, and in which delivery.
  struct Received {
    RawId delivery_id;
    std::int64_t delivery_no = 0;
    std::int64_t raw_no = 0;
    int position = 0;
  };
  // Counts the delivery and its items as received, and remembers those whose
  // places are known.
  void LearnDelivery(const journal::Webhook& webhook,
                     const state::DeliveryAnswer& answer);

  bool Percent(std::size_t n) { return random_.Below(100) < n; }
  template <typename T>
  const T& Pick(const std::vector<T>& from) {
    return from[random_.Below(from.size())];
  }
  void MoveClock();
  state::TestChannel PickChannel();
  std::string PickUser();
  std::string PickMid();

  state::ItemSpec Item();
  state::SealedRecord Delivery(seal::Sealer& sealer);
  state::SealedRecord Claim(seal::Sealer& sealer);
  state::SealedRecord Outcome(seal::Sealer& sealer);
  state::SealedRecord Redrive(seal::Sealer& sealer);
  journal::Record Channel();
  journal::Record ApiKey();
  journal::Record Customer(seal::Sealer& sealer, seal::NewKeys& keys);
  journal::Record Trim();
  journal::Record Release();
  journal::Record Erasure();

  Random random_;
  std::int64_t now_ms_ = state::kNowMs;
  std::int64_t next_ = 0;
  std::int64_t last_seq_ = 0;
  // As they were told last; the oldest are forgotten.
  std::vector<state::MessageRow> messages_;
  std::vector<state::ChannelRow> channels_;
  std::vector<state::ApiKeyRow> api_keys_;
  std::vector<std::int64_t> data_keys_;
  std::vector<Received> received_;
  // The numbers of the last delivery and of the last item as received.
  std::int64_t last_delivery_ = 0;
  std::int64_t last_raw_ = 0;
  std::int64_t due_erasure_ = 0;
  std::int64_t expiry_ms_ = 0;
};

}  // namespace linktor::journal
