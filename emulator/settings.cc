#include "emulator/settings.h"

#include <algorithm>
#include <optional>
#include <type_traits>
#include <utility>

namespace linktor::emulator {
namespace {

template <typename Value, typename Target>
void Take(const std::optional<Value>& change, Target& target) {
  if (!change.has_value()) return;
  if constexpr (std::is_same_v<Target, std::optional<Value>>) {
    target = change;
  } else {
    target = *change;
  }
}

// Sets what `change` has in `target`, which is either a configuration or
// another change.
template <typename Target>
void TakeAll(const ConfigChange& change, Target& target) {
  Take(change.webhook_url, target.webhook_url);
  Take(change.app_secret, target.app_secret);
  Take(change.verify_token, target.verify_token);
  Take(change.account_id, target.account_id);
  Take(change.page_id, target.page_id);
  Take(change.hold_echoes, target.hold_echoes);
  Take(change.echo_before_answer, target.echo_before_answer);
  Take(change.echo_delay, target.echo_delay);
  Take(change.strict, target.strict);
  Take(change.access_token, target.access_token);
  Take(change.other_tokens, target.other_tokens);
  Take(change.permissions, target.permissions);
  Take(change.app_approved, target.app_approved);
  Take(change.require_app_secret, target.require_app_secret);
  Take(change.access_to_messages, target.access_to_messages);
}

}  // namespace

Settings::Settings(EmulatorConfig config) : config_(std::move(config)) {}

Settings::Settings(const Settings& first, std::string account_id)
    : first_(&first), account_id_(std::move(account_id)) {}

EmulatorConfig Settings::Get() const {
  if (first_ == nullptr) {
    MutexLock lock(mutex_);
    return config_;
  }
  EmulatorConfig config = first_->Get();
  config.page_id.clear();
  config.access_token = Secret();
  config.other_tokens.clear();
  MutexLock lock(mutex_);
  TakeAll(own_, config);
  config.account_id = account_id_;
  return config;
}

void Settings::Apply(const ConfigChange& change) {
  MutexLock lock(mutex_);
  if (first_ == nullptr) {
    TakeAll(change, config_);
  } else {
    TakeAll(change, own_);
  }
}

bool Settings::Names(std::string_view id) const {
  if (id.empty()) return false;
  MutexLock lock(mutex_);
  if (first_ == nullptr) {
    return id == config_.account_id || id == config_.page_id;
  }
  return id == account_id_ || (own_.page_id.has_value() && id == *own_.page_id);
}

bool Settings::HasToken(std::string_view token) const {
  if (token.empty()) return false;
  const auto fits = [token](const Secret& secret) {
    return secret.Reveal() == token;
  };
  MutexLock lock(mutex_);
  if (first_ == nullptr) {
    return fits(config_.access_token) ||
           std::any_of(config_.other_tokens.begin(), config_.other_tokens.end(),
                       fits);
  }
  return (own_.access_token.has_value() && fits(*own_.access_token)) ||
         (own_.other_tokens.has_value() &&
          std::any_of(own_.other_tokens->begin(), own_.other_tokens->end(),
                      fits));
}

}  // namespace linktor::emulator
