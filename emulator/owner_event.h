// These are the actions of the account's owner, as values: what they do in the
// Instagram app, which no API call asked for. Webhooks tell of it all the same.
// The functions are pure.

#pragma once

#include <string>
#include <string_view>

#include "emulator/customer_event.h"

namespace linktor::emulator {

// Makes an event of the owner's of a customer's: `from` is then the customer
// with whom the owner did it. So a message that the owner writes in the app is
// made, which is told as an echo, and an edit, a reaction or an unsend.
CustomerEvent ByAccount(CustomerEvent event);

// Makes an event that the account does to itself, as developers do to try an
// app. It is marked as such besides.
CustomerEvent ByAccountToItself(CustomerEvent event);

// Returns the account's own id as a person, made up from its id. Instagram
// names it where the account writes or comments to itself.
std::string OwnScopedId(std::string_view account_id);

}  // namespace linktor::emulator
