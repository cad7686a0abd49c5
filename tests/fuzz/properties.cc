#include "tests/fuzz/properties.h"

#include <array>

namespace linktor::fuzz {

std::span<const Property> Properties() {
  static constexpr std::array kProperties = {
      Property{"webhook", CheckWebhook},
      Property{"signature", CheckSignature},
      Property{"cursor", CheckCursor},
      Property{"graph", CheckGraph},
      Property{"config", CheckConfiguration},
  };
  return kProperties;
}

}  // namespace linktor::fuzz
