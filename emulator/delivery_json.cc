#include "emulator/delivery_json.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "emulator/control_json.h"
#include "emulator/json_reader.h"
#include "server/base/try.h"

namespace linktor::emulator {
namespace {

// Meta gives up after 36 hours; no test needs more.
constexpr std::int64_t kMaxMs = 36LL * 3600 * 1000;
// Meta puts at most so many updates into a webhook.
constexpr std::int64_t kMaxBatch = 1000;
constexpr std::int64_t kPercent = 100;
// Seeds are numbers that every reader of JSON keeps whole.
constexpr std::int64_t kMaxSeed = std::numeric_limits<std::int32_t>::max();

std::optional<absl::Duration> ReadMs(JsonReader& reader, const char* name,
                                     std::int64_t min) {
  const auto ms = reader.Integer(name, min, kMaxMs);
  if (!ms.has_value()) return std::nullopt;
  return absl::Milliseconds(*ms);
}

}  // namespace

absl::StatusOr<DeliveryChange> ReadDeliveryChange(const json::value& body) {
  JsonReader reader(
      body, {"hold", "redeliver", "first_pause_ms", "give_up_after_ms", "batch",
             "gather_ms", "reorder", "duplicate_percent", "seed"});
  DeliveryChange change{.hold = reader.Bool("hold"),
                        .redeliver = reader.Bool("redeliver"),
                        .first_pause = ReadMs(reader, "first_pause_ms", 1),
                        .give_up_after = ReadMs(reader, "give_up_after_ms", 0),
                        .gather = ReadMs(reader, "gather_ms", 0),
                        .reorder = reader.Bool("reorder")};
  if (const auto batch = reader.Integer("batch", 1, kMaxBatch)) {
    change.batch = static_cast<int>(*batch);
  }
  if (const auto share = reader.Integer("duplicate_percent", 0, kPercent)) {
    change.duplicate_percent = static_cast<int>(*share);
  }
  if (const auto seed = reader.Integer("seed", 1, kMaxSeed)) {
    change.seed = static_cast<std::uint64_t>(*seed);
  }
  LINKTOR_TRY(reader.status());
  return change;
}

absl::StatusOr<absl::Duration> ReadAhead(const json::value& body) {
  JsonReader reader(body, {"ahead_ms"});
  const auto ahead = ReadMs(reader, "ahead_ms", 0);
  LINKTOR_TRY(reader.status());
  return ahead.value_or(absl::ZeroDuration());
}

json::object DeliveryJson(const Courier::State& state) {
  const DeliverySettings& settings = state.settings;
  const DeliveryCounts& counts = state.counts;
  json::object out{
      {"hold", settings.hold},
      {"redeliver", settings.redeliver},
      {"first_pause_ms", absl::ToInt64Milliseconds(settings.first_pause)},
      {"give_up_after_ms", absl::ToInt64Milliseconds(settings.give_up_after)},
      {"batch", settings.batch},
      {"gather_ms", absl::ToInt64Milliseconds(settings.gather)},
      {"reorder", settings.reorder},
      {"duplicate_percent", settings.duplicate_percent},
      {"seed", settings.seed},
      {"waiting", counts.waiting},
      {"accepted", counts.accepted},
      {"refused", counts.refused},
      {"given_up", counts.given_up},
      {"next_due_ms", nullptr}};
  if (state.until_next < absl::InfiniteDuration()) {
    // It is rounded up, so that something is due when it has passed.
    out["next_due_ms"] = absl::ToInt64Milliseconds(
        absl::Ceil(state.until_next, absl::Milliseconds(1)));
  }
  return out;
}

json::array DeliveredJson(const std::vector<Courier::Delivered>& delivered) {
  json::array webhooks;
  for (const Courier::Delivered& one : delivered) {
    json::object entry = AnswerJson(one.answer);
    entry["n"] = one.answer.n;
    entry["updates"] = one.updates;
    webhooks.push_back(std::move(entry));
  }
  return webhooks;
}

}  // namespace linktor::emulator
