// This resolves a customer's tap on something that was offered to them: a quick
// reply, a button or an ice breaker. The function is pure.

#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "emulator/customer_event.h"
#include "emulator/profile_store.h"
#include "emulator/user_list.h"

namespace linktor::emulator {

// A Tap names the offered thing as a customer sees it; ResolveTap() finds it.
struct Tap {
  // This is the IGSID of the customer who taps. They need not have written
  // before, because ice breakers are for people who have not.
  std::string from;
  // This is the Instagram account that offered the thing. When it is empty, it
  // is EmulatorConfig::account_id.
  std::string to;
  // This is the text of the thing: the title of a quick reply or button, or the
  // question of an ice breaker. It may be empty when `payload` alone names the
  // thing.
  std::string title;
  // It chooses between things with the same title. When it is empty, any
  // payload fits.
  std::string payload;
  // When it is set, only things that this message offered count, and no ice
  // breakers. When it is empty, all offered things count. A test sets it when
  // several messages offer the same thing.
  std::string message_mid;
  // These two have the same meaning as in CustomerEvent.
  std::optional<absl::Time> time;
  bool standby = false;
};

// Returns the event that the tap makes. It looks for the newest quick reply or
// button of the user that fits the tap, and then for an ice breaker of the
// account. When nothing fits, it fails with INVALID_ARGUMENT and a sentence
// that lists the things that can be tapped.
absl::StatusOr<CustomerEvent> ResolveTap(const Tap& tap,
                                         const std::optional<User>& user,
                                         const ProfileStore& profiles,
                                         const std::string& account_id);

}  // namespace linktor::emulator
