// Measures how many bytes of disk a text event takes, without its raw body.

#include <cstdlib>

#include "server/sqlite/statement.h"
#include "tests/bench/http_load.h"
#include "tests/bench/setting.h"

namespace linktor::bench {

void MeasureDisk(const Setting& setting) {
  constexpr std::size_t kEvents = 50'000;
  Arrangement server;
  PostMaker posts(server.target(), 1000);
  const std::size_t count = setting.Scaled(kEvents);
  (void)RunLoad(
      {.address = server.target().address, .requests = posts.Many(count)});
  // The server's end brings a checkpoint, so that all is in the one file.
  (void)server.gateway().server().Terminate();
  const auto database =
      sqlite::Database::Open(server.gateway().folder() + "/data/gateway.db",
                             sqlite::Database::Mode::kReadOnly);
  if (!database.ok()) std::abort();
  // Items as received have a table and an index.
  sqlite::Statement pages(**database,
                          "SELECT sum(pgsize) FROM dbstat "
                          "WHERE name NOT LIKE 'raw_items%'");
  if (!pages.Step().value_or(false)) std::abort();
  setting.report.Add({.name = "disk of a text event without its raw body",
                      .unit = "bytes",
                      .at_most = 700,
                      .above = {static_cast<double>(pages.Int(0)) /
                                static_cast<double>(count)},
                      .below = {1}});
}

}  // namespace linktor::bench
