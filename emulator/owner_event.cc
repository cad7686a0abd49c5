#include "emulator/owner_event.h"

#include <algorithm>
#include <utility>

#include "server/kinds/table.h"

namespace linktor::emulator {

CustomerEvent ByAccount(CustomerEvent event) {
  event.by_account = true;
  if (event.kind == kinds::kMessageKey) event.value["is_echo"] = true;
  return event;
}

CustomerEvent ByAccountToItself(CustomerEvent event) {
  event = ByAccount(std::move(event));
  event.self = true;
  if (event.kind == kinds::kMessageKey) event.value["is_self"] = true;
  return event;
}

std::string OwnScopedId(std::string_view account_id) {
  // Ids of people have 15 to 17 digits, and those of accounts 17.
  constexpr std::size_t kDigits = 15;
  return "9" + std::string(account_id.substr(
                   account_id.size() - std::min(account_id.size(), kDigits)));
}

}  // namespace linktor::emulator
