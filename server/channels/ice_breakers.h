// Sets, reads and deletes the ice breakers of channels. Ice breakers are
// questions that a customer sees before the first message. Instagram stores
// them. This server only remembers which questions there were, so that it
// recognises a tap on such a question. ChannelService uses this class.

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

// It is thread-safe. The requests have been validated. Each call calls `done`
// exactly once: before the call returns, or later on another thread. The errors
// are CHANNEL_NOT_FOUND, CREDENTIALS_MISSING (see GraphAccountOf), and the
// reasons to which the errors of Instagram are mapped (see graph/error_map.h).
class IceBreakers {
 public:
  // All four objects must outlive this one and the calls that are under way.
  IceBreakers(Executor& executor, ChannelAdmin& admin,
              const ChannelRegistry& registry, graph::GraphClient& graph)
      : executor_(executor),
        admin_(admin),
        registry_(registry),
        graph_(graph) {}

  // Replaces the ice breakers of the channel. The server remembers the new ones
  // first, because a tap may come before Instagram's answer. If it cannot
  // remember them, the call fails with that error and does not ask Instagram.
  // The call waits for the journal, so it must be made on an executor.
  void Set(const v1::SetIceBreakersRequest& request,
           absl::AnyInvocable<void(absl::StatusOr<v1::SetIceBreakersResponse>)>
               done);

  // Asks Instagram for the ice breakers that it has, remembers them, and
  // returns them. If they cannot be remembered, the failure is only logged, and
  // the caller gets the ice breakers as usual. The call does not block: it
  // remembers them on the executor, because the Graph client's thread must not
  // wait for the journal.
  void Get(const std::string& channel_id,
           absl::AnyInvocable<void(absl::StatusOr<v1::GetIceBreakersResponse>)>
               done);

  // Deletes all ice breakers of the channel at Instagram. The server still
  // remembers them, because a customer may still have them on the screen. The
  // call does not block.
  void Delete(const std::string& channel_id,
              absl::AnyInvocable<void(absl::Status)> done);

 private:
  // Returns the account that a call to Meta needs (see GraphAccountOf), or the
  // error that ends the call.
  absl::StatusOr<graph::GraphAccount> AccountOf(
      const std::string& channel_id) const;
  // Remembers the ice breakers that Instagram has, and logs a failure to do so.
  // It blocks on the journal.
  void RememberFound(const std::string& channel_id,
                     const v1::GetIceBreakersResponse& found);

  // It runs the part of Get that may block. Set does not use it, because the
  // caller of Set is on an executor already.
  Executor& executor_;
  ChannelAdmin& admin_;
  const ChannelRegistry& registry_;
  graph::GraphClient& graph_;
};

}  // namespace linktor::channels
