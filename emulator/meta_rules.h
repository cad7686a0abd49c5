// These functions refuse well-formed requests as Meta does, with Meta's codes.
// They check tokens, permissions, people who cannot be written to, and
// messaging windows. The numbers come from Meta's documents and not from the
// gateway's code, so that a mistake in the gateway is found. The functions are
// pure. Each returns nullopt when Meta would not refuse.

#pragma once

#include <optional>
#include <string_view>

#include "absl/time/time.h"
#include "emulator/graph_error.h"
#include "emulator/send_request.h"
#include "emulator/settings.h"
#include "emulator/user_list.h"

namespace linktor::emulator {

// Checks the token of a call. Without EmulatorConfig::strict it refuses only a
// missing token.
std::optional<GraphError> RefuseToken(const EmulatorConfig& config,
                                      std::string_view token);

// Checks the appsecret_proof of a call. `proof` is empty when the call has
// none. It is checked only with EmulatorConfig::require_app_secret.
std::optional<GraphError> RefuseProof(const EmulatorConfig& config,
                                      std::string_view token,
                                      std::string_view proof);

// Checks a send. `user` is the recipient, who is absent when the account does
// not know them. Without EmulatorConfig::strict only the settings of this user
// count. `now` decides the messaging windows. The app is checked first, then
// the user, and then the window.
std::optional<GraphError> RefuseSend(const EmulatorConfig& config,
                                     const std::optional<User>& user,
                                     const SendRequest& send, absl::Time now);

// Checks a call that reads a user's profile. `user` is absent when the account
// does not know them, and then the function always refuses. With
// EmulatorConfig::strict it refuses a user who has never written. In both modes
// it refuses a user whose consent a test has removed.
std::optional<GraphError> RefuseProfile(const EmulatorConfig& config,
                                        const std::optional<User>& user);

}  // namespace linktor::emulator
