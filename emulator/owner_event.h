// These are the actions of the account's owner, as values. The owner does them
// in the Instagram app, so no API call asked for them. Instagram sends webhooks
// about them too. The functions are pure.

#pragma once

#include <string>
#include <string_view>

#include "emulator/customer_event.h"

namespace linktor::emulator {

// Turns an event of a customer into an event of the owner; `from` is then the
// customer that the owner did it to. For example, a message becomes one that
// the owner writes in the app, and Instagram sends it as an echo. Edits,
// reactions and unsends can be turned in this way too.
CustomerEvent ByAccount(CustomerEvent event);

// Turns an event into one that the account does to itself, as developers do to
// try an app. Instagram marks such an event with is_self.
CustomerEvent ByAccountToItself(CustomerEvent event);

// Returns the account's own id as a person. The emulator makes it up from the
// account's id. Instagram gives this id when the account writes or comments to
// itself.
std::string OwnScopedId(std::string_view account_id);

}  // namespace linktor::emulator
