// Makes one journal record of one webhook POST: it decides whose each item is,
// names and seals it, and has the names of customers who write looked up.
// Thread-safe.

#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "server/base/clock.h"
#include "server/channels/registry.h"
#include "server/channels/user_names.h"
#include "server/journal/journal.h"
#include "server/seal/sealer.h"
#include "server/webhook/observer.h"
#include "server/webhook/parser.h"

namespace linktor {

// A webhook POST as it goes to the journal.
struct Delivery {
  Appended appended;
  // See AppendSealed.
  NewKeys new_keys;
};

class Ingest {
 public:
  Ingest(const Clock& clock, Sealer& sealer, const ChannelRegistry& registry,
         UserNames& names, WebhookObserver& observer)
      : clock_(clock),
        sealer_(sealer),
        registry_(registry),
        names_(names),
        observer_(observer) {}

  // `path` is the channel of the URL, `secret` the fingerprint of the app
  // secret that the body was signed with. `body` as for ParseWebhook. Fails
  // only when a data key cannot be read.
  absl::StatusOr<Delivery> MakeRecord(const ChannelRegistry::EntryPtr& path,
                                      std::string_view secret,
                                      std::string_view body);

 private:
  struct Context;
  // Tells the log and the metrics of what nobody will get as it is.
  void ReportIssue(const ParsedItem& parsed, const Context& context);
  void ReportForeign(const ParsedItem& parsed, const Context& context);
  void ReportUnknown(const ParsedItem& parsed, const ChannelEntry& channel);
  // Both move out what they keep of `parsed`.
  absl::Status AddItem(ParsedItem& parsed, Context& context);
  absl::Status MakeEvent(ParsedItem& parsed,
                         const ChannelRegistry::EntryPtr& channel,
                         Context& context, journal::WebhookItem& item);
  std::string UsernameFor(const ChannelRegistry::EntryPtr& channel,
                          const journal::WebhookItem& item);

  const Clock& clock_;
  Sealer& sealer_;
  const ChannelRegistry& registry_;
  UserNames& names_;
  WebhookObserver& observer_;
};

}  // namespace linktor
