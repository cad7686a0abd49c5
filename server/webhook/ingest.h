// Makes one journal record of one webhook POST. It decides which channel each
// item belongs to, gives it its identity, seals it, and has the names of
// customers who write looked up. The endpoint calls it on the listener's
// threads, after it has checked the signature. Thread-safe.

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

// A Delivery is a webhook POST as it goes to the journal.
struct Delivery {
  // It holds the record and, for each item, the event in the clear; null for an
  // item that makes no event.
  journal::Appended appended;
  // These keys have sealed parts of the record and are not durable yet. They go
  // to the journal first: see AppendSealed.
  seal::NewKeys new_keys;
};

class Ingest {
 public:
  // All references must outlive this.
  Ingest(const Clock& clock, seal::Sealer& sealer,
         const channels::ChannelRegistry& registry, channels::UserNames& names,
         WebhookObserver& observer)
      : clock_(clock),
        sealer_(sealer),
        registry_(registry),
        events_(sealer, names),
        observer_(observer) {}

  // Makes the record of one body. `path` is the channel of the URL, and
  // `secret` is the fingerprint of the app secret that the body was signed
  // with. `body` is as ParseWebhook needs it, and is not needed after the call.
  //
  // An item goes to the channel whose account the entry names, whichever URL it
  // came by, but only if that channel has the secret, too: one app must not
  // make events of another's account. An item without such a channel is stored
  // as an issue under the channel of the URL; an edit numbered 0 without one is
  // ignored.
  //
  // It fails only when a data key cannot be read; then nothing of the body was
  // kept, and Meta must deliver it again. It waits for the disk when a key or a
  // user name is not in memory. std::bad_alloc may leave it.
  absl::StatusOr<Delivery> MakeRecord(
      const channels::ChannelRegistry::EntryPtr& path, std::string_view secret,
      std::string_view body);

 private:
  // A Context is the record that is being made, and what is common to its
  // items.
  struct Context;
  // These three log an item, at most one line for a cause in some seconds: an
  // issue, an item of an account that no channel has, and an item that is
  // delivered as instagram.unknown. The metrics count the last two.
  void ReportIssue(const ParsedItem& parsed, const Context& context);
  void ReportForeign(const ParsedItem& parsed, const Context& context);
  void ReportUnknown(const ParsedItem& parsed,
                     const channels::ChannelEntry& channel);
  // Adds one item to the record, whatever its fate, with its raw text sealed;
  // an ignored item has no text. It moves out what it keeps of `parsed`. After
  // a failure the record is incomplete and must be dropped.
  absl::Status AddItem(ParsedItem& parsed, Context& context);

  const Clock& clock_;
  seal::Sealer& sealer_;
  const channels::ChannelRegistry& registry_;
  EventMaker events_;
  WebhookObserver& observer_;
};

}  // namespace linktor::webhook
