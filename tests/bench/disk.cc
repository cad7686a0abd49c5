// How many bytes of disk a text event takes, without its raw body.

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "tests/bench/http_load.h"
#include "tests/bench/setting.h"

namespace linktor::bench {

void MeasureDisk(const Setting& setting) {
  constexpr std::size_t kEvents = 50'000;
  Arrangement server({"--raw-max-bytes", "0", "--raw-retention", "0s"});
  PostMaker posts(server.target(), 1000);
  const std::size_t count = setting.Scaled(kEvents);
  (void)RunLoad(
      {.address = server.target().address, .requests = posts.Many(count)});
  // Ends with a checkpoint: all is in the one file.
  (void)server.gateway().server().Terminate();
  const auto bytes = std::filesystem::file_size(server.gateway().folder() +
                                                "/data/gateway.db");
  setting.report.Add(
      {.name = "disk of a text event without its raw body",
       .unit = "bytes",
       .at_most = 700,
       .above = {static_cast<double>(bytes) / static_cast<double>(count)},
       .below = {1}});
}

}  // namespace linktor::bench
