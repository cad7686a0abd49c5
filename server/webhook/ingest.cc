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
#include "server/store/event_form.h"
#include "server/store/event_reader.h"
#include "server/store/identity.h"
#include "server/webhook/event_draft.h"

namespace linktor {
namespace {

// entry.id of the dashboard's Test button.
constexpr std::string_view kTestEntryId = "0";

// Identities are hashes of what makes two deliveries the same thing.
// Persisted: do not change.
// The dashboard's tests are all alike, and whoever presses the button again
// wants to see something: what makes them different is their delivery.
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

}  // namespace

struct Ingest::Context {
  const ChannelRegistry::EntryPtr& path;
  std::string_view secret;
  WebhookRecord record;
};

absl::StatusOr<WebhookRecord> Ingest::MakeRecord(
    const ChannelRegistry::EntryPtr& path, std::string_view secret,
    std::string_view body) {
  Context context{.path = path, .secret = secret, .record = {}};
  context.record.delivery_id = NewRawId();
  context.record.channel_no = path->no;
  context.record.time_ms = absl::ToUnixMillis(clock_.Now());
  context.record.bytes = static_cast<std::int64_t>(body.size());
  absl::Status status;
  ParseWebhook(body, [&](ParsedItem& item) {
    if (status.ok()) status = AddItem(item, context);
  });
  LINKTOR_TRY(status);
  return std::move(context.record);
}

absl::Status Ingest::AddItem(ParsedItem& parsed, Context& context) {
  WebhookRecord& record = context.record;
  WebhookItem item;
  item.entry_id = parsed.entry_id;
  item.form = static_cast<std::int8_t>(parsed.form);
  item.count = parsed.count;
  if (parsed.type == ItemType::kIgnored) {
    item.fate = ItemFate::kIgnored;
    record.items.push_back(std::move(item));
    return absl::OkStatus();
  }
  const bool test = parsed.entry_id == kTestEntryId;
  ChannelRegistry::EntryPtr owner;
  if (!test) owner = registry_.FindOwner(parsed.entry_id);
  if (owner != nullptr && !owner->HasSecret(context.secret)) owner = nullptr;
  if (test) owner = context.path;
  KeyScope scope{.channel_no = context.path->no, .user_id = ""};
  const std::string_view raw = parsed.raw;
  if (parsed.type == ItemType::kIssue) {
    ReportIssue(parsed, context);
    item.fate = ItemFate::kIssue;
    item.issue = std::move(parsed.problem);
  } else if (owner == nullptr) {
    ReportForeign(parsed, context);
    item.fate = ItemFate::kIssue;
    item.issue = absl::StrCat(
        "no channel with this app secret has the account "
        "or page '",
        parsed.entry_id, "'");
  } else {
    if (parsed.type == ItemType::kUnknown) ReportUnknown(parsed, *owner);
    owner->notes->last_webhook_ms.store(record.time_ms,
                                        std::memory_order_relaxed);
    owner->NoteSecret(context.secret);
    scope = {.channel_no = owner->no, .user_id = parsed.user_id};
    LINKTOR_TRY(DraftEvent(parsed, owner, context, item));
  }
  item.raw_channel_no = scope.channel_no;
  LINKTOR_ASSIGN(item.sealed_raw,
                 sealer_.Seal(scope, SealedPlace::kRawItem,
                              RawItemId(record.delivery_id,
                                        static_cast<int>(record.items.size())),
                              raw, record.new_keys));
  record.items.push_back(std::move(item));
  return absl::OkStatus();
}

void Ingest::ReportIssue(const ParsedItem& parsed, const Context& context) {
  const std::string& channel = context.path->channel.id();
  LogCause(
      LogLevel::kWarning, "webhook body not understood", channel,
      {{"channel", channel},
       {"problem", parsed.problem},
       {"delivery_id", FormatId(kDeliveryPrefix, context.record.delivery_id)}});
}

void Ingest::ReportForeign(const ParsedItem& parsed, const Context& context) {
  observer_.OnForeignItem();
  LogCause(
      LogLevel::kWarning, "webhook item of an account without a channel",
      parsed.entry_id,
      {{"entry_id", parsed.entry_id},
       {"url_channel", context.path->channel.id()},
       {"delivery_id", FormatId(kDeliveryPrefix, context.record.delivery_id)}});
}

void Ingest::ReportUnknown(const ParsedItem& parsed,
                           const ChannelEntry& channel) {
  observer_.OnUnknownItem(parsed.kind);
  LogCause(LogLevel::kInfo, "webhook item delivered as instagram.unknown",
           absl::StrCat(channel.channel.id(), " ", parsed.kind),
           {{"channel", channel.channel.id()},
            {"entry_id", parsed.entry_id},
            {"kind", parsed.kind},
            {"json_path", parsed.json_path},
            {"problem", parsed.problem}});
}

absl::Status Ingest::DraftEvent(ParsedItem& parsed,
                                const ChannelRegistry::EntryPtr& channel,
                                Context& context, WebhookItem& item) {
  const bool test = parsed.entry_id == kTestEntryId;
  WebhookRecord& record = context.record;
  EventDraft& draft = item.event;
  draft.channel_no = channel->no;
  draft.channel_id = channel->channel.id();
  draft.type = EventTypeOf(parsed.type);
  draft.user_id = parsed.user_id;
  draft.event_ms = parsed.event_ms;
  item.kind = KindOf(parsed.type);
  item.mid = MidOf(parsed);
  item.opens_window = parsed.opens_window && !test;
  if (!item.mid.empty() && !test) {
    item.mid_key = MidKey(draft.channel_no, item.mid);
    draft.id = HashedRawId(
        {"event", item.mid_key, std::to_string(static_cast<int>(item.kind))});
  } else {
    const std::string test_delivery =
        test ? RawItemId(record.delivery_id,
                         static_cast<int>(record.items.size()))
             : "";
    item.dedupe_key = DedupeKey(draft.channel_no, parsed, test_delivery);
    draft.id = HashedRawId({"event", item.dedupe_key});
  }
  const KeyScope scope{.channel_no = draft.channel_no,
                       .user_id = draft.user_id};
  if (parsed.type == ItemType::kEcho && !parsed.message.text().empty() &&
      parsed.message.attachments().empty()) {
    item.content_match = sealer_.ContentMatch(scope, parsed.message.text());
  }
  if (parsed.type == ItemType::kReaction) {
    item.target_mid_key =
        MidKey(draft.channel_no, parsed.payload.reaction().mid());
  }
  EventFrame frame{.channel = *channel,
                   .draft = draft,
                   .delivery_id = record.delivery_id,
                   .mid_key = item.mid_key,
                   .username = {},
                   .receive_ms = record.time_ms,
                   .test = test};
  if (!test && !draft.user_id.empty()) {
    frame.username = names_.Find(channel->no, draft.user_id);
    // What is no id has no profile, and does not belong into a URL.
    if (item.opens_window && IsNumericId(draft.user_id)) {
      names_.OnActivity(channel, draft.user_id);
    }
  }
  EventForm form = FormOf(DescribeItem(parsed, frame));
  LINKTOR_ASSIGN(draft.sealed,
                 sealer_.Seal(scope, SealedPlace::kEvent, draft.id, form.stored,
                              record.new_keys));
  draft.encoded = std::make_shared<const std::string>(std::move(form.whole));
  return absl::OkStatus();
}

}  // namespace linktor
