// These are the settings, which can be changed while the emulator runs. Each
// call and each webhook takes a copy of them when it begins.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "server/base/mutex.h"
#include "server/base/secret.h"

namespace linktor::emulator {

// The defaults make everybody welcome, so that a first try needs no settings.
struct EmulatorConfig {
  // Webhooks go to this URL; empty for nowhere.
  std::string webhook_url;
  // It signs webhooks. Without one they carry no signature.
  Secret app_secret;
  // The webhook URL is given it in Meta's verification.
  Secret verify_token;
  // This is the Instagram professional account that "me" and page_id stand for.
  std::string account_id = "17841400000000001";
  // This is the Facebook Page of that account; it is empty for none.
  std::string page_id;
  // Echoes are kept back until this is false again.
  bool hold_echoes = false;
  // The echo of a send is delivered before the send is answered. An echo that
  // is held back does not keep its answer waiting.
  bool echo_before_answer = false;
  // The time from the answer to a send to its echo. On Instagram it is about a
  // second; this is just enough for the answer to arrive first.
  absl::Duration echo_delay = absl::Milliseconds(20);
  // The emulator refuses what Meta refuses: messaging windows, and by the
  // settings that follow here. Otherwise every call with a token and every
  // customer is welcome.
  bool strict = false;
  // This is the one token that is valid; any other has expired. When it is
  // empty, any token is valid.
  Secret access_token;
  // These are valid beside access_token, such as the token of the account's
  // other login.
  std::vector<Secret> other_tokens;
  // These are the permissions that the token was granted. These are the ones
  // that messaging needs.
  std::vector<std::string> permissions = {
      "instagram_basic", "instagram_manage_messages", "pages_manage_metadata"};
  // Says that Meta has approved the app. Otherwise only people with a role in
  // it can be written to (User::app_role).
  bool app_approved = true;
  // This is the account owner's switch "Allow access to messages".
  bool access_to_messages = true;
  // This is the app's setting "Require App Secret": calls need a proof by
  // app_secret. It holds without `strict`, too.
  bool require_app_secret = false;
};

// A setting that is absent stays as it is.
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

// It is thread-safe. Each account has one; see account_list.h.
class Settings {
 public:
  // These are the settings of the first account. They begin with `config`.
  explicit Settings(EmulatorConfig config);
  // These are the settings of a further account, which belongs to the same app
  // until it is told otherwise: what it does not set itself is always as in
  // `first`, which must outlive this. Its id, page and tokens are its own.
  Settings(const Settings& first, std::string account_id);

  // Returns a copy.
  EmulatorConfig Get() const;
  // Changes all settings that are present at once, so that nobody sees half of
  // a change.
  void Apply(const ConfigChange& change);

  // Returns whether this is the account of that id, or of that page. An empty
  // id is nobody's.
  bool Names(std::string_view id) const;
  // Returns whether this is one of the account's own tokens. An empty one is
  // nobody's.
  bool HasToken(std::string_view token) const;

 private:
  // It is null in the first account's settings.
  const Settings* const first_ = nullptr;
  // This is the id of a further account. It never changes.
  const std::string account_id_;
  mutable Mutex mutex_;
  // These are the first account's settings in force.
  EmulatorConfig config_ ABSL_GUARDED_BY(mutex_);
  // This is what a further account has set itself.
  ConfigChange own_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor::emulator
