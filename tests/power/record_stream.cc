#include "tests/power/record_stream.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "server/base/v1.h"
#include "server/journal/journal.h"
#include "server/state/identity.h"

namespace linktor {
namespace {

constexpr std::array<const char*, 5> kUsers = {"501", "502", "503", "504",
                                               "505"};
constexpr std::size_t kIdSize = 16;
// Version and key id, before what is unlike everything else.
constexpr std::size_t kSealedHead = 9;
// Records that may be appended again.
constexpr std::size_t kRemembered = 100;
// Mids that are likely to come again.
constexpr std::size_t kRecentMids = 12;

std::uint64_t EightBytes(const char* at) {
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, at, sizeof(bytes));
  return bytes;
}

template <typename T>
void Remember(T one, std::deque<T>& all) {
  all.push_back(std::move(one));
  if (all.size() > kRemembered) all.pop_front();
}

}  // namespace

std::vector<journal::Record> RecordStream::NextGroup(std::size_t size) {
  std::vector<journal::Record> group;
  while (group.size() < size) AddRecord(group);
  return group;
}

void RecordStream::AddRecord(std::vector<journal::Record>& group) {
  const std::size_t kind = dice_.Below(100);
  if (kind < 45) return AddWebhook(group);
  if (kind < 60) return AddClaim(group);
  if (kind < 74) return AddOutcome(group);
  if (kind < 79) return AddChannelChange(group);
  if (kind < 83) return AddApiKeyChange(group);
  if (kind < 89) return AddConversationChange(group);
  if (kind < 92) return AddTrim(group);
  if (kind < 97) return AddErase(group);
  AddFaulty(group);
}

// ---- Parts ------------------------------------------------------------------

journal::Record RecordStream::Begin() {
  now_ms_ += static_cast<std::int64_t>(dice_.Below(2000));
  return journal::NewRecord(now_ms_);
}

std::string RecordStream::Bytes(std::size_t size) {
  std::string bytes;
  while (bytes.size() < size) {
    const std::uint64_t eight = dice_.Below(~std::size_t{0});
    bytes.append(reinterpret_cast<const char*>(&eight), sizeof(eight));
  }
  bytes.resize(size);
  return bytes;
}

std::string RecordStream::Seal(const seal::KeyScope& scope,
                               std::vector<journal::Record>& group) {
  auto key = std::find_if(
      keys_.begin(), keys_.end(),
      [&scope](const StoredKey& one) { return one.scope == scope; });
  if (key == keys_.end()) {
    const auto id = static_cast<std::int64_t>(dice_.Below(~std::size_t{0}));
    journal::Record record = Begin();
    journal::DataKey& made = *record.mutable_add_data_keys()->add_keys();
    made.set_id(id);
    made.set_channel_no(scope.channel_no);
    made.set_user_id(scope.user_id);
    made.set_wrapped(Bytes(60));
    group.push_back(std::move(record));
    key = keys_.insert(keys_.end(), {.scope = scope, .id = id});
  }
  std::string sealed(1, '\1');
  sealed.append(reinterpret_cast<const char*>(&key->id), sizeof(key->id));
  // Some flow over to pages of their own.
  const std::size_t most = dice_.OneIn(12) ? 9000 : 300;
  return sealed + Bytes(24 + dice_.Below(most));
}

const state::TestChannel& RecordStream::PickChannel() {
  return dice_.OneIn(3) ? state::kCafe : state::kShop;
}

std::string RecordStream::PickUser() {
  return kUsers[dice_.Below(kUsers.size())];
}

// ---- Webhooks ---------------------------------------------------------------

void RecordStream::AddWebhook(std::vector<journal::Record>& group) {
  journal::Record record;
  const bool again = !webhooks_.empty() && dice_.OneIn(6);
  if (again) {
    record = webhooks_[dice_.Below(webhooks_.size())];
    for (auto& item : *record.mutable_webhook()->mutable_items()) {
      if (item.fate() == journal::ITEM_FATE_EVENT) SealItem(item, group);
    }
    record.set_time_ms(Begin().time_ms());
  } else {
    record = Begin();
    journal::Webhook& webhook = *record.mutable_webhook();
    webhook.set_channel_no(PickChannel().no);
    const std::size_t items = 1 + dice_.Below(4);
    while (std::cmp_less(webhook.items_size(), items)) AddItem(webhook, group);
  }
  record.mutable_webhook()->set_delivery_id(Bytes(kIdSize));
  record.mutable_webhook()->set_bytes(
      static_cast<std::int64_t>(dice_.Below(5000)));
  group.push_back(std::move(record));
}

