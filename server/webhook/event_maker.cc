#include "server/webhook/event_maker.h"

#include <utility>

#include "server/base/strings.h"
#include "server/base/try.h"
#include "server/policy/content_match.h"
#include "server/state/event_encoding.h"
#include "server/state/identity.h"
#include "server/webhook/new_event.h"

namespace linktor::webhook {
namespace {

// The journal stores a MidSet of the table of kinds as an ItemKind with the
// same number.
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

// Returns the identity of an item that no mid identifies: eight bytes of its
// time, and then a hash of its channel, kind and content. It is stored on the
// disk, so it must not change. All items from the Test button of Meta's
// dashboard are alike, but a person who presses the button again wants to see
// another event. So for such an item, the hash has `test_delivery` in place of
// the content. `test_delivery` names the delivery and the item's position. It
// is empty for all other items.
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

// Turns an item that waits for its message into the unknown item that it
// becomes when the message does not come.
void BecomeUnknown(ParsedItem& item) {
  std::string mid = MidOf(item);
  item.kind = std::string(item.row->name);
  kinds::ClearRead(item);
  item.problem = "the message that it belongs to has not come";
  item.payload.mutable_unknown()->set_mid(std::move(mid));
}

}  // namespace

absl::StatusOr<MadeEvent> EventMaker::Make(
    ParsedItem& parsed, const channels::ChannelRegistry::EntryPtr& channel,
    const ItemOrigin& origin, const RawId& taken, seal::NewKeys& new_keys,
    journal::WebhookItem& item) {
  const kinds::Kind& kind = *parsed.row;
  const bool test = parsed.entry_id == kTestEntryId;
  journal::NewEvent& event = *item.mutable_event();
  event.set_channel_no(channel->no);
  event.set_channel_id(channel->channel.id());
  const bool waits = parsed.fate == Fate::kWaits;
  event.set_type(std::string(waits ? kinds::kUnknownType : kind.type));
  event.set_user_id(parsed.user_id);
  event.set_event_ms(parsed.event_ms);
  item.set_opens_window(parsed.opens_window && !test);
  item.set_names_owner(kind.names_owner && !test);
  Identify(parsed, origin, item);
  MadeEvent made{.renamed = !taken.empty() && event.id() == taken};
  if (made.renamed) event.set_id(HashedRawId({"redrive", taken}));
  const seal::KeyScope scope{.channel_no = event.channel_no(),
                             .user_id = event.user_id()};
  if (kind.echo) {
    const std::string content = policy::MatchTextOf(parsed.message);
    if (!content.empty()) {
      item.set_content_match(sealer_.ContentMatch(scope, content));
    }
  }
  if (waits) BecomeUnknown(parsed);
  EventSetting setting{.channel = *channel,
                       .event = event,
                       .delivery_id = origin.delivery_id,
                       .mid_key = item.mid_key(),
                       .username = test ? "" : UsernameFor(channel, item),
                       .receive_ms = origin.receive_ms,
                       .test = test};
  state::EventEncoding encoded =
      state::EncodeNewEvent(MakeNewEvent(parsed, setting));
  LINKTOR_ASSIGN(*event.mutable_sealed(),
                 sealer_.Seal(scope, seal::SealedPlace::kEvent, event.id(),
                              encoded.stored, new_keys));
  made.clear = std::make_shared<const std::string>(std::move(encoded.whole));
  return made;
}

void EventMaker::Identify(const ParsedItem& parsed, const ItemOrigin& origin,
                          journal::WebhookItem& item) {
  const kinds::Kind& kind = *parsed.row;
  const bool test = parsed.entry_id == kTestEntryId;
  journal::NewEvent& event = *item.mutable_event();
  item.set_kind(static_cast<journal::ItemKind>(kind.mids));
  item.set_mid(MidOf(parsed));
  if (!item.mid().empty() && !test) {
    item.set_mid_key(state::MidKey(event.channel_no(), item.mid()));
  }
  if (!item.mid_key().empty() && !kind.repeats_mid) {
    event.set_id(HashedRawId({"event", item.mid_key(),
                              std::to_string(static_cast<int>(item.kind()))}));
  } else {
    item.set_dedupe_key(
        DedupeKey(event.channel_no(), parsed,
                  test ? state::RawItemId(origin.delivery_id, origin.position)
                       : std::string()));
    event.set_id(HashedRawId({"event", item.dedupe_key()}));
  }
  if (!parsed.named_mid.empty() && !test) {
    item.set_mid_key(state::MidKey(event.channel_no(), parsed.named_mid));
  }
  if (kind.target_mid != nullptr && !test) {
    item.set_target_mid_key(
        state::MidKey(event.channel_no(), kind.target_mid(parsed.payload)));
  }
}

std::string EventMaker::UsernameFor(
    const channels::ChannelRegistry::EntryPtr& channel,
    const journal::WebhookItem& item) {
  const std::string& user_id = item.event().user_id();
  if (user_id.empty()) return "";
  std::string name = names_.Find(channel->no, user_id);
  // Only a number can be the id of a customer with a profile. Any other text
  // must not get into the URL of a request.
  if (item.opens_window() && IsNumericId(user_id)) {
    names_.OnActivity(channel, user_id);
  }
  return name;
}

std::string OtherIdOf(const channels::ChannelEntry& channel,
                      std::string_view entry_id) {
  return entry_id == channel.channel.page_id()
             ? channel.channel.instagram_account_id()
             : channel.channel.page_id();
}

}  // namespace linktor::webhook
