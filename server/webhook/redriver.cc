#include "server/webhook/redriver.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "server/base/cause_log.h"
#include "server/base/ids.h"
#include "server/base/log.h"
#include "server/base/try.h"
#include "server/http/message.h"
#include "server/state/event_encoding.h"
#include "server/webhook/parser.h"

namespace linktor::webhook {
namespace {

using channels::ChannelEntry;
using channels::SigningSecret;
using state::RedriveEnd;

bool ShareSecret(const ChannelEntry& one, const ChannelEntry& other) {
  return std::any_of(one.secrets.begin(), one.secrets.end(),
                     [&other](const SigningSecret& secret) {
                       return other.HasSecret(secret.fingerprint);
                     });
}

// Counts in `told` how Apply has ended one item.
void Count(RedriveEnd end, v1::RedrivenDelivery& told) {
  switch (end) {
    case RedriveEnd::kEvent:
      return told.set_event_count(told.event_count() + 1);
    case RedriveEnd::kTyped:
      return told.set_typed_count(told.typed_count() + 1);
    case RedriveEnd::kDuplicate:
      return told.set_duplicate_count(told.duplicate_count() + 1);
    case RedriveEnd::kErased:
      return told.set_erased_count(told.erased_count() + 1);
    case RedriveEnd::kNotKept:
      return told.set_not_kept_count(told.not_kept_count() + 1);
    case RedriveEnd::kNoChannel:
      return told.set_unknown_count(told.unknown_count() + 1);
    case RedriveEnd::kWaits:
      return told.set_waiting_count(told.waiting_count() + 1);
  }
}

}  // namespace

struct Redriver::Context {
  const state::DeliveryRow& row;
  const StringSet& covered;
  // This is the channel to whose URL the delivery came. It is null when that
  // channel was deleted.
  channels::ChannelRegistry::EntryPtr path;
  v1::RedrivenDelivery& told;
  journal::Redrive redrive;
  // Parts of the record are sealed with these keys, which are not durable yet.
  seal::NewKeys new_keys;
};

absl::StatusOr<v1::RedriveDeliveriesResponse> Redriver::Redrive(
    const v1::RedriveDeliveriesRequest& request, const StringSet& covered) {
  std::vector<RawId> ids;
  for (const std::string& id : request.delivery_ids()) {
    ids.push_back(ParseId(kDeliveryPrefix, id));
  }
  LINKTOR_ASSIGN(const std::vector<state::DeliveryRow> rows,
                 deps_.state.FindDeliveries(ids));
  v1::RedriveDeliveriesResponse response;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    v1::RedrivenDelivery& told = *response.add_deliveries();
    told.set_id(request.delivery_ids(static_cast<int>(i)));
    const auto row = std::find_if(
        rows.begin(), rows.end(),
        [&](const state::DeliveryRow& one) { return one.id == ids[i]; });
    if (row == rows.end() ||
        (!covered.empty() && !covered.contains(row->channel_id))) {
      told.set_not_found(true);
      continue;
    }
    Context context{.row = *row,
                    .covered = covered,
                    .path = deps_.registry.Find(row->channel_id),
                    .told = told,
                    .redrive = {},
                    .new_keys = {}};
    // A new channel may have the id of the deleted channel, but it is another
    // channel.
    if (context.path != nullptr && context.path->no != row->channel_no) {
      context.path = nullptr;
    }
    LINKTOR_TRY(RedriveOne(context));
  }
  return response;
}

absl::Status Redriver::RedriveOne(Context& context) {
  const state::DeliveryRow& row = context.row;
  v1::RedrivenDelivery& told = context.told;
  told.set_duplicate_count(row.duplicates);
  told.set_ignored_count(row.ignored);
  context.redrive.set_delivery_id(row.id);
  context.redrive.set_delivery_no(row.no);
  LINKTOR_ASSIGN(const std::vector<state::ReceivedItem> items,
                 deps_.state.ItemsOf(row.no));
  std::int64_t kept = 0;
  for (const state::ReceivedItem& item : items) {
    kept += item.count;
    LINKTOR_TRY(Look(item, context));
  }
  told.set_not_kept_count(
      std::max<std::int64_t>(row.events + row.issues - kept, 0));
  if (context.redrive.items().empty()) return absl::OkStatus();
  LINKTOR_TRY(Append(context));
  if (told.event_count() > 0) {
    Log(LogLevel::kInfo, "delivery redriven",
        {{"delivery_id", told.id()},
         {"events", std::to_string(told.event_count())}});
  }
  return absl::OkStatus();
}

