// What Meta refuses although the request is well formed, with Meta's codes:
// tokens, permissions, people who cannot be written to, and messaging windows.
// Pure. The numbers are Meta's documents', not the gateway's: this is the
// other side.

#pragma once

#include <optional>
#include <string_view>

#include "absl/time/time.h"
#include "emulator/graph_error.h"
#include "emulator/send_request.h"
#include "emulator/settings.h"
#include "emulator/user_list.h"

namespace linktor::emulator {

// Of any call. Without EmulatorConfig::strict only a missing token is refused.
std::optional<GraphError> RefuseToken(const EmulatorConfig& config,
                                      std::string_view token);

// Checks what holds for any call. `proof` is its appsecret_proof, empty when it
// has none; it is looked at only with EmulatorConfig::require_app_secret.
std::optional<GraphError> RefuseProof(const EmulatorConfig& config,
                                      std::string_view token,
                                      std::string_view proof);

// Of a send; `user` is its recipient, absent when nobody has heard of them.
// Without EmulatorConfig::strict only what was set of this user counts.
std::optional<GraphError> RefuseSend(const EmulatorConfig& config,
                                     const std::optional<User>& user,
                                     const SendRequest& send, absl::Time now);

// Of reading a user's profile; absent for one that nobody has heard of.
// Without EmulatorConfig::strict their consent is not asked for.
std::optional<GraphError> RefuseProfile(const EmulatorConfig& config,
                                        const std::optional<User>& user);

}  // namespace linktor::emulator
