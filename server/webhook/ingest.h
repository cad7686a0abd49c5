// Ingest makes one journal record from one webhook POST. For each item Ingest
// decides to which channel the item belongs, gives the item its identity, and
// seals (encrypts) it. For customers who have just written, Ingest asks for
// look-ups of their user names. The endpoint calls Ingest on the listener's
// threads, after the endpoint has checked the signature. Ingest is thread-safe.

#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "server/base/clock.h"
#include "server/channels/registry.h"
#include "server/channels/user_names.h"
#include "server/journal/journal.h"
#include "server/seal/sealer.h"
#include "server/webhook/event_maker.h"
#include "server/webhook/observer.h"
#include "server/webhook/parser.h"

namespace linktor::webhook {

// A Delivery is a webhook POST in the form that goes to the journal.
struct Delivery {
  // It holds the record and, for each item, the event in the clear (not
  // encrypted). The event is null for an item that makes no event.
  journal::Appended appended;
  // Parts of the record are sealed with these data keys, which are not durable
  // yet. The keys must go to the journal before the record; see AppendSealed.
  seal::NewKeys new_keys;
};

class Ingest {
 public:
  // All of these objects must outlive the Ingest object.
  Ingest(const Clock& clock, seal::Sealer& sealer,
         const channels::ChannelRegistry& registry, channels::UserNames& names,
         WebhookObserver& observer)
      : clock_(clock),
        sealer_(sealer),
        registry_(registry),
        events_(sealer, names),
        observer_(observer) {}

  // Makes the record of one body. `path` is the channel that the URL names.
  // `secret` is the fingerprint of the app secret with which the body was
  // signed. `body` must have readable bytes behind it, as ParseWebhook says,
  // and is not needed after the call.
  //
  // The entry of an item names an account. The item goes to the channel of that
  // account, even if it came by the URL of another channel. But the channel of
  // that account must have the app secret, too, because one app must not make
  // events for an account of another app. An item from the Test button of
  // Meta's dashboard goes to the channel of the URL.
  //
  // An item for which there is no channel is stored as an issue under the
  // channel of the URL. An issue is an item that no subscriber gets. There is
  // one exception: an edit with the number 0 (see waiting_items.h) is ignored
  // when there is no channel for it, or when the Test button sent it.
  //
  // MakeRecord fails only when a data key cannot be read. Then nothing of the
  // body was kept, and Meta must deliver it again. MakeRecord waits for the
  // disk when a data key or a user name is not in memory. It may throw
  // std::bad_alloc.
  absl::StatusOr<Delivery> MakeRecord(
      const channels::ChannelRegistry::EntryPtr& path, std::string_view secret,
      std::string_view body);

 private:
  // A Context is the record that is being made, together with the channel of
  // the URL and the app secret, which are the same for all items.
  struct Context;
  // These three functions write a line about an item to the server's log. For
  // one cause there is at most one line in ten seconds. ReportIssue is for an
  // issue. ReportForeign is for an item of an account that no channel with the
  // app secret has. ReportUnknown is for an item that is delivered as
  // instagram.unknown. ReportForeign and ReportUnknown also tell the observer.
  void ReportIssue(const ParsedItem& parsed, const Context& context);
  void ReportForeign(const ParsedItem& parsed, const Context& context);
  void ReportUnknown(const ParsedItem& parsed,
                     const channels::ChannelEntry& channel);
  // Adds one item to the record. It adds every item, also when the item is
  // ignored, is an issue, or must wait for its message. AddItem also adds the
  // item's raw text, sealed, unless the item is ignored. AddItem moves out of
  // `parsed` what it keeps. After a failure the record is incomplete, and the
  // caller must drop it.
  absl::Status AddItem(ParsedItem& parsed, Context& context);

  const Clock& clock_;
  seal::Sealer& sealer_;
  const channels::ChannelRegistry& registry_;
  EventMaker events_;
  WebhookObserver& observer_;
};

}  // namespace linktor::webhook
