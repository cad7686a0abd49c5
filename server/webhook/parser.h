// Turns the body of a webhook POST into items: it walks the envelope, and the
// table of kinds says what each item is. Ingest calls it, from the threads of
// the listener. Pure: bytes in, values out.
//
// Nothing is dropped: every item of every entry comes out, in order. An item
// that is not modelled, or has a wrong type somewhere, is of the kind kUnknown
// and says what did not fit. Text that is not JSON is an issue. One bad item
// never spoils its neighbours. Only when a body has more items than any of
// Instagram's, the unknown ones are kept together: see kMaxUnknownItems.

#pragma once

#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "server/kinds/event_time.h"
#include "server/kinds/parsed_item.h"
#include "server/kinds/table.h"

namespace linktor::webhook {

using kinds::EnvelopeForm;
using kinds::EventTimeOf;
using kinds::Fate;
using kinds::MidOf;
using kinds::ParsedItem;
using kinds::ParseEventTime;

// Instagram sends at most 1,000 updates at a time. When a body has had so many
// unknown items, those that follow are an issue: one for all until the next
// item that is known.
inline constexpr int kMaxUnknownItems = 1000;

// Calls `use` with one item after the other, at least one, and lets it move out
// what it wants of them but for the two ids of the entry. `body` must be
// followed by kBodySlack readable bytes (see http/message.h) and must outlive
// the items. It cannot fail: what is wrong is an issue. The memory that it
// takes is bounded by the size of the body, not by what is in it. It throws
// std::bad_alloc when there is none.
void ParseWebhook(std::string_view body,
                  absl::FunctionRef<void(ParsedItem&)> use);

// Does the same where the ids of accounts are known: `other_id` returns the
// page of the account, or the account of the page, that an entry is for; empty
// when it knows none. It is asked once for each entry.
void ParseWebhook(
    std::string_view body,
    absl::FunctionRef<std::string(std::string_view entry_id)> other_id,
    absl::FunctionRef<void(ParsedItem&)> use);

// An ItemText is the text of one item and where it was, as ParsedItem says
// both. It borrows its views.
struct ItemText {
  EnvelopeForm form = EnvelopeForm::kMessaging;
  std::string_view field;
  std::string_view entry_id;
  // It must be followed by kBodySlack readable bytes, and outlive the item.
  std::string_view text;
};

// Parses an item again that ParseWebhook has handed out, and calls `use` with
// it once. The result is what it would be within its body; only a text that was
// the body as a whole (EnvelopeForm::kBody) is not taken apart again.
// `other_id` is the other id of its account, empty when nobody knows one. It
// throws std::bad_alloc when there is no memory.
void ParseItem(const ItemText& item, std::string_view other_id,
               absl::FunctionRef<void(ParsedItem&)> use);

}  // namespace linktor::webhook
