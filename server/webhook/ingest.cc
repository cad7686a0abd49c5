#include "server/webhook/ingest.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/base/cause_log.h"
#include "server/base/ids.h"
#include "server/base/log.h"
#include "server/base/strings.h"
#include "server/base/try.h"
#include "server/policy/content_match.h"
#include "server/state/event_encoding.h"
#include "server/state/identity.h"
#include "server/webhook/new_event.h"

namespace linktor::webhook {
namespace {

// The journal keeps the table's MidSet as the numbers of its own ItemKind.
static_assert(static_cast<int>(kinds::MidSet::kNone) ==
              journal::ITEM_KIND_OTHER);
static_assert(static_cast<int>(kinds::MidSet::kMessages) ==
              journal::ITEM_KIND_MESSAGE);
static_assert(static_cast<int>(kinds::MidSet::kEchoes) ==
              journal::ITEM_KIND_ECHO);
static_assert(static_cast<int>(kinds::MidSet::kPostbacks) ==
              journal::ITEM_KIND_POSTBACK);
static_assert(static_cast<int>(kinds::MidSet::kUnsends) ==
              journal::ITEM_KIND_UNSEND);
static_assert(static_cast<int>(kinds::MidSet::kEdits) ==
              journal::ITEM_KIND_EDIT);

// The Test button of Meta's dashboard sends this entry.id.
constexpr std::string_view kTestEntryId = "0";

// Returns the identity of an item without a mid: eight bytes of its time, and
// then a hash of its kind and content. It is persisted, so it must not change.
// The tests of the dashboard are all alike, but a person who presses the button
// again wants to see an event again. So a test is identified by its delivery,
// which `test_delivery` names; it is empty for all other items.
std::string DedupeKey(std::int64_t channel_no, const ParsedItem& item,
                      std::string_view test_delivery) {
  std::string key;
  for (int shift = 56; shift >= 0; shift -= 8) {
    key.push_back(static_cast<char>(item.event_ms >> shift));
  }
  key.append(
      HashedRawId({"item", std::to_string(channel_no), item.kind,
                   test_delivery.empty() ? item.content_hash : test_delivery}));
  return key;
}

// Makes the item the unknown one that it is when its message does not come.
void BecomeUnknown(ParsedItem& item) {
  std::string mid = MidOf(item);
  item.kind = std::string(item.row->name);
  kinds::ClearRead(item);
  item.problem = "the message that it belongs to has not come";
  item.payload.mutable_unknown()->set_mid(std::move(mid));
}

}  // namespace

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
        const v1::Channel& channel = owner->channel;
        return entry_id == channel.page_id() ? channel.instagram_account_id()
                                             : channel.page_id();
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
  item.set_count(parsed.count);
  const bool test = parsed.entry_id == kTestEntryId;
  channels::ChannelRegistry::EntryPtr owner;
  if (!test) owner = registry_.FindOwner(parsed.entry_id);
  if (owner != nullptr && !owner->HasSecret(context.secret)) owner = nullptr;
  if (test) owner = context.path;
  const bool waits = parsed.fate == Fate::kWaits;
  // Nothing can follow a test, and nobody gets an item without a channel.
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
    LINKTOR_TRY(MakeEvent(parsed, owner, context, item));
    if (waits) {
      item.set_fate(journal::ITEM_FATE_WAITS);
      context.delivery.appended.clear.back() = nullptr;
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

absl::Status Ingest::MakeEvent(
    ParsedItem& parsed, const channels::ChannelRegistry::EntryPtr& channel,
    Context& context, journal::WebhookItem& item) {
  const kinds::Kind& kind = *parsed.row;
  const bool test = parsed.entry_id == kTestEntryId;
  const RawId& delivery_id = context.record().webhook().delivery_id();
  journal::NewEvent& event = *item.mutable_event();
  event.set_channel_no(channel->no);
  event.set_channel_id(channel->channel.id());
  const bool waits = parsed.fate == Fate::kWaits;
  event.set_type(std::string(waits ? kinds::kUnknownType : kind.type));
  event.set_user_id(parsed.user_id);
  event.set_event_ms(parsed.event_ms);
  item.set_kind(static_cast<journal::ItemKind>(kind.mids));
  item.set_mid(MidOf(parsed));
  item.set_opens_window(parsed.opens_window && !test);
  if (!item.mid().empty() && !test) {
    item.set_mid_key(state::MidKey(event.channel_no(), item.mid()));
  }
  if (!item.mid_key().empty() && !kind.repeats_mid) {
    event.set_id(HashedRawId({"event", item.mid_key(),
                              std::to_string(static_cast<int>(item.kind()))}));
  } else {
    const int position = context.record().webhook().items_size() - 1;
    item.set_dedupe_key(DedupeKey(
        event.channel_no(), parsed,
        test ? state::RawItemId(delivery_id, position) : std::string()));
    event.set_id(HashedRawId({"event", item.dedupe_key()}));
  }
  if (!parsed.named_mid.empty() && !test) {
    item.set_mid_key(state::MidKey(event.channel_no(), parsed.named_mid));
  }
  const seal::KeyScope scope{.channel_no = event.channel_no(),
                             .user_id = event.user_id()};
  if (kind.echo) {
    const std::string content = policy::MatchTextOf(parsed.message);
    if (!content.empty()) {
      item.set_content_match(sealer_.ContentMatch(scope, content));
    }
  }
  if (kind.target_mid != nullptr && !test) {
    item.set_target_mid_key(
        state::MidKey(event.channel_no(), kind.target_mid(parsed.payload)));
  }
  if (waits) BecomeUnknown(parsed);
  EventSetting setting{.channel = *channel,
                       .event = event,
                       .delivery_id = delivery_id,
                       .mid_key = item.mid_key(),
                       .username = test ? "" : UsernameFor(channel, item),
                       .receive_ms = context.record().time_ms(),
                       .test = test};
  state::EventEncoding encoded =
      state::EncodeNewEvent(MakeNewEvent(parsed, setting));
  LINKTOR_ASSIGN(*event.mutable_sealed(),
                 sealer_.Seal(scope, seal::SealedPlace::kEvent, event.id(),
                              encoded.stored, context.delivery.new_keys));
  context.delivery.appended.clear.back() =
      std::make_shared<const std::string>(std::move(encoded.whole));
  return absl::OkStatus();
}

std::string Ingest::UsernameFor(
    const channels::ChannelRegistry::EntryPtr& channel,
    const journal::WebhookItem& item) {
  const std::string& user_id = item.event().user_id();
  if (user_id.empty()) return "";
  std::string name = names_.Find(channel->no, user_id);
  // Only a number can be an id with a profile. Anything else must not get into
  // the URL of a request.
  if (item.opens_window() && IsNumericId(user_id)) {
    names_.OnActivity(channel, user_id);
  }
  return name;
}

}  // namespace linktor::webhook
