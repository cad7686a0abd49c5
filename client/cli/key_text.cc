#include "client/cli/key_text.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/key_request.h"
#include "client/cli/text.h"

namespace linktor::cli {
namespace {

// A key may cover a thousand channels. A line of the table names only the first
// of them.
constexpr int kChannelsOnALine = 3;

using Row = std::vector<std::string>;

std::string Permissions(const v1::ApiKey& key) {
  std::vector<std::string> names;
  for (const int permission : key.permissions()) {
    names.push_back(PermissionName(static_cast<v1::Permission>(permission)));
  }
  return absl::StrJoin(names, ",");
}

// Returns the ids of at most `most` channels, and the number of further
// channels. Returns "all" for a key that covers all channels.
std::string Channels(const v1::ApiKey& key, int most) {
  if (key.channel_ids().empty()) return "all";
  std::vector<std::string> ids;
  for (const std::string& id : key.channel_ids()) {
    if (std::cmp_equal(ids.size(), most)) break;
    ids.push_back(EscapeControls(id));
  }
  const int rest = key.channel_ids_size() - static_cast<int>(ids.size());
  return absl::StrCat(absl::StrJoin(ids, ","),
                      rest > 0 ? absl::StrCat(" and ", rest, " more") : "");
}

std::string LastUse(const v1::ApiKey& key, const absl::TimeZone& zone) {
  return key.has_last_use_time() ? ShowTime(key.last_use_time(), zone)
                                 : "never";
}

// Returns the number of characters and not of bytes, so that the columns of the
// table are straight when names are not ASCII.
std::size_t Width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(),
      [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

std::string KeyState(const v1::ApiKey& key, absl::Time now) {
  if (key.disabled()) return "disabled";
  if (key.has_expire_time() &&
      absl::FromUnixSeconds(key.expire_time().seconds()) <= now) {
    return "expired";
  }
  return "live";
}

std::string Describe(const v1::ApiKey& key, absl::Time now,
                     const absl::TimeZone& zone) {
  std::string out;
  AddField(out, "key", EscapeControls(key.id()));
  AddField(out, "name", EscapeControls(key.name()));
  AddField(out, "permissions", Permissions(key));
  AddField(out, "channels", Channels(key, key.channel_ids_size()));
  AddField(out, "state", KeyState(key, now));
  AddField(out, "expires",
           key.has_expire_time() ? ShowTime(key.expire_time(), zone) : "never");
  AddField(out, "last use", LastUse(key, zone));
  AddField(out, "created", ShowTime(key.create_time(), zone));
  AddField(out, "changed", ShowTime(key.update_time(), zone));
  return out;
}

std::string KeyTable(const std::vector<v1::ApiKey>& keys, absl::Time now,
                     const absl::TimeZone& zone) {
  std::vector<Row> rows = {
      {"ID", "NAME", "PERMISSIONS", "CHANNELS", "STATE", "LAST USE"}};
  for (const v1::ApiKey& key : keys) {
    rows.push_back({EscapeControls(key.id()), EscapeControls(key.name()),
                    Permissions(key), Channels(key, kChannelsOnALine),
                    KeyState(key, now), LastUse(key, zone)});
  }
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], Width(row[i]));
    }
  }
  std::string out;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      absl::StrAppend(&line, row[i],
                      std::string(widths[i] + 2 - Width(row[i]), ' '));
    }
    absl::StripTrailingAsciiWhitespace(&line);
    absl::StrAppend(&out, line, "\n");
  }
  return out;
}

}  // namespace linktor::cli