absl::Status Redriver::Look(const state::ReceivedItem& item, Context& context) {
  v1::RedrivenDelivery& told = context.told;
  if (item.typed) {
    told.set_typed_count(told.typed_count() + item.count);
    return absl::OkStatus();
  }
  if (seal::IsErased(item.sealed_raw)) {
    told.set_erased_count(told.erased_count() + item.count);
    return absl::OkStatus();
  }
  const auto form = static_cast<EnvelopeForm>(item.form);
  const channels::ChannelRegistry::EntryPtr owner = OwnerOf(item, context);
  if (owner == nullptr || form == EnvelopeForm::kBody) {
    told.set_unknown_count(told.unknown_count() + item.count);
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> raw = deps_.sealer.Open(
      seal::SealedPlace::kRawItem,
      state::RawItemId(context.row.id, item.position), item.sealed_raw);
  if (absl::IsDataLoss(raw.status())) {
    LogCause(LogLevel::kError, "item as received cannot be opened", "",
             {{"delivery_id", told.id()},
              {"error", std::string(raw.status().message())}});
    told.set_erased_count(told.erased_count() + item.count);
    return absl::OkStatus();
  }
  LINKTOR_TRY(raw.status());
  const std::size_t size = raw->size();
  raw->resize(size + http::kBodySlack);
  const ItemText text{.form = form,
                      .field = item.field,
                      .entry_id = item.entry_id,
                      .text = std::string_view(raw->data(), size)};
  const std::string other_id = item.entry_id == kTestEntryId
                                   ? std::string()
                                   : OtherIdOf(*owner, item.entry_id);
  absl::Status status;
  ParseItem(text, other_id, [&](ParsedItem& parsed) {
    status = Add(parsed, item, owner, context);
  });
  return status;
}

absl::Status Redriver::Add(ParsedItem& parsed, const state::ReceivedItem& item,
                           const channels::ChannelRegistry::EntryPtr& owner,
                           Context& context) {
  if (parsed.fate != Fate::kEvent ||
      parsed.row->payload == kinds::kUnknown.payload) {
    context.told.set_unknown_count(context.told.unknown_count() + item.count);
    return absl::OkStatus();
  }
  journal::RedriveItem& again = *context.redrive.add_items();
  again.set_raw_no(item.raw_no);
  again.set_position(item.position);
  again.mutable_item()->set_count(1);
  LINKTOR_ASSIGN(
      const MadeEvent made,
      events_.Make(parsed, owner,
                   {.delivery_id = context.row.id,
                    .position = item.position,
                    .receive_ms = context.row.receive_ms},
                   item.unknown_id, context.new_keys, *again.mutable_item()));
  again.set_has_own_key(made.renamed);
  return absl::OkStatus();
}

channels::ChannelRegistry::EntryPtr Redriver::OwnerOf(
    const state::ReceivedItem& item, const Context& context) const {
  channels::ChannelRegistry::EntryPtr owner =
      item.entry_id == kTestEntryId ? context.path
                                    : deps_.registry.FindOwner(item.entry_id);
  if (owner == nullptr) return nullptr;
  if (!context.covered.empty() &&
      !context.covered.contains(owner->channel.id())) {
    return nullptr;
  }
  bool fits = false;
  if (item.unknown_seq != 0) {
    fits = owner->no == item.unknown_channel_no;
  } else {
    fits = owner->no == item.channel_no || owner->HasSecret(item.secret) ||
           (context.path != nullptr && ShareSecret(*context.path, *owner));
  }
  return fits ? owner : nullptr;
}

absl::Status Redriver::Append(Context& context) {
  LINKTOR_ASSIGN(const bool applied, AppendOnce(context.redrive, context));
  if (applied) return absl::OkStatus();
  // One item that cannot be applied must not keep the other items from being
  // applied.
  for (const journal::RedriveItem& item : context.redrive.items()) {
    bool applied_alone = false;
    if (context.redrive.items_size() > 1) {
      journal::Redrive alone;
      alone.set_delivery_id(context.redrive.delivery_id());
      alone.set_delivery_no(context.redrive.delivery_no());
      *alone.add_items() = item;
      LINKTOR_ASSIGN(applied_alone, AppendOnce(alone, context));
    }
    if (!applied_alone) {
      context.told.set_failed_count(context.told.failed_count() + 1);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Redriver::AppendOnce(const journal::Redrive& redrive,
                                          Context& context) {
  journal::Record record =
      journal::NewRecord(absl::ToUnixMillis(deps_.clock.Now()));
  *record.mutable_redrive() = redrive;
  // The keys may be stored already, by an earlier record. They are not stored
  // again.
  journal::Ending ending = journal::AppendSealedAndWait(
      deps_.journal, context.new_keys, std::move(record));
  if (!ending.applied()) {
    if (ending.kind == journal::Ending::Kind::kRefused &&
        absl::IsInternal(ending.status)) {
      return false;
    }
    return std::move(ending.status);
  }
  LINKTOR_ASSIGN(const auto answer,
                 journal::AnswerAs<state::RedriveAnswer>(std::move(ending)));
  for (const RedriveEnd end : answer.ends) Count(end, context.told);
  return true;
}

}  // namespace linktor::webhook