void RecordStream::AddItem(journal::Webhook& webhook,
                           std::vector<journal::Record>& group) {
  journal::WebhookItem& item = *webhook.add_items();
  item.set_count(1);
  if (dice_.OneIn(10)) {
    item.set_fate(dice_.OneIn(2) ? journal::ITEM_FATE_IGNORED
                                 : journal::ITEM_FATE_ISSUE);
    return;
  }
  const state::TestChannel& channel = PickChannel();
  item.set_entry_id(channel.account);
  item.set_raw_channel_no(channel.no);
  item.set_kind(static_cast<journal::ItemKind>(dice_.Below(4)));
  item.set_opens_window(item.kind() == journal::ITEM_KIND_MESSAGE);
  const std::int64_t number =
      dice_.OneIn(4) && next_mid_ > 1
          ? next_mid_ - 1 -
                static_cast<std::int64_t>(dice_.Below(
                    std::min<std::size_t>(next_mid_ - 1, kRecentMids)))
          : next_mid_++;
  const std::string mid = absl::StrCat("mid", number);
  journal::NewEvent& event = *item.mutable_event();
  event.set_type("message.received");
  event.set_channel_no(channel.no);
  event.set_channel_id(channel.id);
  event.set_user_id(kUsers[static_cast<std::size_t>(number) % kUsers.size()]);
  event.set_event_ms(now_ms_);
  if (item.kind() == journal::ITEM_KIND_OTHER) {
    item.set_dedupe_key(HashedRawId({"dedupe", channel.id, mid}));
  } else {
    item.set_mid(mid);
    item.set_mid_key(state::MidKey(channel.no, mid));
  }
  if (item.kind() == journal::ITEM_KIND_ECHO && dice_.OneIn(2)) {
    item.set_content_match(HashedRawId({event.user_id()}));
  }
  event.set_id(HashedRawId(
      {"event", channel.id, mid, absl::StrCat(static_cast<int>(item.kind()))}));
  SealItem(item, group);
}

void RecordStream::SealItem(journal::WebhookItem& item,
                            std::vector<journal::Record>& group) {
  const seal::KeyScope scope{.channel_no = item.event().channel_no(),
                             .user_id = item.event().user_id()};
  item.mutable_event()->set_sealed(Seal(scope, group));
  item.set_sealed_raw(Seal(scope, group));
  if (item.mid_key().empty()) return;
  std::vector<std::string>& copies = copies_[item.mid_key()];
  copies.push_back(item.event().sealed());
  copies.push_back(item.sealed_raw());
}

// ---- Sends ------------------------------------------------------------------

void RecordStream::AddClaim(std::vector<journal::Record>& group) {
  journal::Record record = Begin();
  journal::Claim& claim = *record.mutable_claim();
  if (!claims_.empty() && dice_.OneIn(4)) {
    claim = claims_[dice_.Below(claims_.size())].claim();
    claim.set_message_id(Bytes(kIdSize));
    group.push_back(std::move(record));
    return;
  }
  const state::TestChannel& channel = PickChannel();
  claim.set_message_id(Bytes(kIdSize));
  claim.set_channel_no(channel.no);
  claim.set_channel_id(channel.id);
  claim.set_user_id(PickUser());
  claim.set_request_id(absl::StrCat("r", next_request_++));
  claim.set_request_fingerprint(HashedRawId({claim.request_id()}));
  if (dice_.OneIn(2)) claim.set_content_match(HashedRawId({claim.user_id()}));
  claim.set_sealed_content(
      Seal({.channel_no = channel.no, .user_id = claim.user_id()}, group));
  if (dice_.OneIn(4)) claim.set_quota(3);
  group.push_back(std::move(record));
}

void RecordStream::AddOutcome(std::vector<journal::Record>& group) {
  if (open_.empty()) return AddWebhook(group);
  const state::MessageRow& row = open_[dice_.Below(open_.size())];
  const seal::KeyScope scope{.channel_no = row.channel_no,
                             .user_id = row.user_id};
  constexpr std::array kStates = {
      v1::MESSAGE_STATE_SENT, v1::MESSAGE_STATE_SENT, v1::MESSAGE_STATE_FAILED,
      v1::MESSAGE_STATE_UNCONFIRMED};
  const v1::MessageState state = kStates[dice_.Below(kStates.size())];
  const std::string sealed_event = Seal(scope, group);
  journal::Record record = Begin();
  journal::SendOutcome& outcome = *record.mutable_send_outcome();
  outcome.set_message_id(row.id);
  outcome.set_expected_state(row.state);
  outcome.set_expected_attempt(row.attempt);
  outcome.set_state(state);
  if (state == v1::MESSAGE_STATE_SENT) {
    outcome.set_settled_by(v1::SETTLED_BY_ANSWER);
    outcome.set_mid(absl::StrCat("mid", next_mid_++));
    outcome.set_mid_key(state::MidKey(row.channel_no, outcome.mid()));
  } else {
    outcome.set_sealed_error(Seal(scope, group));
  }
  journal::NewEvent& event = *outcome.mutable_event();
  event.set_id(Bytes(kIdSize));
  event.set_type("message.sent");
  event.set_channel_no(row.channel_no);
  event.set_channel_id(row.channel_id);
  event.set_user_id(row.user_id);
  event.set_sealed(sealed_event);
  group.push_back(std::move(record));
}

