#include "tests/unit/journal/random_records.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "server/journal/journal.h"

namespace linktor::journal {
namespace {

// So many of the latest sends and keys are remembered.
constexpr std::size_t kRemembered = 64;

// Replaces the row of the same identity, or adds it.
template <typename Row, typename Identity>
void Remember(std::vector<Row>& rows, const Row& row, Identity identity) {
  for (Row& known : rows) {
    if (identity(known) == identity(row)) {
      known = row;
      return;
    }
  }
  if (rows.size() >= kRemembered) rows.erase(rows.begin());
  rows.push_back(row);
}

}  // namespace

void RandomRecords::Learn(std::span<const AppliedRecord> records) {
  for (const AppliedRecord& one : records) {
    const state::Effects& effects = one.effects;
    if (!effects.events.empty()) last_seq_ = effects.events.back().seq;
    for (const state::MessageRow& row : effects.messages) {
      Remember(messages_, row, [](const state::MessageRow& r) { return r.id; });
    }
    for (const state::ChannelRow& row : effects.channels) {
      Remember(channels_, row, [](const state::ChannelRow& r) { return r.id; });
    }
    for (const state::ApiKeyRow& row : effects.api_keys) {
      Remember(api_keys_, row, [](const state::ApiKeyRow& r) { return r.id; });
    }
    for (const journal::DataKey& key : effects.data_keys) {
      Remember(data_keys_, std::int64_t{key.id()}, [](auto id) { return id; });
    }
    due_erasure_ = std::max(due_erasure_, effects.due_erasure);
    if (const auto* trim = std::get_if<state::TrimAnswer>(&effects.answer)) {
      expiry_ms_ = trim->expiry_ms;
    }
    if (const auto* delivery =
            std::get_if<state::DeliveryAnswer>(&effects.answer)) {
      LearnDelivery(one.record.webhook(), *delivery);
    }
  }
}

// Every event and every issue has an item as received. A duplicate has none,
// and nobody is told which items those are.
void RandomRecords::LearnDelivery(const journal::Webhook& webhook,
                                  const state::DeliveryAnswer& answer) {
  ++last_delivery_;
  std::int64_t raw_no = last_raw_;
  last_raw_ += answer.events + answer.issues;
  if (answer.duplicates > 0) return;
  for (int i = 0; i < webhook.items_size(); ++i) {
    const journal::ItemFate fate = webhook.items(i).fate();
    if (fate == journal::ITEM_FATE_IGNORED ||
        (fate == journal::ITEM_FATE_WAITS && !answer.quarantined)) {
      continue;
    }
    const Received received{.delivery_id = webhook.delivery_id(),
                            .delivery_no = last_delivery_,
                            .raw_no = ++raw_no,
                            .position = i};
    Remember(received_, received, [](const Received& r) { return r.raw_no; });
  }
}

state::SealedRecord RandomRecords::Next(seal::Sealer& sealer) {
  MoveClock();
  ++next_;
  const std::size_t kind = random_.Below(1000);
  if (channels_.empty() || kind < 30) return Channel();
  if (kind < 550) return Delivery(sealer);
  if (kind < 750) return Claim(sealer);
  if (kind < 930) return Outcome(sealer);
  if (kind < 950) return ApiKey();
  if (kind < 970) {
    seal::NewKeys keys;
    state::SealedRecord made(Customer(sealer, keys));
    made.keys = std::move(keys);
    return made;
  }
  if (kind < 980) return Redrive(sealer);
  if (kind < 985) return Release();
  if (kind < 987) {
    return state::MakeEraseUser(PickChannel(), PickUser(), now_ms_);
  }
  if (kind < 989) return state::MakeEraseOn(now_ms_);
  return kind < 992 ? Trim() : Erasure();
}

// It mostly creeps on, sometimes jumps, and seldom is in another century.
void RandomRecords::MoveClock() {
  now_ms_ += static_cast<std::int64_t>(random_.Below(2000));
  if (random_.OneIn(50)) {
    now_ms_ += static_cast<std::int64_t>(random_.Below(12)) * state::kMinuteMs;
  }
  if (random_.OneIn(200)) {
    now_ms_ -= static_cast<std::int64_t>(random_.Below(60)) * state::kMinuteMs;
  }
  if (random_.OneIn(1000)) {
    now_ms_ += static_cast<std::int64_t>(random_.Below(10)) * state::kHourMs;
  }
}

// Mostly one that lives.
state::TestChannel RandomRecords::PickChannel() {
  state::ChannelRow row = Pick(channels_);
  for (int i = 0; i < 6 && row.deleted; ++i) row = Pick(channels_);
  return {.no = row.no,
          .id = row.id,
          .account = row.account_id,
          .page = row.page_id};
}

// A window of people that moves on, so that nobody has ever more open sends.
std::string RandomRecords::PickUser() {
  if (random_.OneIn(100)) return kPoisonUser;
  return absl::StrCat(1000 + next_ / 1000 +
                      static_cast<std::int64_t>(random_.Below(6)));
}

// A window of mids that moves on, so that there are new and old ones; now and
// then one that is very old.
std::string RandomRecords::PickMid() {
  const auto front = static_cast<std::size_t>(last_seq_) / 4;
  return absl::StrCat("m", random_.OneIn(30) ? random_.Below(front + 1)
                                             : front + random_.Below(12));
}

state::ItemSpec RandomRecords::Item() {
  static constexpr state::TestItem kKinds[] = {
      state::TestItem::kMessage,  state::TestItem::kMessage,
      state::TestItem::kMessage,  state::TestItem::kEcho,
      state::TestItem::kEcho,     state::TestItem::kEcho,
      state::TestItem::kOther,    state::TestItem::kPostback,
      state::TestItem::kReaction, state::TestItem::kIgnored,
      state::TestItem::kIssue,    state::TestItem::kWaits};
  state::ItemSpec item{
      .kind = kKinds[random_.Below(std::size(kKinds))],
      .channel = PickChannel(),
      .user = PickUser(),
      .text = Pick<std::string>({"yes", "no", "hello", ""}),
      .event_ms = now_ms_ - static_cast<std::int64_t>(random_.Below(3000)),
      .attachment = Percent(10),
      .raw = absl::StrCat("{\"n\":", next_, "}")};
  if (item.kind == state::TestItem::kReaction) item.target = PickMid();
  item.names_owner = item.kind == state::TestItem::kOther && Percent(50);
  const bool has_mid = item.kind == state::TestItem::kMessage ||
                       item.kind == state::TestItem::kEcho ||
                       item.kind == state::TestItem::kPostback ||
                       item.kind == state::TestItem::kWaits;
  const bool needs_mid = item.kind == state::TestItem::kWaits;
  if (has_mid && (needs_mid || Percent(95))) item.mid = PickMid();
  if (!has_mid) item.event_ms = now_ms_ / 5000 * 5000;
  if (Percent(2)) item.event_ms = 0;
  return item;
}

state::SealedRecord RandomRecords::Delivery(seal::Sealer& sealer) {
  std::vector<state::ItemSpec> items;
  for (std::size_t i = 1 + random_.Below(3); i > 0; --i) {
    items.push_back(Item());
  }
  if (Percent(10)) items.push_back(items.front());
  // A clock that is a century ahead holds up all trimming behind its events, so
  // it must be seldom.
  const bool wrong = random_.OneIn(15'000);
  state::SealedRecord made = state::MakeDelivery(
      sealer, now_ms_ + (wrong ? 36'500 * state::kDayMs : 0), items);
  if (Percent(50)) made.clear.clear();
  return made;
}

state::SealedRecord RandomRecords::Claim(seal::Sealer& sealer) {
  state::ClaimSpec spec{
      .channel = PickChannel(),
      .user = PickUser(),
      .text = Pick<std::string>({"yes", "no", "hello"}),
      .request_id = absl::StrCat(
          "r", Percent(50) ? random_.Below(40)
                           : 1000 + static_cast<std::size_t>(next_)),
      .now_ms = now_ms_,
      .attachment = Percent(10),
      .human_agent = Percent(30),
      .refuse_without_history = Percent(30),
      .quota = Percent(50) ? static_cast<int>(random_.Below(60)) : 0};
  return state::MakeClaim(sealer, spec);
}

// Mostly of a send that is open.
state::SealedRecord RandomRecords::Outcome(seal::Sealer& sealer) {
  if (messages_.empty()) return Claim(sealer);
  state::MessageRow row = Pick(messages_);
  for (int i = 0; i < 8 && row.state != v1::MESSAGE_STATE_PENDING; ++i) {
    row = Pick(messages_);
  }
  state::OutcomeSpec spec{
      .state = Pick<v1::MessageState>(
          {v1::MESSAGE_STATE_SENT, v1::MESSAGE_STATE_SENT,
           v1::MESSAGE_STATE_FAILED, v1::MESSAGE_STATE_UNCONFIRMED,
           v1::MESSAGE_STATE_UNCONFIRMED}),
      .now_ms = now_ms_};
  if (row.state == v1::MESSAGE_STATE_UNCONFIRMED && Percent(50)) {
    spec.expected_state = row.state;
    spec.settled_by = v1::SETTLED_BY_CALLER;
  }
  if (Percent(3)) spec.expected_attempt = row.attempt + 1;
  if (Percent(1)) row.id = NewRawId();
  if (spec.state == v1::MESSAGE_STATE_SENT && Percent(90)) {
    spec.mid = Percent(80) ? PickMid() : absl::StrCat("own", next_);
  }
  return state::MakeOutcome(sealer, row, spec);
}

// The item may be one that needs no event.
state::SealedRecord RandomRecords::Redrive(seal::Sealer& sealer) {
  if (received_.empty()) return Release();
  const Received& row = Pick(received_);
  state::ItemSpec item = Item();
  while (item.kind == state::TestItem::kIgnored ||
         item.kind == state::TestItem::kIssue ||
         item.kind == state::TestItem::kWaits) {
    item = Item();
  }
  return state::MakeRedrive(sealer, {.delivery_id = row.delivery_id,
                                     .delivery_no = row.delivery_no,
                                     .raw_no = row.raw_no,
                                     .position = row.position,
                                     .item = std::move(item),
                                     .now_ms = now_ms_,
                                     .has_own_key = Percent(20)});
}

journal::Record RandomRecords::Channel() {
  // An id rests when its channel was deleted: there must be new ones.
  const std::string id = absl::StrCat(
      "c", next_ / 4000 + static_cast<std::int64_t>(random_.Below(4)));
  const auto known =
      std::find_if(channels_.begin(), channels_.end(),
                   [&](const state::ChannelRow& row) { return row.id == id; });
  if (known != channels_.end() && Percent(4))
    return state::MakeDeletion(id, now_ms_, /*erase=*/Percent(50));
  if (known != channels_.end() && Percent(50)) {
    journal::Record update = state::MakeUpdate(*known, now_ms_);
    auto& body = *update.mutable_update_channel()->mutable_body();
    body.set_account_id(absl::StrCat(1 + random_.Below(30)));
    body.set_sealed_credentials(absl::StrCat("sealed", next_));
    if (Percent(10)) update.mutable_update_channel()->set_expected_revision(1);
    return update;
  }
  return state::MakeChannel(
      {.no = 100 + next_,
       .id = id,
       .account = absl::StrCat(1 + random_.Below(30)),
       .page = Percent(50) ? absl::StrCat(random_.Below(40)) : ""},
      now_ms_, Percent(50) ? absl::StrCat("q", next_ / 100) : "", id);
}

journal::Record RandomRecords::ApiKey() {
  journal::Record record = NewRecord(now_ms_);
  const std::size_t kind = random_.Below(4);
  if (api_keys_.empty() || kind == 0) {
    auto& body = *record.mutable_create_api_key();
    body.set_id(absl::StrCat("k", next_));
    body.set_sealed_key("sealed");
    body.set_hash(absl::StrCat("hash", next_));
    body.set_creator(Percent(50) ? "" : "k");
    if (Percent(50)) body.set_request_id(absl::StrCat("q", next_ / 100));
    body.set_request_fingerprint(absl::StrCat(random_.Below(2)));
    return record;
  }
  const state::ApiKeyRow& row = Pick(api_keys_);
  if (kind == 1) {
    record.mutable_update_api_key()->set_id(row.id);
    record.mutable_update_api_key()->set_expected_revision(row.revision);
    record.mutable_update_api_key()->set_sealed_key(absl::StrCat(next_));
  } else if (kind == 2) {
    record.mutable_delete_api_key()->set_id(row.id);
    record.mutable_delete_api_key()->set_expected_revision(row.revision);
  } else {
    for (int i = 0; i < 3; ++i) {
      auto& use = *record.mutable_use_api_keys()->add_uses();
      use.set_id(Pick(api_keys_).id);
      use.set_time_ms(now_ms_ - static_cast<std::int64_t>(random_.Below(5000)));
    }
  }
  return record;
}

journal::Record RandomRecords::Customer(seal::Sealer& sealer,
                                        seal::NewKeys& keys) {
  const state::TestChannel channel = PickChannel();
  const std::string user = PickUser();
  if (Percent(50)) {
    state::SealedRecord made =
        state::MakeUsername(sealer, channel, user, "name", now_ms_);
    keys = std::move(made.keys);
    return std::move(made.record);
  }
  return state::MakeOptOut({.channel = channel,
                            .user = user,
                            .opted_out = Percent(30),
                            .now_ms = now_ms_});
}

journal::Record RandomRecords::Trim() {
  state::TrimSpec spec{.now_ms = now_ms_,
                       .elapsed_ms = static_cast<std::int64_t>(
                           random_.Below(3 * state::kHourMs)),
                       .measured_from_ms = expiry_ms_};
  if (Percent(5))
    spec.now_ms = Percent(50) ? 0 : now_ms_ + 36'500 * state::kDayMs;
  if (Percent(70)) spec.event_age_ms = 4 * state::kDayMs;
  // So that even what was stored just now goes.
  if (Percent(3)) spec.event_age_ms = 0;
  if (Percent(70)) spec.raw_age_ms = 2 * state::kDayMs;
  if (Percent(20)) spec.raw_max_bytes = 200'000;
  if (Percent(50)) spec.message_age_ms = 5 * state::kDayMs;
  return state::MakeTrim(spec);
}

journal::Record RandomRecords::Release() {
  journal::Record record = NewRecord(now_ms_);
  record.mutable_release_waiting()->set_grace_ms(
      static_cast<std::int64_t>(random_.Below(5 * state::kMinuteMs)));
  return record;
}

journal::Record RandomRecords::Erasure() {
  journal::Record record = NewRecord(now_ms_);
  if (Percent(30)) {
    record.mutable_erased()->set_through_no(due_erasure_);
    return record;
  }
  journal::Erase& erase = *record.mutable_erase();
  if (Percent(80)) erase.set_mid_key(state::MidKeyOf(PickChannel(), PickMid()));
  if (!data_keys_.empty() && Percent(10)) erase.add_key_ids(Pick(data_keys_));
  return record;
}

}  // namespace linktor::journal
