#include "server/webhook/ingest.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/base/cause_log.h"
#include "server/base/ids.h"
#include "server/base/log.h"
#include "server/base/try.h"
#include "server/state/event_encoding.h"

namespace linktor::webhook {

struct Ingest::Context {
  const channels::ChannelRegistry::EntryPtr& path;
  std::string_view secret;
  Delivery delivery;

  journal::Webhook& webhook() {
    return *delivery.appended.record.mutable_webhook();
  }
  const journal::Record& record() const { return delivery.appended.record; }
  std::string DeliveryId() const {
    return FormatId(kDeliveryPrefix, record().webhook().delivery_id());
  }
};

absl::StatusOr<Delivery> Ingest::MakeRecord(
    const channels::ChannelRegistry::EntryPtr& path, std::string_view secret,
    std::string_view body) {
  Context context{.path = path, .secret = secret, .delivery = {}};
  context.delivery.appended.record =
      journal::NewRecord(absl::ToUnixMillis(clock_.Now()));
  journal::Webhook& webhook = context.webhook();
  webhook.set_delivery_id(NewRawId());
  webhook.set_channel_no(path->no);
  webhook.set_bytes(static_cast<std::int64_t>(body.size()));
  absl::Status status;
  ParseWebhook(
      body,
      [this](std::string_view entry_id) {
        const channels::ChannelRegistry::EntryPtr owner =
            registry_.FindOwner(entry_id);
        if (owner == nullptr) return std::string();
        return OtherIdOf(*owner, entry_id);
      },
      [&](ParsedItem& item) {
        if (status.ok()) status = AddItem(item, context);
      });
  LINKTOR_TRY(status);
  return std::move(context.delivery);
}

absl::Status Ingest::AddItem(ParsedItem& parsed, Context& context) {
  const std::int64_t time_ms = context.record().time_ms();
  const int position = context.webhook().items_size();
  journal::WebhookItem& item = *context.webhook().add_items();
  context.delivery.appended.clear.emplace_back();
  item.set_entry_id(parsed.entry_id);
  item.set_form(static_cast<int>(parsed.form));
  item.set_field(parsed.field);
  item.set_count(parsed.count);
  const bool test = parsed.entry_id == kTestEntryId;
  channels::ChannelRegistry::EntryPtr owner;
  if (!test) owner = registry_.FindOwner(parsed.entry_id);
  if (owner != nullptr && !owner->HasSecret(context.secret)) owner = nullptr;
  if (test) owner = context.path;
  const bool waits = parsed.fate == Fate::kWaits;
  // No message follows an item of the Test button, and an item without a
  // channel makes no event. So neither needs to wait.
  if (waits && (test || owner == nullptr)) {
    item.set_fate(journal::ITEM_FATE_IGNORED);
    return absl::OkStatus();
  }
  seal::KeyScope scope{.channel_no = context.path->no, .user_id = ""};
  const std::string_view raw = parsed.raw;
  if (parsed.fate == Fate::kIssue) {
    ReportIssue(parsed, context);
    item.set_fate(journal::ITEM_FATE_ISSUE);
    item.set_issue(std::move(parsed.problem));
  } else if (owner == nullptr) {
    ReportForeign(parsed, context);
    item.set_fate(journal::ITEM_FATE_ISSUE);
    item.set_secret(std::string(context.secret));
    item.set_issue(absl::StrCat(
        "no channel with this app secret has the account or page '",
        parsed.entry_id, "'"));
  } else {
    if (parsed.row->payload == kinds::kUnknown.payload) {
      ReportUnknown(parsed, *owner);
    }
    owner->notes->last_webhook_ms.store(time_ms, std::memory_order_relaxed);
    owner->NoteSecret(context.secret);
    scope = {.channel_no = owner->no, .user_id = parsed.user_id};
    LINKTOR_ASSIGN(
        MadeEvent made,
        events_.Make(parsed, owner,
                     {.delivery_id = context.record().webhook().delivery_id(),
                      .position = position,
                      .receive_ms = time_ms},
                     /*taken=*/"", context.delivery.new_keys, item));
    if (waits) {
      item.set_fate(journal::ITEM_FATE_WAITS);
    } else {
      context.delivery.appended.clear.back() = std::move(made.clear);
    }
  }
  item.set_raw_channel_no(scope.channel_no);
  LINKTOR_ASSIGN(
      *item.mutable_sealed_raw(),
      sealer_.Seal(
          scope, seal::SealedPlace::kRawItem,
          state::RawItemId(context.record().webhook().delivery_id(), position),
          raw, context.delivery.new_keys));
  return absl::OkStatus();
}

void Ingest::ReportIssue(const ParsedItem& parsed, const Context& context) {
  const std::string& channel = context.path->channel.id();
  LogCause(LogLevel::kWarning, "webhook body not understood", channel,
           {{"channel", channel},
            {"problem", parsed.problem},
            {"delivery_id", context.DeliveryId()}});
}

void Ingest::ReportForeign(const ParsedItem& parsed, const Context& context) {
  observer_.OnForeignItem();
  LogCause(LogLevel::kWarning, "webhook item of an account without a channel",
           parsed.entry_id,
           {{"entry_id", parsed.entry_id},
            {"url_channel", context.path->channel.id()},
            {"delivery_id", context.DeliveryId()}});
}

void Ingest::ReportUnknown(const ParsedItem& parsed,
                           const channels::ChannelEntry& channel) {
  observer_.OnUnknownItem(parsed.kind);
  LogCause(LogLevel::kInfo, "webhook item delivered as instagram.unknown",
           absl::StrCat(channel.channel.id(), " ", parsed.kind),
           {{"channel", channel.channel.id()},
            {"entry_id", parsed.entry_id},
            {"kind", parsed.kind},
            {"json_path", parsed.json_path},
            {"problem", parsed.problem}});
}

}  // namespace linktor::webhook
