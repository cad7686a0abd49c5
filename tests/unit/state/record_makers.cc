#include "tests/unit/state/record_makers.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/journal/journal.h"
#include "server/kinds/table.h"
#include "server/state/event_encoding.h"
#include "server/state/identity.h"
#include "server/state/message_event.h"

namespace linktor::state {
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

seal::KeyScope ScopeOf(const TestChannel& channel, const std::string& user) {
  return {.channel_no = channel.no, .user_id = user};
}

std::string SealOrDie(seal::Sealer& sealer, const seal::KeyScope& scope,
                      seal::SealedPlace place, std::string_view id,
                      std::string_view plaintext, seal::NewKeys& keys) {
  auto sealed = sealer.Seal(scope, place, id, plaintext, keys);
  EXPECT_TRUE(sealed.ok()) << sealed.status();
  return sealed.ok() ? *std::move(sealed) : "";
}

journal::ItemKind KindOf(TestItem kind) {
  switch (kind) {
    case TestItem::kMessage:
      return journal::ITEM_KIND_MESSAGE;
    case TestItem::kEcho:
      return journal::ITEM_KIND_ECHO;
    case TestItem::kPostback:
      return journal::ITEM_KIND_POSTBACK;
    case TestItem::kUnsend:
      return journal::ITEM_KIND_UNSEND;
    case TestItem::kEdit:
    case TestItem::kWaits:
      return journal::ITEM_KIND_EDIT;
    default:
      return journal::ITEM_KIND_OTHER;
  }
}

// Writes what the item says, as its payload.
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
    case TestItem::kUnsend:
      event.mutable_message_unsent()->set_mid(spec.mid);
      return;
    case TestItem::kEdit:
      event.mutable_message_edited()->set_mid(spec.mid);
      event.mutable_message_edited()->set_text(spec.text);
      return;
    case TestItem::kWaits:
      event.mutable_unknown()->set_mid(spec.mid);
      return;
    default:
      event.mutable_unknown()->set_kind(spec.text);
  }
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

// Fills in the event of `item`, whose identity is known. Returns it in the
// clear.
std::shared_ptr<const std::string> AddEvent(seal::Sealer& sealer,
                                            const ItemSpec& spec,
                                            std::string_view delivery_id,
                                            journal::WebhookItem& item,
                                            seal::NewKeys& keys) {
  journal::NewEvent& made = *item.mutable_event();
  made.set_id(HashedRawId({"event", item.mid_key(), item.dedupe_key(),
                           std::to_string(static_cast<int>(item.kind()))}));
  made.set_type(TypeOf(spec.kind));
  made.set_channel_no(spec.channel.no);
  made.set_channel_id(spec.channel.id);
  made.set_user_id(spec.user);
  made.set_event_ms(spec.event_ms);
  v1::Event event;
  event.set_id(FormatId(kEventPrefix, made.id()));
  event.set_type(made.type());
  event.set_channel_id(made.channel_id());
  event.set_user_id(made.user_id());
  event.set_delivery_id(FormatId(kDeliveryPrefix, delivery_id));
  Describe(spec, event);
  const kinds::Kind& kind = kinds::FindPayload(event.payload_case());
  if (kind.mutable_message != nullptr) {
    v1::Message& message = *kind.mutable_message(event);
    message.set_channel_id(made.channel_id());
    message.set_user_id(made.user_id());
  }
  EventEncoding form = EncodeNewEvent(std::move(event));
  made.set_sealed(SealOrDie(sealer, ScopeOf(spec.channel, spec.user),
                            seal::SealedPlace::kEvent, made.id(), form.stored,
                            keys));
  return std::make_shared<const std::string>(std::move(form.whole));
}