void RecordStream::AddFaulty(std::vector<journal::Record>& group) {
  if (!claims_.empty() && dice_.OneIn(2)) {
    // Its message id is another's.
    const journal::Claim& taken = claims_.back().claim();
    journal::Record record = Begin();
    *record.mutable_claim() = taken;
    record.mutable_claim()->set_request_id(absl::StrCat("r", next_request_++));
    record.mutable_claim()->set_quota(0);
    group.push_back(std::move(record));
    return;
  }
  journal::Record record = Begin();
  journal::SendOutcome& outcome = *record.mutable_send_outcome();
  outcome.set_message_id(Bytes(kIdSize));
  outcome.mutable_event()->set_id(Bytes(kIdSize));
  group.push_back(std::move(record));
}

// ---- The rest ---------------------------------------------------------------

void RecordStream::AddChannelChange(std::vector<journal::Record>& group) {
  const state::TestChannel& channel = PickChannel();
  const auto known = channels_.find(channel.id);
  if (known == channels_.end()) {
    group.push_back(state::MakeChannel(channel, Begin().time_ms()));
    return;
  }
  state::ChannelRow row = known->second;
  row.sealed_channel = Seal({.channel_no = row.no, .user_id = {}}, group);
  group.push_back(state::MakeUpdate(row, Begin().time_ms()));
}

void RecordStream::AddApiKeyChange(std::vector<journal::Record>& group) {
  const std::string sealed = Seal({}, group);
  journal::Record record = Begin();
  if (api_keys_.empty() || dice_.OneIn(3)) {
    journal::CreateApiKey& create = *record.mutable_create_api_key();
    create.set_id(absl::StrCat("key", next_key_++));
    create.set_sealed_key(sealed);
    create.set_hash(Bytes(32));
    group.push_back(std::move(record));
    return;
  }
  auto picked = api_keys_.begin();
  std::advance(picked, dice_.Below(api_keys_.size()));
  const state::ApiKeyRow& row = picked->second;
  switch (dice_.Below(4)) {
    case 0: {
      record.mutable_delete_api_key()->set_id(row.id);
      record.mutable_delete_api_key()->set_expected_revision(row.revision);
      break;
    }
    case 1: {
      auto& use = *record.mutable_use_api_keys()->add_uses();
      use.set_id(row.id);
      use.set_time_ms(record.time_ms());
      break;
    }
    default: {
      journal::UpdateApiKey& update = *record.mutable_update_api_key();
      update.set_id(row.id);
      update.set_expected_revision(row.revision);
      update.set_sealed_key(sealed);
    }
  }
  group.push_back(std::move(record));
}

void RecordStream::AddConversationChange(std::vector<journal::Record>& group) {
  const state::TestChannel& channel = PickChannel();
  const std::string user = PickUser();
  if (dice_.OneIn(2)) {
    group.push_back(state::MakeOptOut({.channel = channel,
                                       .user = user,
                                       .opted_out = dice_.OneIn(3),
                                       .now_ms = Begin().time_ms()}));
    return;
  }
  const std::string sealed =
      Seal({.channel_no = channel.no, .user_id = user}, group);
  journal::Record record = Begin();
  record.mutable_set_username()->set_channel_no(channel.no);
  record.mutable_set_username()->set_user_id(user);
  record.mutable_set_username()->set_sealed_username(sealed);
  group.push_back(std::move(record));
}

