// The customers' Instagram user names, as far as they are known. Webhooks read
// them here; Instagram is asked in the background, off the webhook's path.
// Thread-safe.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "server/channels/registry.h"

namespace linktor {

class UserNames {
 public:
  virtual ~UserNames() = default;

  // The user name, or empty when it is not known. Reads the disk the first time
  // it is asked about a user.
  virtual std::string Find(std::int64_t channel_no,
                           std::string_view user_id) = 0;

  // The customer has just written, so that Instagram may be asked for their
  // name: asks if it is not known or was asked long ago. Never blocks.
  virtual void OnActivity(const ChannelRegistry::EntryPtr& channel,
                          std::string_view user_id) = 0;
};

}  // namespace linktor