// Fills in what tells the item from others, and what it does.
void Identify(seal::Sealer& sealer, const ItemSpec& spec,
              journal::WebhookItem& item) {
  item.set_kind(KindOf(spec.kind));
  item.set_mid(spec.mid);
  if (!spec.mid.empty()) {
    item.set_mid_key(MidKeyOf(spec.channel, spec.mid));
  }
  if (spec.mid.empty() || spec.kind == TestItem::kEdit ||
      spec.kind == TestItem::kWaits) {
    item.set_dedupe_key(DedupeKeyOf(spec));
  }
  item.set_opens_window(spec.kind == TestItem::kMessage ||
                        spec.kind == TestItem::kPostback);
  item.set_names_owner(spec.names_owner);
  if (spec.kind == TestItem::kReaction) {
    item.set_target_mid_key(MidKeyOf(spec.channel, spec.target));
  } else if (spec.kind == TestItem::kUnsend || spec.kind == TestItem::kEdit) {
    item.set_target_mid_key(item.mid_key());
  }
  if (spec.kind == TestItem::kEcho && !spec.attachment && !spec.text.empty()) {
    item.set_content_match(
        sealer.ContentMatch(ScopeOf(spec.channel, spec.user), spec.text));
  }
}

}  // namespace

// ---- Channels ---------------------------------------------------------------

journal::ChannelBody BodyOf(const TestChannel& channel) {
  journal::ChannelBody body;
  body.set_id(channel.id);
  body.set_account_id(channel.account);
  body.set_page_id(channel.page);
  body.set_sealed_channel("channel");
  body.set_sealed_credentials("sealed");
  return body;
}

journal::Record MakeChannel(const TestChannel& channel, std::int64_t now_ms,
                            std::string request_id, std::string fingerprint) {
  journal::Record record = journal::NewRecord(now_ms);
  journal::CreateChannel& body = *record.mutable_create_channel();
  body.set_channel_no(channel.no);
  *body.mutable_body() = BodyOf(channel);
  body.set_request_id(std::move(request_id));
  body.set_request_fingerprint(std::move(fingerprint));
  return record;
}

journal::Record MakeUpdate(const ChannelRow& row, std::int64_t now_ms) {
  journal::Record record = journal::NewRecord(now_ms);
  journal::UpdateChannel& update = *record.mutable_update_channel();
  update.set_channel_no(row.no);
  update.set_expected_revision(row.revision);
  journal::ChannelBody& body = *update.mutable_body();
  body.set_id(row.id);
  body.set_account_id(row.account_id);
  body.set_page_id(row.page_id);
  body.set_sealed_channel(row.sealed_channel);
  body.set_sealed_credentials(row.sealed_credentials);
  body.set_sealed_ice_breakers(row.sealed_ice_breakers);
  return record;
}

journal::Record MakeDeletion(const std::string& channel_id, std::int64_t now_ms,
                             bool erase) {
  journal::Record record = journal::NewRecord(now_ms);
  record.mutable_delete_channel()->set_channel_id(channel_id);
  record.mutable_delete_channel()->set_erase(erase);
  return record;
}

// ---- Webhooks ---------------------------------------------------------------

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
    case TestItem::kUnsend:
      return "message.unsent";
    case TestItem::kEdit:
      return "message.edited";
    default:
      return "instagram.unknown";
  }
}

RawId MidKeyOf(const TestChannel& channel, std::string_view mid) {
  return MidKey(channel.no, mid);
}

