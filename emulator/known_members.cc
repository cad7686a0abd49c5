#include "emulator/known_members.h"

#include <algorithm>

namespace linktor::emulator {

const json::value* KnownMembers::Find(std::string_view name) const {
  return object_ == nullptr ? nullptr
                            : object_->if_contains({name.data(), name.size()});
}

void KnownMembers::ForEachUnknown(
    std::initializer_list<std::string_view> known,
    absl::FunctionRef<void(std::string_view)> report) const {
  if (object_ == nullptr) return;
  for (const json::key_value_pair& member : *object_) {
    const std::string_view name = member.key();
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      report(name);
    }
  }
}

}  // namespace linktor::emulator
