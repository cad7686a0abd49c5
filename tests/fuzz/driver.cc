// What libFuzzer calls. One program has all targets, because linking is what
// takes time: LINKTOR_FUZZ_TARGET names the one to run. It is a variable and
// no argument, so that processes which libFuzzer starts know it, too.

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "tests/fuzz/properties.h"

namespace {

using linktor::fuzz::Property;

const Property& Chosen() {
  const char* variable = std::getenv("LINKTOR_FUZZ_TARGET");
  const std::string_view name = variable != nullptr ? variable : "";
  for (const Property& property : linktor::fuzz::Properties()) {
    if (name == property.name) return property;
  }
  std::fprintf(stderr, "LINKTOR_FUZZ_TARGET must be one of:");
  for (const Property& property : linktor::fuzz::Properties()) {
    std::fprintf(stderr, " %s", property.name);
  }
  std::fprintf(stderr, "\n");
  std::exit(2);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  static const Property& property = Chosen();
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (const auto violation = property.check(input)) {
    std::fprintf(stderr, "%s: %s\n", property.name, violation->c_str());
    std::abort();
  }
  return 0;
}