SealedRecord MakeDelivery(seal::Sealer& sealer, std::int64_t now_ms,
                          const std::vector<ItemSpec>& items) {
  SealedRecord made(journal::NewRecord(now_ms));
  journal::Webhook& webhook = *made.record.mutable_webhook();
  webhook.set_delivery_id(NewRawId());
  webhook.set_channel_no(items.empty() ? kShop.no : items.front().channel.no);
  for (const ItemSpec& spec : items) {
    const int position = webhook.items_size();
    webhook.set_bytes(webhook.bytes() +
                      static_cast<std::int64_t>(spec.raw.size()));
    journal::WebhookItem& item = *webhook.add_items();
    item.set_count(1);
    item.set_entry_id(spec.channel.account);
    made.clear.push_back(nullptr);
    if (spec.kind == TestItem::kIgnored) {
      item.set_fate(journal::ITEM_FATE_IGNORED);
      continue;
    }
    seal::KeyScope scope = ScopeOf(spec.channel, spec.user);
    if (spec.kind == TestItem::kIssue) {
      item.set_fate(journal::ITEM_FATE_ISSUE);
      item.set_issue(spec.text);
      scope.user_id.clear();
    } else {
      Identify(sealer, spec, item);
      made.clear.back() =
          AddEvent(sealer, spec, webhook.delivery_id(), item, made.keys);
      if (spec.kind == TestItem::kWaits) {
        item.set_fate(journal::ITEM_FATE_WAITS);
        made.clear.back() = nullptr;
      }
    }
    item.set_raw_channel_no(spec.channel.no);
    item.set_sealed_raw(SealOrDie(sealer, scope, seal::SealedPlace::kRawItem,
                                  RawItemId(webhook.delivery_id(), position),
                                  spec.raw, made.keys));
  }
  return made;
}

SealedRecord MakeRedrive(seal::Sealer& sealer, const RedriveSpec& spec) {
  SealedRecord delivered = MakeDelivery(sealer, spec.now_ms, {spec.item});
  SealedRecord made(journal::NewRecord(spec.now_ms));
  made.keys = std::move(delivered.keys);
  journal::Redrive& redrive = *made.record.mutable_redrive();
  redrive.set_delivery_id(spec.delivery_id);
  redrive.set_delivery_no(spec.delivery_no);
  journal::RedriveItem& again = *redrive.add_items();
  again.set_raw_no(spec.raw_no);
  again.set_position(spec.position);
  *again.mutable_item() =
      std::move(*delivered.record.mutable_webhook()->mutable_items(0));
  again.mutable_item()->clear_sealed_raw();
  again.set_has_own_key(spec.has_own_key);
  return made;
}

// ---- Sends ------------------------------------------------------------------

SealedRecord MakeClaim(seal::Sealer& sealer, const ClaimSpec& spec) {
  SealedRecord made(journal::NewRecord(spec.now_ms));
  journal::Claim& claim = *made.record.mutable_claim();
  claim.set_message_id(NewRawId());
  claim.set_channel_no(spec.channel.no);
  claim.set_channel_id(spec.channel.id);
  claim.set_user_id(spec.user);
  claim.set_request_id(spec.request_id);
  claim.set_request_fingerprint(sealer.RequestFingerprint(
      absl::StrCat(spec.user, " ", spec.text, " ", spec.attachment ? 1 : 0, " ",
                   spec.human_agent ? 1 : 0)));
  const seal::KeyScope scope = ScopeOf(spec.channel, spec.user);
  if (!spec.attachment) {
    claim.set_content_match(sealer.ContentMatch(scope, spec.text));
  }
  claim.set_sealed_content(SealOrDie(sealer, scope, seal::SealedPlace::kMessage,
                                     claim.message_id(), spec.text, made.keys));
  claim.set_human_agent(spec.human_agent);
  claim.set_refuse_without_history(spec.refuse_without_history);
  claim.set_quota(spec.quota);
  return made;
}

