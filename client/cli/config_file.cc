#include "client/cli/config_file.h"

#include <toml++/toml.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/arguments.h"

namespace linktor::cli {
namespace {

constexpr char kFolder[] = "linktor-ig/config.toml";
constexpr char kDefault[] = "default";
constexpr char kServers[] = "servers";
constexpr char kApiKey[] = "api_key";

// Collects the problems of one file, each with its line.
class Problems {
 public:
  explicit Problems(std::string path) : path_(std::move(path)) {}

  void Add(const toml::source_region& at, const auto&... parts) {
    all_.push_back(absl::StrCat(path_, ":", at.begin.line, ": ", parts...));
  }
  absl::Status status() const {
    if (all_.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrJoin(all_, "; "));
  }

 private:
  const std::string path_;
  std::vector<std::string> all_;
};

bool IsPath(const std::string& key) {
  return key == "ca" || key == "cert" || key == "key" || key == "api_key_file";
}

void AddUnknownKey(const toml::key& key, const std::string& where,
                   Problems& problems) {
  if (key.str() == kApiKey) {
    problems.Add(key.source(),
                 "an API key does not belong into this file, which is copied "
                 "and shown around: put the key into a file of its own with "
                 "mode 0600, and name that file with api_key_file");
    return;
  }
  problems.Add(key.source(), where, " has no setting '", std::string(key.str()),
               "'");
}

// Stores the value of a setting in `entry`. A relative path begins at `folder`.
// A value that is empty or has the wrong type is a problem.
template <typename T>
void ReadValue(const toml::node& node, const Setting<T>& setting,
               const std::filesystem::path& folder, ConnectionOptions& entry,
               Problems& problems) {
  const std::optional<T> value = node.value_exact<T>();
  constexpr bool kIsText = std::is_same_v<T, std::string>;
  if (!value.has_value()) {
    problems.Add(node.source(), setting.entry,
                 kIsText ? " must be a text in quotation marks"
                         : " must be true or false");
    return;
  }
  entry.*setting.field = value;
  if constexpr (kIsText) {
    if (value->empty()) {
      problems.Add(node.source(), setting.entry, " is empty");
    } else if (IsPath(setting.entry)) {
      entry.*setting.field = (folder / *value).string();
    }
  }
}

// Reads the value when one of `settings` has this key. Returns false when none
// of them has it.
template <typename Settings>
bool ReadKnown(const toml::key& key, const toml::node& node,
               const Settings& settings, const std::filesystem::path& folder,
               ConnectionOptions& entry, Problems& problems) {
  for (const auto& setting : settings) {
    if (setting.entry == nullptr || key.str() != setting.entry) continue;
    ReadValue(node, setting, folder, entry, problems);
    return true;
  }
  return false;
}

void ReadEntry(const toml::key& name, const toml::node& node,
               const std::filesystem::path& folder, ConfigFile& file,
               Problems& problems) {
  const std::string where =
      absl::StrCat("[servers.", std::string(name.str()), "]");
  const toml::table* table = node.as_table();
  if (table == nullptr) {
    problems.Add(node.source(), where, " must be a table");
    return;
  }
  if (name.str().empty() || name.str().find(':') != std::string_view::npos) {
    problems.Add(name.source(), where,
                 ": the name of a server is not empty and has no colon, so "
                 "that it cannot be taken for an address");
    return;
  }
  ConnectionOptions& entry = file.servers[std::string(name.str())];
  for (const auto& [key, value] : *table) {
    if (!ReadKnown(key, value, kTextSettings, folder, entry, problems) &&
        !ReadKnown(key, value, kFlagSettings, folder, entry, problems)) {
      AddUnknownKey(key, where, problems);
    }
  }
  if (!table->contains("address")) {
    problems.Add(node.source(), where, " needs an address");
  } else if (entry.server.has_value()) {
    if (const absl::Status address = CheckAddress(*entry.server);
        !address.ok()) {
      problems.Add(table->get("address")->source(), address.message());
    }
  }
}

void ReadRoot(const toml::table& root, const std::filesystem::path& folder,
              ConfigFile& file, Problems& problems) {
  for (const auto& [key, node] : root) {
    if (key.str() == kServers && node.is_table()) {
      for (const auto& [name, entry] : *node.as_table()) {
        ReadEntry(name, entry, folder, file, problems);
      }
    } else if (key.str() == kServers) {
      problems.Add(node.source(), "servers must be tables: [servers.NAME]");
    } else if (key.str() != kDefault) {
      AddUnknownKey(key, "the file", problems);
    }
  }
  const toml::node* chosen = root.get(kDefault);
  if (chosen == nullptr) return;
  const auto name = chosen->value_exact<std::string>();
  if (!name.has_value()) {
    problems.Add(chosen->source(), "default must be a text in quotation marks");
  } else if (!file.servers.contains(*name)) {
    problems.Add(chosen->source(),
                 "default names no [servers.NAME] of this "
                 "file");
  } else {
    file.default_server = *name;
  }
}

}  // namespace

std::string DefaultConfigPath(const Environment& environment) {
  // The XDG Base Directory Specification says that a relative path in this
  // variable is ignored.
  const std::string xdg = environment("XDG_CONFIG_HOME").value_or("");
  if (absl::StartsWith(xdg, "/")) return absl::StrCat(xdg, "/", kFolder);
  const std::string home = environment("HOME").value_or("");
  if (home.empty()) return "";
  return absl::StrCat(home, "/.config/", kFolder);
}

absl::StatusOr<ConfigFile> ParseConfigFile(const std::string& toml,
                                           const std::string& path) {
  Problems problems(path);
  ConfigFile file{.path = path, .exists = true};
  try {
    const toml::table root = toml::parse(toml, path);
    ReadRoot(root, std::filesystem::path(path).parent_path(), file, problems);
  } catch (const toml::parse_error& error) {
    problems.Add(error.source(), std::string(error.description()));
  }
  if (absl::Status status = problems.status(); !status.ok()) return status;
  return file;
}

absl::StatusOr<ConfigFile> ReadConfigFile(const std::string& path,
                                          bool must_exist) {
  if (!must_exist) {
    std::error_code error;
    // When a folder of the path may not be searched, ReadFile() below fails.
    const auto type = std::filesystem::status(path, error).type();
    if (path.empty() || type == std::filesystem::file_type::not_found) {
      return ConfigFile{.path = path};
    }
  }
  const absl::StatusOr<std::string> toml = ReadFile(path);
  if (!toml.ok()) return toml.status();
  return ParseConfigFile(*toml, path);
}

}  // namespace linktor::cli
