// UserNames gives the Instagram user names of customers, as far as this server
// knows them. Ingest reads them here for webhooks, on the HTTP threads.
// Instagram is asked in the background, so that no webhook waits for Instagram.
// UserDirectory implements this interface. It is thread-safe.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "server/channels/registry.h"

namespace linktor::channels {

class UserNames {
 public:
  // It is an interface because the tests of webhooks have an implementation of
  // their own.
  virtual ~UserNames() = default;

  // Returns the user name; empty when the name is not known or cannot be read.
  // The first call about a user reads the disk; later calls answer from memory.
  virtual std::string Find(std::int64_t channel_no,
                           std::string_view user_id) = 0;

  // Reports that the customer has just written, so that Instagram may be asked
  // for their name. Instagram is not asked when it was asked about this
  // customer lately. It is asked only for a channel that has an access token
  // and was not refused lately. This function never blocks. The name comes some
  // time later, or never.
  virtual void OnActivity(const ChannelRegistry::EntryPtr& channel,
                          std::string_view user_id) = 0;
};

}  // namespace linktor::channels
