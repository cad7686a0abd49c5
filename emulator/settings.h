// These are the settings of the emulator, which can be changed while it runs.
// Each call and each webhook takes a copy of them when it begins.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "server/base/mutex.h"
#include "server/base/secret.h"

namespace linktor::emulator {

// The defaults accept every customer and every token, so that a first try needs
// no settings.
struct EmulatorConfig {
  // Webhooks go to this URL. When it is empty, no webhook is sent.
  std::string webhook_url;
  // It signs webhooks. When it is empty, webhooks have no signature.
  Secret app_secret;
  // Meta's verification request to the webhook URL carries this token.
  Secret verify_token;
  // This is the Instagram professional account. In the path of a Graph call,
  // "me" and page_id mean it too.
  std::string account_id = "17841400000000001";
  // This is the Facebook Page of that account; it is empty when there is none.
  std::string page_id;
  // While it is true, echoes are held and not sent.
  bool hold_echoes = false;
  // When it is true, the echo of a send is delivered before the send is
  // answered. An echo that is held does not delay the answer.
  bool echo_before_answer = false;
  // This is the time from the answer of a send to its echo. On Instagram it is
  // about a second. The default is just long enough for the answer to arrive
  // first.
  absl::Duration echo_delay = absl::Milliseconds(20);
  // When it is true, the emulator refuses what Meta refuses: sends outside the
  // messaging windows, and calls that the settings below do not allow.
  // Otherwise it accepts every call that has a token, and every customer.
  bool strict = false;
  // This is the only valid token; any other token has expired. When it is
  // empty, any token is valid.
  Secret access_token;
  // These tokens are valid too, such as the token of the account's other login.
  std::vector<Secret> other_tokens;
  // These are the permissions that the token was granted. The default is the
  // list that messaging needs.
  std::vector<std::string> permissions = {
      "instagram_basic", "instagram_manage_messages", "pages_manage_metadata"};
  // It is true when Meta has approved the app. Otherwise the account can write
  // only to people with a role in the app (User::app_role).
  bool app_approved = true;
  // This is the switch "Allow access to messages" of the account's owner.
  bool access_to_messages = true;
  // This is the app's setting "Require App Secret": calls need a proof that is
  // made with app_secret. It applies without `strict` too.
  bool require_app_secret = false;
};

// This changes settings. A setting that is absent does not change.
struct ConfigChange {
  // Each member is explained at EmulatorConfig.
  std::optional<std::string> webhook_url;
  std::optional<Secret> app_secret;
  std::optional<Secret> verify_token;
  std::optional<std::string> account_id;
  std::optional<std::string> page_id;
  std::optional<bool> hold_echoes;
  std::optional<bool> echo_before_answer;
  std::optional<absl::Duration> echo_delay;
  std::optional<bool> strict;
  std::optional<Secret> access_token;
  std::optional<std::vector<Secret>> other_tokens;
  std::optional<std::vector<std::string>> permissions;
  std::optional<bool> app_approved;
  std::optional<bool> access_to_messages;
  std::optional<bool> require_app_secret;
};

// It is thread-safe. Each account has one Settings object; see account_list.h.
class Settings {
 public:
  // Makes the settings of the first account, which begin with `config`.
  explicit Settings(EmulatorConfig config);
  // Makes the settings of a further account. It belongs to the first account's
  // app until its own settings say otherwise: a setting that it has not set
  // itself always has the value of `first`. Only its id, page and tokens never
  // come from `first`, which must outlive this.
  Settings(const Settings& first, std::string account_id);

  // Returns a copy.
  EmulatorConfig Get() const;
  // Changes all settings that are present in one step, so that no reader sees
  // half of a change.
  void Apply(const ConfigChange& change);

  // Returns whether this account has this id or this page. It is false for an
  // empty id.
  bool Names(std::string_view id) const;
  // Returns whether the account itself has this token. It is false for an empty
  // token.
  bool HasToken(std::string_view token) const;

 private:
  // It is null in the first account's settings.
  const Settings* const first_ = nullptr;
  // This is the id of a further account, and it never changes. In the first
  // account's settings it is not used.
  const std::string account_id_;
  mutable Mutex mutex_;
  // These are the current settings of the first account.
  EmulatorConfig config_ ABSL_GUARDED_BY(mutex_);
  // These are the settings that a further account has set itself.
  ConfigChange own_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor::emulator
