#include "server/app/check.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/app/app.h"
#include "server/app/core_dumps.h"
#include "server/http/listener.h"
#include "server/journal/data_folder.h"
#include "server/rpc/listening_sockets.h"
#include "server/seal/master_key.h"

namespace linktor::app {
namespace {

using Problems = std::vector<std::string>;

void Add(const absl::Status& status, Problems& problems) {
  if (!status.ok()) problems.emplace_back(status.message());
}

void CheckKeyMode(const std::string& path, Problems& problems) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return;
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) == 0) return;
  problems.push_back(absl::StrCat(
      "others than its owner may read or write the master key file ", path,
      "; run: chmod 600 ", path));
}

// Checks the rights in the folder; when it is not there, the nearest folder
// above it decides whether it can be made.
void CheckFolder(const std::string& folder, Problems& problems) {
  std::error_code error;
  std::filesystem::path tried(folder);
  while (!tried.empty() && !std::filesystem::exists(tried, error)) {
    tried = tried.parent_path();
  }
  if (tried.empty()) tried = ".";
  if (!std::filesystem::is_directory(tried, error)) {
    problems.push_back(absl::StrCat(tried.string(), " is no folder"));
  } else if (::access(tried.c_str(), R_OK | W_OK | X_OK) != 0) {
    problems.push_back(absl::StrCat("cannot write in the folder ",
                                    tried.string(), ": ",
                                    std::strerror(errno)));
  }
}

// Tries to bind the three listeners' addresses. Its sockets stay open until it
// goes, so that two settings with one address collide, as they would in a
// server.
class ListenChecks {
 public:
  // `in_use` says that a server uses the data folder, and may be the one that
  // listens.
  ListenChecks(bool in_use, HostCheck& found)
      : in_use_(in_use), found_(found) {}

  void Grpc(const std::string& listen) {
    const std::string path = UnixPathOf(listen);
    if (path.empty()) {
      Tcp("grpc-listen", listen);
    } else {
      Take("grpc-listen", rpc::ListeningSockets::CanListenOnUnix(path));
    }
  }

  void Tcp(const char* name, const std::string& listen) {
    std::string host;
    std::uint16_t port = 0;
    if (!http::SplitHostPort(listen, host, port)) return;
    auto sockets = rpc::ListeningSockets::ListenOnTcp(host, port);
    Take(name, sockets.status());
    if (sockets.ok()) open_.push_back(*std::move(sockets));
  }

 private:
  void Take(const char* name, const absl::Status& status) {
    if (status.ok()) return;
    const std::string text =
        absl::StrCat(name, ": ", std::string(status.message()));
    if (in_use_ && absl::IsUnavailable(status)) {
      found_.notes.push_back(absl::StrCat(
          text, "; a server uses the data folder, and it may be this one"));
    } else {
      found_.problems.push_back(text);
    }
  }

  const bool in_use_;
  HostCheck& found_;
  std::vector<rpc::ListeningSockets> open_;
};

}  // namespace

HostCheck CheckHost(const Config& config, const Clock& clock) {
  HostCheck found;
  Problems& problems = found.problems;
  if (!config.access.allow_core_dumps) Add(ForbidCoreDumps(), problems);
  const absl::StatusOr<Secret> key =
      seal::ReadMasterKey(config.master_key_file);
  Add(key.status(), problems);
  CheckKeyMode(config.master_key_file, problems);
  const std::size_t before = problems.size();
  CheckFolder(config.data_dir, problems);
  bool in_use = false;
  if (key.ok() && problems.size() == before) {
    const absl::StatusOr<bool> used =
        journal::DataFolder::Examine(config.data_dir, *key);
    Add(used.status(), problems);
    in_use = used.ok() && *used;
  }
  if (in_use) {
    found.notes.push_back(absl::StrCat("a server uses the data folder ",
                                       config.data_dir,
                                       " now; a second one would not start"));
  }
  Add(App::CheckCertificates(config, clock), problems);
  ListenChecks listen(in_use, found);
  listen.Grpc(config.grpc_listen);
  listen.Tcp("webhook-listen", config.webhook_listen);
  listen.Tcp("admin-listen", config.admin_listen);
  return found;
}

bool CheckAndTell(const Config& config, const Clock& clock) {
  const HostCheck found = CheckHost(config, clock);
  for (const std::string& note : found.notes) {
    std::cout << "note: " << note << "\n";
  }
  if (found.problems.empty()) {
    std::cout << "the configuration is good\n";
  } else {
    std::cerr << absl::StrJoin(found.problems, "\n") << "\n";
  }
  return found.problems.empty();
}

}  // namespace linktor::app
