#include "emulator/meta_rules.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "server/base/crypto.h"
#include "server/base/strings.h"

namespace linktor::emulator {
namespace {

// The windows are open for so long after the customer's latest message.
constexpr absl::Duration kWindow = absl::Hours(24);
constexpr absl::Duration kHumanAgentWindow = absl::Hours(7 * 24);

constexpr int kUnauthorized = 401;
constexpr int kForbidden = 403;

bool MayMessage(const EmulatorConfig& config) {
  return std::any_of(config.permissions.begin(), config.permissions.end(),
                     [](const std::string& permission) {
                       return permission == "instagram_manage_messages" ||
                              permission ==
                                  "instagram_business_manage_messages";
                     });
}

// Refuses by the settings of this user, whatever the mode.
std::optional<GraphError> RefuseUser(const std::optional<User>& user) {
  if (!user.has_value()) return std::nullopt;
  if (!user->exists) return NoSuchUser();
  if (user->blocked) {
    return GraphError{.code = 551,
                      .subcode = 1545041,
                      .message =
                          "(#551) This person isn't available right "
                          "now."};
  }
  if (!user->messages_allowed) {
    return GraphError{.status = kForbidden,
                      .code = 10,
                      .subcode = 2018108,
                      .message =
                          "(#10) This person can't receive messages "
                          "right now."};
  }
  return std::nullopt;
}

// Refuses by the state of the app and of the account.
std::optional<GraphError> RefuseApp(const EmulatorConfig& config,
                                    const std::optional<User>& user) {
  if (!config.app_approved && !(user.has_value() && user->app_role)) {
    return GraphError{.status = kForbidden,
                      .code = 200,
                      .subcode = 2018028,
                      .message =
                          "(#200) Cannot message users who are not "
                          "admins, developers or testers of the app "
                          "until it is reviewed and approved."};
  }
  if (!config.access_to_messages) {
    return GraphError{.status = kForbidden,
                      .code = 200,
                      .subcode = 2534041,
                      .message =
                          "(#200) The account owner has disabled "
                          "access to Instagram Direct messages."};
  }
  return std::nullopt;
}

// Refuses a send outside of its window.
std::optional<GraphError> RefuseLate(const User& user, const SendRequest& send,
                                     absl::Time now) {
  const absl::Duration window = send.human_agent ? kHumanAgentWindow : kWindow;
  if (user.last_message.has_value() && now - *user.last_message <= window) {
    return std::nullopt;
  }
  return GraphError{.status = kForbidden,
                    .code = 10,
                    .subcode = 2534022,
                    .message =
                        "(#10) This message is sent outside of allowed "
                        "window."};
}

}  // namespace

std::optional<GraphError> RefuseToken(const EmulatorConfig& config,
                                      std::string_view token) {
  if (token.empty()) {
    return GraphError{
        .status = kUnauthorized,
        .code = 190,
        .message = "An access token is required to request this resource."};
  }
  if (!config.strict) return std::nullopt;
  if (!config.access_token.empty() && token != config.access_token.Reveal()) {
    return GraphError{.status = kUnauthorized,
                      .code = 190,
                      .subcode = 463,
                      .message =
                          "Error validating access token: Session has "
                          "expired."};
  }
  if (!MayMessage(config)) {
    return GraphError{.status = kForbidden,
                      .code = 200,
                      .message =
                          "(#200) Requires instagram_manage_messages "
                          "permission to manage the object"};
  }
  return std::nullopt;
}

std::optional<GraphError> RefuseProof(const EmulatorConfig& config,
                                      std::string_view token,
                                      std::string_view proof) {
  if (!config.require_app_secret) return std::nullopt;
  const auto refusal = [](const char* message) {
    return GraphError{
        .code = 100, .message = message, .type = "GraphMethodException"};
  };
  if (proof.empty()) {
    return refusal(
        "API calls from the server require an appsecret_proof "
        "argument");
  }
  const Digest right = HmacKey(config.app_secret.Reveal()).Sign(token);
  if (absl::BytesToHexString(ToAbsl(AsBytes(right))) != ToAbsl(proof)) {
    return refusal("Invalid appsecret_proof provided in the API argument");
  }
  return std::nullopt;
}

std::optional<GraphError> RefuseSend(const EmulatorConfig& config,
                                     const std::optional<User>& user,
                                     const SendRequest& send, absl::Time now) {
  if (!config.strict) return RefuseUser(user);
  if (auto error = RefuseApp(config, user)) return error;
  // An id that nobody has met is no user's, since a gateway can only have it
  // from a webhook.
  if (!user.has_value()) return NoSuchUser();
  if (auto error = RefuseUser(user)) return error;
  return RefuseLate(*user, send, now);
}

std::optional<GraphError> RefuseProfile(const EmulatorConfig& config,
                                        const std::optional<User>& user) {
  if (!user.has_value() || !user->exists) {
    return GraphError{.code = 9010,
                      .message = "(#9010) No matching Instagram user"};
  }
  if (!user->profile_consent ||
      (config.strict && !user->last_message.has_value())) {
    return GraphError{.code = 230,
                      .message =
                          "(#230) User consent is required to access "
                          "user profile"};
  }
  return std::nullopt;
}

}  // namespace linktor::emulator
