// A random stream of records over few channels, people, mids and request ids,
// so that they meet all the time. All that is in them comes from the dice, ids
// and sealed bytes too: the same seed writes the same pages in the same order,
// and so its power goes at the same place.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "server/journal/record.pb.h"
#include "server/seal/sealer.h"
#include "server/state/rows.h"
#include "server/state/state_reader.h"
#include "tests/power/told_record.h"
#include "tests/support/seed.h"
#include "tests/unit/state/record_makers.h"

namespace linktor {

class RecordStream {
 public:
  explicit RecordStream(Random& dice) : dice_(dice) {}

  std::int64_t now_ms() const { return now_ms_; }
  // The next ones, in the order in which they are to be appended.
  std::vector<journal::Record> NextGroup(std::size_t size);

  // Later records may build on what came of this one.
  void Learn(const ToldRecord& told);
  // Reads what is open, which may have changed without being told.
  void Reload(state::StateReader& state);

  // Posts again what was answered before and is kept: nothing of it may become
  // an event. The second is the number of its items; none makes no record.
  std::pair<journal::Record, std::int64_t> Redelivery(std::int64_t oldest_seq);
  // Returns a record that claims again an earlier claim, and the id of the
  // message of that claim. Both are empty before the first claim.
  std::pair<journal::Record, RawId> ClaimAgain();

  // Whether the erasure of any message is carried out.
  bool has_erased() const { return !erased_.empty(); }
  // Returns whether `file` holds any of the sealed bytes of such messages.
  bool HoldsErased(std::string_view file) const;

 private:
  struct StoredKey {
    seal::KeyScope scope;
    std::int64_t id = 0;
  };

  // Returns a record without a body. Its time is a little later than the time
  // of the record before it.
  journal::Record Begin();
  void AddRecord(std::vector<journal::Record>& group);
  std::string Bytes(std::size_t size);
  std::string Seal(const seal::KeyScope& scope,
                   std::vector<journal::Record>& group);
  const state::TestChannel& PickChannel();
  std::string PickUser();

  void AddWebhook(std::vector<journal::Record>& group);
  void AddItem(journal::Webhook& webhook, std::vector<journal::Record>& group);
  void SealItem(journal::WebhookItem& item,
                std::vector<journal::Record>& group);
  void AddClaim(std::vector<journal::Record>& group);
  void AddOutcome(std::vector<journal::Record>& group);
  void AddChannelChange(std::vector<journal::Record>& group);
  void AddApiKeyChange(std::vector<journal::Record>& group);
  void AddConversationChange(std::vector<journal::Record>& group);
  void AddTrim(std::vector<journal::Record>& group);
  void AddErase(std::vector<journal::Record>& group);
  // One that Apply refuses, so that the others of its batch are applied alone.
  void AddFaulty(std::vector<journal::Record>& group);

  Random& dice_;
  std::int64_t now_ms_ = state::kNowMs;
  std::int64_t last_trim_ms_ = state::kNowMs;
  std::int64_t expiry_ms_ = 0;
  std::int64_t next_mid_ = 1;
  std::int64_t next_request_ = 1;
  std::int64_t next_key_ = 1;
  std::vector<StoredKey> keys_;
  std::map<std::string, state::ChannelRow> channels_;
  std::map<std::string, state::ApiKeyRow> api_keys_;
  // Sends that are PENDING or UNCONFIRMED.
  std::vector<state::MessageRow> open_;
  std::deque<journal::Record> webhooks_;
  std::deque<journal::Record> claims_;
  absl::flat_hash_map<std::string, RawId> claimed_ids_;
  // This map has the sequences of the events by their ids.
  absl::flat_hash_map<std::string, std::int64_t> sequences_;

  // The sealed copies of what a mid names, by its key…
  std::map<std::string, std::vector<std::string>> copies_;
  // …those that an Erase names, the same by the erasure's number, and every
  // eight bytes of those that were carried out.
  std::map<std::string, std::vector<std::string>> erasing_;
  std::map<std::int64_t, std::vector<std::string>> due_;
  absl::flat_hash_set<std::uint64_t> erased_;
};

}  // namespace linktor
