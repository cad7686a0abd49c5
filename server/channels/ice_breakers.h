// Sets, reads and deletes the ice breakers of channels. Ice breakers are
// questions that a customer sees before the first message. Instagram stores
// them. This server only remembers which questions there were. It needs them to
// recognise a tap on such a question, because Meta's webhook does not say
// whether the tapped button was an ice breaker. ChannelService uses this class.

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

// An IceBreakers object is thread-safe. The requests have been validated. Each
// function calls `done` exactly once: before it returns, or later on another
// thread. The reasons of its errors are CHANNEL_NOT_FOUND, CREDENTIALS_MISSING
// (see GraphAccountOf), and the reasons to which Instagram's errors are mapped
// (see graph/error_map.h).
class IceBreakers {
 public:
  // All four objects must outlive the IceBreakers object and the calls that are
  // under way.
  IceBreakers(Executor& executor, ChannelAdmin& admin,
              const ChannelRegistry& registry, graph::GraphClient& graph)
      : executor_(executor),
        admin_(admin),
        registry_(registry),
        graph_(graph) {}

  // Replaces the ice breakers of the channel. The server remembers the new ones
  // first, because a tap may come before Instagram's answer. If it cannot
  // remember them, Set fails with the error of
  // ChannelAdmin::RememberIceBreakers and does not call Instagram. Set blocks
  // until the journal has stored the new ice breakers, so it must be called on
  // the executor. It does not wait for Instagram's answer.
  void Set(const v1::SetIceBreakersRequest& request,
           absl::AnyInvocable<void(absl::StatusOr<v1::SetIceBreakersResponse>)>
               done);

  // Asks Instagram for the channel's ice breakers, remembers them, and gives
  // them to `done`. If the server cannot remember them, it only logs the
  // failure, and `done` still gets the ice breakers. Get does not block.
  // Instagram's answer comes on the Graph client's thread, which must not
  // block. So the ice breakers are remembered on the executor.
  void Get(const std::string& channel_id,
           absl::AnyInvocable<void(absl::StatusOr<v1::GetIceBreakersResponse>)>
               done);

  // Deletes all ice breakers of the channel at Instagram. The server still
  // remembers them, because a customer may still have them on the screen.
  // Delete does not block.
  void Delete(const std::string& channel_id,
              absl::AnyInvocable<void(absl::Status)> done);

 private:
  // Returns the account that a call to Meta needs (see GraphAccountOf), or the
  // error that ends the call.
  absl::StatusOr<graph::GraphAccount> AccountOf(
      const std::string& channel_id) const;
  // Remembers the ice breakers that Instagram has, and logs a failure to do so.
  // It blocks until the journal has stored them.
  void RememberFound(const std::string& channel_id,
                     const v1::GetIceBreakersResponse& found);

  // The executor runs the part of Get that may block. Set does not use it,
  // because the caller of Set is on the executor already.
  Executor& executor_;
  ChannelAdmin& admin_;
  const ChannelRegistry& registry_;
  graph::GraphClient& graph_;
};

}  // namespace linktor::channels