SealedRecord MakeOutcome(seal::Sealer& sealer, const MessageRow& message,
                         const OutcomeSpec& spec) {
  SealedRecord made(journal::NewRecord(spec.now_ms));
  journal::SendOutcome& outcome = *made.record.mutable_send_outcome();
  outcome.set_message_id(message.id);
  outcome.set_expected_state(spec.expected_state);
  outcome.set_expected_attempt(
      spec.expected_attempt != 0 ? spec.expected_attempt : message.attempt);
  outcome.set_state(spec.state);
  outcome.set_settled_by(spec.settled_by);
  outcome.set_mid(spec.mid);
  const TestChannel channel{.no = message.channel_no, .id = message.channel_id};
  if (!spec.mid.empty()) outcome.set_mid_key(MidKeyOf(channel, spec.mid));
  const seal::KeyScope scope = ScopeOf(channel, message.user_id);
  journal::NewEvent& told = *outcome.mutable_event();
  told.set_id(NewRawId());
  told.set_type(TypeOf(spec.state));
  told.set_channel_no(message.channel_no);
  told.set_channel_id(message.channel_id);
  told.set_user_id(message.user_id);
  v1::Event event;
  event.set_id(FormatId(kEventPrefix, told.id()));
  event.set_type(told.type());
  event.set_channel_id(told.channel_id());
  event.set_user_id(told.user_id());
  if (spec.state == v1::MESSAGE_STATE_SENT) {
    v1::Message& sent = *event.mutable_message_sent();
    sent.set_mid(spec.mid);
    sent.set_channel_id(told.channel_id());
    sent.set_user_id(told.user_id());
  } else {
    outcome.set_sealed_error(SealOrDie(sealer, scope,
                                       seal::SealedPlace::kMessageError,
                                       message.id, "why", made.keys));
  }
  if (spec.state == v1::MESSAGE_STATE_UNCONFIRMED) {
    v1::Event settled;
    settled.mutable_message_sent()->set_text(spec.settled_text);
    outcome.set_sealed_settled(SealOrDie(
        sealer, scope, seal::SealedPlace::kEvent, SettledEventId(message),
        settled.SerializeAsString(), made.keys));
  }
  EventEncoding encoded = EncodeNewEvent(std::move(event));
  told.set_sealed(SealOrDie(sealer, scope, seal::SealedPlace::kEvent, told.id(),
                            encoded.stored, made.keys));
  made.clear.push_back(
      std::make_shared<const std::string>(std::move(encoded.whole)));
  return made;
}

// ---- Conversations ----------------------------------------------------------

journal::Record MakeOptOut(const OptOutSpec& spec) {
  journal::Record record = journal::NewRecord(spec.now_ms);
  journal::SetOptOut& body = *record.mutable_set_opt_out();
  body.set_channel_no(spec.channel.no);
  body.set_user_id(spec.user);
  body.set_opted_out(spec.opted_out);
  return record;
}

SealedRecord MakeUsername(seal::Sealer& sealer, const TestChannel& channel,
                          const std::string& user, const std::string& name,
                          std::int64_t now_ms) {
  SealedRecord made(journal::NewRecord(now_ms));
  journal::SetUsername& body = *made.record.mutable_set_username();
  body.set_channel_no(channel.no);
  body.set_user_id(user);
  body.set_sealed_username(SealOrDie(sealer, ScopeOf(channel, user),
                                     seal::SealedPlace::kUsername, user, name,
                                     made.keys));
  return made;
}

// ---- Erasing people ---------------------------------------------------------

journal::Record MakeEraseUser(const TestChannel& channel,
                              const std::string& user, std::int64_t now_ms) {
  journal::Record record = journal::NewRecord(now_ms);
  record.mutable_erase_user()->set_channel_id(channel.id);
  record.mutable_erase_user()->set_user_id(user);
  return record;
}

journal::Record MakeEraseOn(std::int64_t now_ms) {
  journal::Record record = journal::NewRecord(now_ms);
  record.mutable_erase_on();
  return record;
}

// ---- Housekeeping -----------------------------------------------------------

journal::Record MakeTrim(const TrimSpec& spec) {
  journal::Record record = journal::NewRecord(spec.now_ms);
  journal::Trim& trim = *record.mutable_trim();
  trim.set_elapsed_ms(spec.elapsed_ms);
  trim.set_measured_from_ms(spec.measured_from_ms);
  trim.set_event_age_ms(spec.event_age_ms);
  trim.set_raw_age_ms(spec.raw_age_ms);
  trim.set_raw_max_bytes(spec.raw_max_bytes);
  trim.set_message_age_ms(spec.message_age_ms);
  return record;
}

journal::Record MakeNothing(std::int64_t now_ms) {
  journal::Record record = journal::NewRecord(now_ms);
  record.mutable_use_api_keys();
  return record;
}

}  // namespace linktor::state
