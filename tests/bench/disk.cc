// Measures how many bytes of disk a text event takes, without its raw body, and
// which tables take them.

#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/sqlite/statement.h"
#include "tests/bench/http_load.h"
#include "tests/bench/setting.h"

namespace linktor::bench {
namespace {

// Tables that take less than this share of an event are left out.
constexpr double kLeastBytes = 1;

// Adds a row for each table with its indices.
void AddTables(sqlite::Database& database, double events, Report& report) {
  sqlite::Statement tables(database,
                           "SELECT tbl_name, sum(pgsize) FROM dbstat JOIN "
                           "sqlite_master USING (name) "
                           "WHERE tbl_name <> 'raw_items' GROUP BY tbl_name "
                           "ORDER BY sum(pgsize) DESC");
  for (;;) {
    const auto row = tables.Step();
    if (!row.ok()) std::abort();
    if (!*row) return;
    const double bytes = static_cast<double>(tables.Int(1)) / events;
    if (bytes < kLeastBytes) continue;
    report.Add({.name = absl::StrCat("disk of a text event in the table ",
                                     tables.String(0)),
                .unit = "bytes",
                .above = {bytes},
                .below = {1}});
  }
}

}  // namespace

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
  AddTables(**database, static_cast<double>(count), setting.report);
}

}  // namespace linktor::bench
