// UserNames gives the Instagram user names of customers, as far as this server
// knows them. Ingest reads them here for webhooks, on the HTTP threads.
// UserDirectory implements this interface. It asks Instagram on a thread of its
// own, so that no webhook waits for Instagram. Every implementation is
// thread-safe.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "server/channels/registry.h"

namespace linktor::channels {

class UserNames {
 public:
  // UserNames is an interface because the tests of webhooks have an
  // implementation of their own.
  virtual ~UserNames() = default;

  // Returns the user name; empty when the name is not known or cannot be read.
  // The first call about a customer may block, because it reads the disk. Later
  // calls answer from memory, as long as the name is kept there.
  virtual std::string Find(std::int64_t channel_no,
                           std::string_view user_id) = 0;

  // Reports that the customer has just written, so that Instagram may be asked
  // for the customer's name. Instagram is not asked if it was asked about this
  // customer lately. It is also not asked if the channel has no access token,
  // or if Instagram has lately refused the look-ups of the whole channel. This
  // function never blocks: it neither reads the disk nor waits for Instagram.
  // Find returns the name some time later, or never.
  virtual void OnActivity(const ChannelRegistry::EntryPtr& channel,
                          std::string_view user_id) = 0;
};

}  // namespace linktor::channels