void RecordStream::AddTrim(std::vector<journal::Record>& group) {
  journal::Record record = Begin();
  journal::Trim& trim = *record.mutable_trim();
  trim.set_elapsed_ms(now_ms_ - std::exchange(last_trim_ms_, now_ms_));
  trim.set_measured_from_ms(expiry_ms_);
  trim.set_event_age_ms(static_cast<std::int64_t>(40 + dice_.Below(60)) *
                        state::kSecondMs);
  trim.set_raw_age_ms(static_cast<std::int64_t>(20 + dice_.Below(100)) *
                      state::kSecondMs);
  trim.set_raw_max_bytes(static_cast<std::int64_t>(dice_.Below(100'000)));
  group.push_back(std::move(record));
}

void RecordStream::AddErase(std::vector<journal::Record>& group) {
  if (copies_.empty()) return AddWebhook(group);
  journal::Record record = Begin();
  journal::Erase& erase = *record.mutable_erase();
  if (dice_.OneIn(4) && !keys_.empty()) {
    const auto key = keys_.begin() + dice_.Below(keys_.size());
    erase.add_key_ids(key->id);
    keys_.erase(key);
  } else {
    auto picked = copies_.begin();
    std::advance(picked, dice_.Below(copies_.size()));
    erase.set_mid_key(picked->first);
    std::vector<std::string>& erasing = erasing_[picked->first];
    std::move(picked->second.begin(), picked->second.end(),
              std::back_inserter(erasing));
    copies_.erase(picked);
  }
  group.push_back(std::move(record));
}

// ---- What came of them ------------------------------------------------------

void RecordStream::Learn(const ToldRecord& told) {
  const journal::Record& record = told.record;
  for (const auto& [seq, id] : told.events) sequences_[id] = seq;
  if (record.has_webhook()) Remember(record, webhooks_);
  if (const auto* claim = std::get_if<state::ClaimAnswer>(&told.answer);
      claim != nullptr && claim->kind == state::ClaimAnswer::Kind::kClaimed) {
    open_.push_back(claim->message);
    claimed_ids_[record.claim().request_id()] = claim->message.id;
    Remember(record, claims_);
  }
  if (const auto* trim = std::get_if<state::TrimAnswer>(&told.answer)) {
    expiry_ms_ = trim->expiry_ms;
  }
  if (const auto* send = std::get_if<state::SendAnswer>(&told.answer)) {
    std::erase_if(open_, [&](const state::MessageRow& row) {
      return row.id == send->message.id;
    });
    if (send->message.state == v1::MESSAGE_STATE_UNCONFIRMED) {
      open_.push_back(send->message);
    }
  }
  if (const auto* channel = std::get_if<state::ChannelAnswer>(&told.answer);
      channel != nullptr &&
      channel->kind == state::ChannelAnswer::Kind::kApplied) {
    channels_[channel->row.id] = channel->row;
  }
  if (const auto* key = std::get_if<state::ApiKeyAnswer>(&told.answer)) {
    if (key->row.deleted) {
      api_keys_.erase(key->row.id);
    } else if (key->kind == state::ApiKeyAnswer::Kind::kApplied) {
      api_keys_[key->row.id] = key->row;
    }
  }
  if (record.has_erase() && !record.erase().mid_key().empty()) {
    due_[told.due_erasure] = erasing_[record.erase().mid_key()];
    erasing_.erase(record.erase().mid_key());
  }
  if (record.has_erased()) {
    while (!due_.empty() &&
           due_.begin()->first <= record.erased().through_no()) {
      for (const std::string& copy : due_.begin()->second) {
        for (std::size_t at = kSealedHead; at + 8 <= copy.size(); ++at) {
          erased_.insert(EightBytes(copy.data() + at));
        }
      }
      due_.erase(due_.begin());
    }
  }
}

void RecordStream::Reload(state::StateReader& state) {
  open_ = state.PendingMessages().value_or(std::vector<state::MessageRow>());
  channels_.clear();
  for (state::ChannelRow& row :
       state.LiveChannels().value_or(std::vector<state::ChannelRow>())) {
    channels_[row.id] = std::move(row);
  }
  api_keys_.clear();
  for (state::ApiKeyRow& row :
       state.ApiKeys().value_or(std::vector<state::ApiKeyRow>())) {
    api_keys_[row.id] = std::move(row);
  }
}

std::pair<journal::Record, std::int64_t> RecordStream::Redelivery(
    std::int64_t oldest_seq) {
  journal::Record record = Begin();
  journal::Webhook& webhook = *record.mutable_webhook();
  webhook.set_delivery_id(Bytes(kIdSize));
  for (const journal::Record& one : webhooks_) {
    for (const journal::WebhookItem& item : one.webhook().items()) {
      const auto seq = sequences_.find(item.event().id());
      if (seq == sequences_.end()) continue;
      // A mid is known by its event, and forgotten with it; another key stays.
      if (!item.mid_key().empty() && seq->second < oldest_seq) continue;
      *webhook.add_items() = item;
    }
  }
  return {record, webhook.items_size()};
}

std::pair<journal::Record, RawId> RecordStream::ClaimAgain() {
  if (claims_.empty()) return {};
  journal::Record record = Begin();
  *record.mutable_claim() = claims_[dice_.Below(claims_.size())].claim();
  record.mutable_claim()->set_message_id(Bytes(kIdSize));
  record.mutable_claim()->set_quota(0);
  return {record, claimed_ids_[record.claim().request_id()]};
}

bool RecordStream::HoldsErased(std::string_view file) const {
  for (std::size_t at = 0; at + 8 <= file.size(); at += 8) {
    if (erased_.contains(EightBytes(file.data() + at))) return true;
  }
  return false;
}

}  // namespace linktor
