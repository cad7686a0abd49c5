// The ice breakers of channels, as Instagram has them: the questions that a
// customer sees before the first message. They are kept by Instagram; this
// server only remembers which there were, so that a tap on one is recognised.

#pragma once

#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "linktor/instagram/v1/channel_service.pb.h"
#include "server/base/executor.h"
#include "server/channels/channel_admin.h"
#include "server/channels/registry.h"
#include "server/graph/client.h"

namespace linktor {

// Thread-safe. The gRPC service calls it with requests that have been
// validated. Each call ends by `done`, which is called once, before the call
// returns or later on another thread: CHANNEL_NOT_FOUND, what GraphAccountOf
// says of a channel without credentials, or what Instagram answered.
class IceBreakers {
 public:
  // All must outlive this and the calls under way.
  IceBreakers(Executor& executor, ChannelAdmin& admin,
              const ChannelRegistry& registry, GraphClient& graph)
      : executor_(executor),
        admin_(admin),
        registry_(registry),
        graph_(graph) {}

  // Replaces the ice breakers of the channel. They are remembered first, since
  // a tap may come before Instagram's answer; the call fails without asking
  // Instagram when they cannot be. It waits for the journal: call on an
  // executor.
  void Set(const v1::SetIceBreakersRequest& request,
           absl::AnyInvocable<void(absl::StatusOr<v1::SetIceBreakersResponse>)>
               done);

  // Asks Instagram for those that it has, and remembers them; the answer is as
  // good when they cannot be remembered, which is logged. It does not block.
  void Get(const std::string& channel_id,
           absl::AnyInvocable<void(absl::StatusOr<v1::GetIceBreakersResponse>)>
               done);

  // Takes all of them from Instagram. It does not block.
  void Delete(const std::string& channel_id,
              absl::AnyInvocable<void(absl::Status)> done);

 private:
  // Returns how Graph calls see the channel.
  absl::StatusOr<GraphAccount> AccountOf(const std::string& channel_id) const;
  // Remembers what Instagram has; blocks on the journal.
  void RememberFound(const std::string& channel_id,
                     const v1::GetIceBreakersResponse& found);

  Executor& executor_;
  ChannelAdmin& admin_;
  const ChannelRegistry& registry_;
  GraphClient& graph_;
};

}  // namespace linktor
