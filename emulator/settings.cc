#include "emulator/settings.h"

#include <utility>

namespace linktor::emulator {
namespace {

template <typename Value>
void Take(const std::optional<Value>& change, Value& value) {
  if (change.has_value()) value = *change;
}

}  // namespace

Settings::Settings(EmulatorConfig config) : config_(std::move(config)) {}

EmulatorConfig Settings::Get() const {
  MutexLock lock(mutex_);
  return config_;
}

void Settings::Apply(const ConfigChange& change) {
  MutexLock lock(mutex_);
  Take(change.webhook_url, config_.webhook_url);
  Take(change.app_secret, config_.app_secret);
  Take(change.verify_token, config_.verify_token);
  Take(change.account_id, config_.account_id);
  Take(change.page_id, config_.page_id);
  Take(change.hold_echoes, config_.hold_echoes);
  Take(change.echo_before_answer, config_.echo_before_answer);
  Take(change.echo_delay, config_.echo_delay);
  Take(change.strict, config_.strict);
  Take(change.access_token, config_.access_token);
  Take(change.permissions, config_.permissions);
  Take(change.app_approved, config_.app_approved);
  Take(change.require_app_secret, config_.require_app_secret);
  Take(change.access_to_messages, config_.access_to_messages);
}

}  // namespace linktor::emulator
