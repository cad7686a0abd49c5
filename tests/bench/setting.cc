#include "tests/bench/setting.h"

#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace linktor::bench {

Arrangement::Arrangement(std::vector<std::string> server_options)
    : gateway_(std::move(server_options)) {
  if (!gateway_.server().running()) {
    std::fprintf(stderr, "the server does not start\n");
    std::exit(1);
  }
  gateway_.CreateChannel();
}

Target Arrangement::target() {
  return {.address = gateway_.server().webhook(),
          .path = absl::StrCat("/webhooks/instagram/", testing::kChannel),
          .account_id = testing::kAccount,
          .app_secret = testing::kAppSecret};
}

std::string RawProgram() { return testing::BinDir() + "/linktor-bench-raw"; }

}  // namespace linktor::bench
