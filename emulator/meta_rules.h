// These are Meta's refusals of well-formed requests, with Meta's codes: tokens,
// permissions, people who cannot be written to, and messaging windows. The
// numbers are those of Meta's documents, and not the gateway's, because this is
// the other side. The functions are pure; each returns nullopt when Meta would
// not refuse.

#pragma once

#include <optional>
#include <string_view>

#include "absl/time/time.h"
#include "emulator/graph_error.h"
#include "emulator/send_request.h"
#include "emulator/settings.h"
#include "emulator/user_list.h"

namespace linktor::emulator {

// Checks the token of any call. Without EmulatorConfig::strict only a missing
// token is refused.
std::optional<GraphError> RefuseToken(const EmulatorConfig& config,
                                      std::string_view token);

// Checks the proof of any call. `proof` is its appsecret_proof, empty when it
// has none; it is looked at only with EmulatorConfig::require_app_secret.
std::optional<GraphError> RefuseProof(const EmulatorConfig& config,
                                      std::string_view token,
                                      std::string_view proof);

// Checks a send; `user` is its recipient, absent when nobody has heard of them.
// Without EmulatorConfig::strict only the settings of this user count. `now`
// decides the windows. The app is checked first, then the person, and then the
// window.
std::optional<GraphError> RefuseSend(const EmulatorConfig& config,
                                     const std::optional<User>& user,
                                     const SendRequest& send, absl::Time now);

// Checks the reading of a user's profile; `user` is absent for one that nobody
// has heard of, and for such a one it always refuses. Without
// EmulatorConfig::strict only a consent that a test has taken away is missing.
std::optional<GraphError> RefuseProfile(const EmulatorConfig& config,
                                        const std::optional<User>& user);

}  // namespace linktor::emulator
