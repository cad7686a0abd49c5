// Turns the body of a webhook POST into items. The parser walks through the
// envelope (the JSON around the items), and the table of kinds (kinds/table.h)
// says what each item is. Ingest calls ParseWebhook on the listener's threads,
// and Redriver calls ParseItem on the executor. The functions are pure: bytes
// in, values out.
//
// Nothing is dropped: the caller gets every item of every entry, in the order
// of the body. There is one exception: the value of a flat entry
// (EnvelopeForm::kFlat) comes after the other items of its entry. An item that
// is of no known kind, or has a wrong type somewhere, is of the kind kUnknown
// and says what did not fit. Text that is not JSON becomes an issue: an item
// that no subscriber gets. One bad item never spoils the other items. There is
// one limit: when a body has more unknown items than Instagram sends in one
// body, the further unknown items become one issue together. See
// kMaxUnknownItems.

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

// Instagram sends at most 1,000 updates at a time. When a body has had this
// many unknown items, the unknown items that follow become an issue. All of
// them up to the next known item become one issue together.
inline constexpr int kMaxUnknownItems = 1000;

// Calls `use` with one item after the other, and at least once. `use` may move
// out of the item what it wants to keep, except entry_id and other_id. `body`
// must be followed by kBodySlack readable bytes (see http/message.h) and must
// outlive the items. The function cannot fail: everything that is wrong becomes
// an unknown item or an issue. The memory that the function needs is bounded by
// the size of the body, whatever the body contains. It throws std::bad_alloc
// when there is no memory.
void ParseWebhook(std::string_view body,
                  absl::FunctionRef<void(ParsedItem&)> use);

// Does the same as the function above, for a caller that knows the ids of
// accounts. `other_id` returns the other id of the account that an entry is
// for: the page's id for the account's id, and the account's id for the page's
// id. `other_id` returns an empty text for an account that it does not know.
// The parser calls `other_id` once for each entry.
void ParseWebhook(
    std::string_view body,
    absl::FunctionRef<std::string(std::string_view entry_id)> other_id,
    absl::FunctionRef<void(ParsedItem&)> use);

// An ItemText is the text of one item, with the place in the envelope where the
// text was. ParsedItem says what `form` and `field` mean. An ItemText does not
// own the texts that it points to.
struct ItemText {
  EnvelopeForm form = EnvelopeForm::kMessaging;
  std::string_view field;
  std::string_view entry_id;
  // The text must be followed by kBodySlack readable bytes, and must outlive
  // the item.
  std::string_view text;
};

// Parses the stored text of an item that came from ParseWebhook, and calls
// `use` with the item once. The result is the same as when the item was parsed
// within its body. There is one exception: if the text is a whole body
// (EnvelopeForm::kBody), ParseItem does not look for items in it again.
// `other_id` is the other id of the item's account; it is empty when nobody
// knows the id. The function throws std::bad_alloc when there is no memory.
void ParseItem(const ItemText& item, std::string_view other_id,
               absl::FunctionRef<void(ParsedItem&)> use);

}  // namespace linktor::webhook
