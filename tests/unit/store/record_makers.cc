#include "tests/unit/store/record_makers.h"

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/store/event_form.h"
#include "server/store/event_reader.h"

namespace linktor {
namespace {

// Returns the type of the event that tells of a message's end in that state.
const char* TypeOf(v1::MessageState state) {
  switch (state) {
    case v1::MESSAGE_STATE_SENT:
      return "message.sent";
    case v1::MESSAGE_STATE_FAILED:
      return "message.failed";
    default:
      return "message.unconfirmed";
  }
}

KeyScope ScopeOf(const TestChannel& channel, const std::string& user) {
  return {.channel_no = channel.no, .user_id = user};
}

std::string SealOrDie(Sealer& sealer, const KeyScope& scope, SealedPlace place,
                      std::string_view id, std::string_view plaintext,
                      std::vector<NewKey>& new_keys) {
  auto sealed = sealer.Seal(scope, place, id, plaintext, new_keys);
  EXPECT_TRUE(sealed.ok()) << sealed.status();
  return sealed.ok() ? *std::move(sealed) : "";
}

ItemKind KindOf(TestItem kind) {
  switch (kind) {
    case TestItem::kMessage:
      return ItemKind::kMessage;
    case TestItem::kEcho:
      return ItemKind::kEcho;
    case TestItem::kPostback:
      return ItemKind::kPostback;
    default:
      return ItemKind::kOther;
  }
}

// What the item says, as its payload.
void Describe(const ItemSpec& spec, v1::Event& event) {
  switch (spec.kind) {
    case TestItem::kMessage:
      event.mutable_message_received()->set_mid(spec.mid);
      event.mutable_message_received()->set_text(spec.text);
      return;
    case TestItem::kEcho:
      event.mutable_message_echoed()->set_mid(spec.mid);
      event.mutable_message_echoed()->set_text(spec.text);
      event.mutable_message_echoed()->set_origin(v1::MESSAGE_ORIGIN_ELSEWHERE);
      return;
    case TestItem::kPostback:
      event.mutable_postback()->set_mid(spec.mid);
      event.mutable_postback()->set_payload(spec.text);
      return;
    case TestItem::kReaction:
      event.mutable_reaction()->set_mid(spec.target);
      event.mutable_reaction()->set_message_id(
          FormatId(kMessagePrefix, MidKeyOf(spec.channel, spec.target)));
      event.mutable_reaction()->set_emoji(spec.text);
      return;
    default:
      event.mutable_unknown()->set_kind(spec.text);
  }
}

EventDraft MakeDraft(Sealer& sealer, const ItemSpec& spec,
                     const WebhookItem& item, const WebhookRecord& record,
                     std::vector<NewKey>& new_keys) {
  EventDraft draft;
  draft.id = HashedRawId({"event", item.mid_key, item.dedupe_key,
                          std::to_string(static_cast<int>(item.kind))});
  draft.type = TypeOf(spec.kind);
  draft.channel_no = spec.channel.no;
  draft.channel_id = spec.channel.id;
  draft.user_id = spec.user;
  draft.event_ms = spec.event_ms;
  v1::Event event;
  event.set_id(FormatId(kEventPrefix, draft.id));
  event.set_type(draft.type);
  event.set_channel_id(draft.channel_id);
  event.set_user_id(draft.user_id);
  event.set_delivery_id(FormatId(kDeliveryPrefix, record.delivery_id));
  Describe(spec, event);
  EventForm form = FormOf(std::move(event));
  draft.sealed =
      SealOrDie(sealer, ScopeOf(spec.channel, spec.user), SealedPlace::kEvent,
                draft.id, form.stored, new_keys);
  draft.encoded = std::make_shared<const std::string>(std::move(form.whole));
  return draft;
}

std::string DedupeKeyOf(const ItemSpec& spec) {
  std::string key;
  for (int shift = 56; shift >= 0; shift -= 8) {
    key.push_back(static_cast<char>(spec.event_ms >> shift));
  }
  key.append(HashedRawId({"item", std::to_string(spec.channel.no), spec.user,
                          std::to_string(static_cast<int>(spec.kind)),
                          spec.text, spec.target}));
  return key;
}

}  // namespace

const char* TypeOf(TestItem kind) {
  switch (kind) {
    case TestItem::kMessage:
      return "message.received";
    case TestItem::kEcho:
      return "message.echoed";
    case TestItem::kPostback:
      return "instagram.postback";
    case TestItem::kReaction:
      return "instagram.reaction";
    default:
      return "instagram.unknown";
  }
}

CreateChannelRecord MakeChannel(const TestChannel& channel, std::int64_t now_ms,
                                std::string request_id,
                                std::string fingerprint) {
  CreateChannelRecord record;
  record.time_ms = now_ms;
  record.channel_no = channel.no;
  record.channel.set_id(channel.id);
  record.channel.set_instagram_account_id(channel.account);
  record.channel.set_page_id(channel.page);
  record.sealed_credentials = "sealed";
  record.request_id = std::move(request_id);
  record.request_fingerprint = std::move(fingerprint);
  return record;
}

RawId MidKeyOf(const TestChannel& channel, std::string_view mid) {
  return HashedRawId({"mid", std::to_string(channel.no), mid});
}

WebhookRecord MakeDelivery(Sealer& sealer, std::int64_t now_ms,
                           const std::vector<ItemSpec>& items) {
  WebhookRecord record;
  record.delivery_id = NewRawId();
  record.channel_no = items.empty() ? kShop.no : items.front().channel.no;
  record.time_ms = now_ms;
  for (const ItemSpec& spec : items) {
    record.bytes += static_cast<std::int64_t>(spec.raw.size());
    WebhookItem item;
    item.entry_id = spec.channel.account;
    if (spec.kind == TestItem::kIgnored) {
      item.fate = ItemFate::kIgnored;
      record.items.push_back(std::move(item));
      continue;
    }
    KeyScope scope = ScopeOf(spec.channel, spec.user);
    if (spec.kind == TestItem::kIssue) {
      item.fate = ItemFate::kIssue;
      item.issue = spec.text;
      scope.user_id.clear();
    } else {
      item.kind = KindOf(spec.kind);
      item.mid = spec.mid;
      if (spec.mid.empty()) {
        item.dedupe_key = DedupeKeyOf(spec);
      } else {
        item.mid_key = MidKeyOf(spec.channel, spec.mid);
      }
      item.opens_window =
          spec.kind == TestItem::kMessage || spec.kind == TestItem::kPostback;
      if (spec.kind == TestItem::kReaction) {
        item.target_mid_key = MidKeyOf(spec.channel, spec.target);
      }
      if (spec.kind == TestItem::kEcho && !spec.attachment &&
          !spec.text.empty()) {
        item.content_match = sealer.ContentMatch(scope, spec.text);
      }
      item.event = MakeDraft(sealer, spec, item, record, record.new_keys);
    }
    item.raw_channel_no = spec.channel.no;
    item.sealed_raw = SealOrDie(
        sealer, scope, SealedPlace::kRawItem,
        RawItemId(record.delivery_id, static_cast<int>(record.items.size())),
        spec.raw, record.new_keys);
    record.items.push_back(std::move(item));
  }
  return record;
}

ClaimRecord MakeClaim(Sealer& sealer, const ClaimSpec& spec) {
  ClaimRecord record;
  record.time_ms = spec.now_ms;
  record.message_id = NewRawId();
  record.channel_no = spec.channel.no;
  record.channel_id = spec.channel.id;
  record.user_id = spec.user;
  record.request_id = spec.request_id;
  record.request_fingerprint = sealer.RequestFingerprint(
      absl::StrCat(spec.user, " ", spec.text, " ", spec.attachment ? 1 : 0, " ",
                   spec.human_agent ? 1 : 0));
  const KeyScope scope = ScopeOf(spec.channel, spec.user);
  if (!spec.attachment) {
    record.content_match = sealer.ContentMatch(scope, spec.text);
  }
  record.sealed_content =
      SealOrDie(sealer, scope, SealedPlace::kMessage, record.message_id,
                spec.text, record.new_keys);
  record.human_agent = spec.human_agent;
  record.refuse_without_history = spec.refuse_without_history;
  record.quota = spec.quota;
  return record;
}

OutcomeRecord MakeOutcome(Sealer& sealer, const MessageRow& message,
                          const OutcomeSpec& spec) {
  OutcomeRecord record;
  record.time_ms = spec.now_ms;
  record.message_id = message.id;
  record.expected_state = spec.expected_state;
  record.expected_attempt =
      spec.expected_attempt != 0 ? spec.expected_attempt : message.attempt;
  record.state = spec.state;
  record.settled_by = spec.settled_by;
  record.mid = spec.mid;
  const TestChannel channel{.no = message.channel_no, .id = message.channel_id};
  if (!spec.mid.empty()) record.mid_key = MidKeyOf(channel, spec.mid);
  const KeyScope scope = ScopeOf(channel, message.user_id);
  EventDraft& draft = record.event;
  draft.id = NewRawId();
  draft.type = TypeOf(spec.state);
  draft.channel_no = message.channel_no;
  draft.channel_id = message.channel_id;
  draft.user_id = message.user_id;
  v1::Event event;
  event.set_id(FormatId(kEventPrefix, draft.id));
  event.set_type(draft.type);
  if (spec.state == v1::MESSAGE_STATE_SENT) {
    event.mutable_message_sent()->set_mid(spec.mid);
  } else {
    record.sealed_error = SealOrDie(sealer, scope, SealedPlace::kMessageError,
                                    message.id, "why", record.new_keys);
  }
  draft.encoded =
      std::make_shared<const std::string>(event.SerializeAsString());
  draft.sealed = SealOrDie(sealer, scope, SealedPlace::kEvent, draft.id,
                           *draft.encoded, record.new_keys);
  return record;
}

OptOutRecord MakeOptOut(const OptOutSpec& spec) {
  return {.time_ms = spec.now_ms,
          .channel_no = spec.channel.no,
          .user_id = spec.user,
          .opted_out = spec.opted_out};
}

UsernameRecord MakeUsername(Sealer& sealer, const TestChannel& channel,
                            const std::string& user, const std::string& name,
                            std::int64_t now_ms) {
  UsernameRecord record;
  record.time_ms = now_ms;
  record.channel_no = channel.no;
  record.user_id = user;
  record.sealed_username =
      SealOrDie(sealer, ScopeOf(channel, user), SealedPlace::kUsername, user,
                name, record.new_keys);
  return record;
}

TrimRecord MakeTrim(std::int64_t now_ms) {
  return {.time_ms = now_ms,
          .raw_max_bytes = std::numeric_limits<std::int64_t>::max()};
}

}  // namespace linktor
