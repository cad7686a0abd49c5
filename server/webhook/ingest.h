// Makes one journal record of one webhook POST: decides whose each item is,
// names and seals it; has the names of customers who write looked up.
// Thread-safe.

#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "server/base/clock.h"
#include "server/channels/registry.h"
#include "server/channels/user_names.h"
#include "server/store/records.h"
#include "server/store/sealer.h"
#include "server/webhook/parser.h"

namespace linktor {

class Ingest {
 public:
  Ingest(const Clock& clock, Sealer& sealer, const ChannelRegistry& registry,
         UserNames& names)
      : clock_(clock), sealer_(sealer), registry_(registry), names_(names) {}

  // `path` is the channel of the URL, `secret` the fingerprint of the app
  // secret that the body was signed with. `body` as for ParseWebhook. Fails
  // only when a data key cannot be read.
  absl::StatusOr<WebhookRecord> MakeRecord(
      const ChannelRegistry::EntryPtr& path, std::string_view secret,
      std::string_view body);

 private:
  struct Context;
  // Both move out what they keep of `parsed`.
  absl::Status AddItem(ParsedItem& parsed, Context& context);
  absl::Status DraftEvent(ParsedItem& parsed,
                          const ChannelRegistry::EntryPtr& channel,
                          Context& context, WebhookItem& item);

  const Clock& clock_;
  Sealer& sealer_;
  const ChannelRegistry& registry_;
  UserNames& names_;
};

}  // namespace linktor
