// This is a customer's tap on something that was offered to them. It is pure.

#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "emulator/customer_event.h"
#include "emulator/profile_store.h"
#include "emulator/user_list.h"

namespace linktor::emulator {

// A Tap names the thing as a customer sees it; ResolveTap finds it.
struct Tap {
  // This is the customer who taps, by their Instagram-scoped id (IGSID). They
  // need not have written before: ice breakers are for people who have not.
  std::string from;
  // This is the Instagram account that offered it; it is
  // EmulatorConfig::account_id when it is empty.
  std::string to;
  // This is the text of the thing: the title of a quick reply or button, or the
  // question of an ice breaker. It is empty when payload says which is meant.
  std::string title;
  // It tells apart things of the same title; empty stands for any.
  std::string payload;
  // Only this message's offers count; empty stands for all, ice breakers
  // included. A test names it when several messages offer the same.
  std::string message_mid;
  // Both are as in CustomerEvent.
  std::optional<absl::Time> time;
  bool standby = false;
};

// Returns the event that the tap makes: the newest match of the user's quick
// replies and buttons, or else one of the account's ice breakers. It fails with
// INVALID_ARGUMENT and a sentence, which lists what can be tapped, when there
// is none.
absl::StatusOr<CustomerEvent> ResolveTap(const Tap& tap,
                                         const std::optional<User>& user,
                                         const ProfileStore& profiles,
                                         const std::string& account_id);

}  // namespace linktor::emulator
