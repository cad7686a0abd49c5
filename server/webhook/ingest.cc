#include "server/webhook/ingest.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/protobuf/util/time_util.h"
#include "server/base/ids.h"
#include "server/base/strings.h"
#include "server/base/try.h"
#include "server/store/event_reader.h"
#include "server/store/identity.h"

namespace linktor {
namespace {

using google::protobuf::util::TimeUtil;

// entry.id of the dashboard's Test button.
constexpr std::string_view kTestEntryId = "0";

ItemKind KindOf(ItemType type) {
  switch (type) {
    case ItemType::kMessage:
      return ItemKind::kMessage;
    case ItemType::kEcho:
      return ItemKind::kEcho;
    default:
      return ItemKind::kOther;
  }
}

std::string_view TypeName(ItemType type) {
  switch (type) {
    case ItemType::kMessage:
      return "message.received";
    case ItemType::kEcho:
      return "message.echoed";
    default:
      return "instagram.unknown";
  }
}

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
  const ChannelEntry& path;
  std::string_view secret;
  WebhookRecord record;
};

absl::StatusOr<WebhookRecord> Ingest::MakeRecord(const ChannelEntry& path,
                                                 std::string_view secret,
                                                 std::string_view body) {
  Context context{.path = path, .secret = secret, .record = {}};
  context.record.delivery_id = NewRawId();
  context.record.channel_no = path.no;
  context.record.time_ms = absl::ToUnixMillis(clock_.Now());
  context.record.bytes = static_cast<std::int64_t>(body.size());
  for (ParsedItem& item : ParseWebhook(body)) {
    LINKTOR_TRY(AddItem(std::move(item), context));
  }
  return std::move(context.record);
}

absl::Status Ingest::AddItem(ParsedItem parsed, Context& context) {
  WebhookRecord& record = context.record;
  WebhookItem item;
  item.entry_id = parsed.entry_id;
  item.form = static_cast<std::int8_t>(parsed.form);
  if (parsed.type == ItemType::kIgnored) {
    item.fate = ItemFate::kIgnored;
    record.items.push_back(std::move(item));
    return absl::OkStatus();
  }
  const bool test = parsed.entry_id == kTestEntryId;
  ChannelRegistry::EntryPtr owner;
  if (!test) owner = registry_.FindOwner(parsed.entry_id);
  if (owner != nullptr && !owner->HasSecret(context.secret)) owner = nullptr;
  const ChannelEntry* channel = test ? &context.path : owner.get();
  KeyScope scope{.channel_no = context.path.no, .user_id = ""};
  const std::string_view raw = parsed.raw;
  if (parsed.type == ItemType::kIssue) {
    item.fate = ItemFate::kIssue;
    item.issue = std::move(parsed.problem);
  } else if (channel == nullptr) {
    item.fate = ItemFate::kIssue;
    item.issue = absl::StrCat(
        "no channel with this app secret has the account "
        "or page '",
        parsed.entry_id, "'");
  } else {
    scope = {.channel_no = channel->no, .user_id = parsed.user_id};
    item.event.channel_no = channel->no;
    item.event.channel_id = channel->channel.id();
    LINKTOR_TRY(DraftEvent(std::move(parsed), context, item, record.new_keys));
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

absl::Status Ingest::DraftEvent(ParsedItem parsed, const Context& context,
                                WebhookItem& item,
                                std::vector<NewKey>& new_keys) {
  const bool test = parsed.entry_id == kTestEntryId;
  EventDraft& draft = item.event;
  item.kind = KindOf(parsed.type);
  item.mid = parsed.message.mid();
  item.opens_window = parsed.opens_window && !test;
  if (!item.mid.empty() && !test) {
    item.mid_key = MidKey(draft.channel_no, item.mid);
    draft.id = HashedRawId(
        {"event", item.mid_key, std::to_string(static_cast<int>(item.kind))});
  } else {
    const std::string test_delivery =
        test ? RawItemId(context.record.delivery_id,
                         static_cast<int>(context.record.items.size()))
             : "";
    item.dedupe_key = DedupeKey(draft.channel_no, parsed, test_delivery);
    draft.id = HashedRawId({"event", item.dedupe_key});
  }
  draft.type = TypeName(parsed.type);
  draft.user_id = parsed.user_id;
  draft.event_ms = parsed.event_ms;
  const KeyScope scope{.channel_no = draft.channel_no,
                       .user_id = draft.user_id};
  if (parsed.type == ItemType::kEcho && !parsed.message.text().empty() &&
      parsed.message.attachments().empty()) {
    item.content_match = sealer_.ContentMatch(scope, parsed.message.text());
  }

  v1::Event event;
  event.set_id(FormatId(kEventPrefix, draft.id));
  event.set_type(draft.type);
  event.set_channel_id(draft.channel_id);
  event.set_user_id(draft.user_id);
  if (draft.event_ms != 0) {
    *event.mutable_event_time() =
        TimeUtil::MillisecondsToTimestamp(draft.event_ms);
  }
  *event.mutable_receive_time() =
      TimeUtil::MillisecondsToTimestamp(context.record.time_ms);
  event.set_test(test);
  event.set_standby(parsed.form == EnvelopeForm::kStandby);
  event.set_delivery_id(FormatId(kDeliveryPrefix, context.record.delivery_id));
  if (parsed.type == ItemType::kUnknown) {
    v1::UnknownItem* unknown = event.mutable_unknown();
    unknown->set_kind(std::move(parsed.kind));
    unknown->set_problem(std::move(parsed.problem));
    unknown->set_json_path(std::move(parsed.json_path));
    if (parsed.raw.size() <= kMaxRawJson) {
      event.set_raw_json(std::string(parsed.raw));
    } else {
      event.set_raw_size(static_cast<std::int64_t>(parsed.raw.size()));
    }
  } else {
    const bool inbound = parsed.type == ItemType::kMessage;
    v1::Message& message = parsed.message;
    message.set_id(FormatId(kMessagePrefix,
                            item.mid_key.empty() ? draft.id : item.mid_key));
    message.set_channel_id(draft.channel_id);
    message.set_user_id(draft.user_id);
    message.set_direction(inbound ? v1::MESSAGE_DIRECTION_INBOUND
                                  : v1::MESSAGE_DIRECTION_OUTBOUND);
    message.set_state(inbound ? v1::MESSAGE_STATE_RECEIVED
                              : v1::MESSAGE_STATE_SENT);
    if (!inbound) message.set_origin(v1::MESSAGE_ORIGIN_ELSEWHERE);
    *message.mutable_create_time() = event.receive_time();
    if (!inbound && draft.event_ms != 0) {
      *message.mutable_echo_time() = event.event_time();
    }
    *(inbound ? event.mutable_message_received()
              : event.mutable_message_echoed()) = std::move(message);
  }
  auto encoded = std::make_shared<const std::string>(event.SerializeAsString());
  LINKTOR_ASSIGN(draft.sealed, sealer_.Seal(scope, SealedPlace::kEvent,
                                            draft.id, *encoded, new_keys));
  draft.encoded = std::move(encoded);
  return absl::OkStatus();
}

}  // namespace linktor
