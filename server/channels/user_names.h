// UserNames are the customers' Instagram user names, as far as they are known.
// Webhooks read them here; Instagram is asked in the background, off the
// webhook's path. Ingest calls this on the HTTP threads, and UserDirectory
// implements it. It is thread-safe.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "server/channels/registry.h"

namespace linktor::channels {

class UserNames {
 public:
  // Tests of webhooks have an implementation of their own.
  virtual ~UserNames() = default;

  // Returns the user name; empty when it is not known, or cannot be read. It
  // reads the disk the first time it is asked about a user, and then answers
  // from memory.
  virtual std::string Find(std::int64_t channel_no,
                           std::string_view user_id) = 0;

  // Reports that the customer has just written, so that Instagram may be asked
  // for their name. It is asked when it was not asked lately, and only about a
  // channel that has an access token and was not refused lately. This never
  // blocks; the name comes some time later, or never.
  virtual void OnActivity(const ChannelRegistry::EntryPtr& channel,
                          std::string_view user_id) = 0;
};

}  // namespace linktor::channels
