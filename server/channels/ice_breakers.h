// The ice breakers of channels are questions that a customer sees before the
// first message. Instagram keeps them; this server only remembers which there
// were, so that a tap on one is recognised. ChannelService calls this.

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

namespace linktor::channels {

// It is thread-safe. Requests have been validated. Each call ends by `done`,
// which is called once, before the call returns or later on another thread. Its
// errors are CHANNEL_NOT_FOUND, CREDENTIALS_MISSING (GraphAccountOf), and the
// reason that an error of Instagram's is mapped to.
class IceBreakers {
 public:
  // All must outlive this and the calls under way.
  IceBreakers(Executor& executor, ChannelAdmin& admin,
              const ChannelRegistry& registry, graph::GraphClient& graph)
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

  // Asks Instagram for the ice breakers that it has, and remembers them. The
  // answer is as good when they cannot be remembered, which is logged. It does
  // not block: remembering runs on the executor, since Graph's thread must not
  // wait for the journal.
  void Get(const std::string& channel_id,
           absl::AnyInvocable<void(absl::StatusOr<v1::GetIceBreakersResponse>)>
               done);

  // Removes all of them at Instagram. They stay remembered: a customer may
  // still have them on the screen. It does not block.
  void Delete(const std::string& channel_id,
              absl::AnyInvocable<void(absl::Status)> done);

 private:
  // Returns the channel as Graph calls see it, or the error that ends the call.
  absl::StatusOr<graph::GraphAccount> AccountOf(
      const std::string& channel_id) const;
  // Remembers the ice breakers that Instagram has, and logs when that fails. It
  // blocks on the journal.
  void RememberFound(const std::string& channel_id,
                     const v1::GetIceBreakersResponse& found);

  // It runs the part of Get that may block; Set is called on it already.
  Executor& executor_;
  ChannelAdmin& admin_;
  const ChannelRegistry& registry_;
  graph::GraphClient& graph_;
};

}  // namespace linktor::channels
