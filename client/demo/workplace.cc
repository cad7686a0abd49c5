#include "client/demo/workplace.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace linktor::demo {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMasterKeyBytes = 32;

}  // namespace

std::string Sibling(std::string_view program) {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  return (self.parent_path() / program).string();
}

std::string FreeAddress(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  // Servers set this option, too. With it, connections that were just closed do
  // not make a port count as taken.
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const bool free = bind(fd, reinterpret_cast<const sockaddr*>(&address),
                         sizeof(address)) == 0;
  close(fd);
  return absl::StrCat("127.0.0.1:", free ? port : 0);
}

absl::StatusOr<std::unique_ptr<Workplace>> Workplace::Create(
    const std::string& folder) {
  std::error_code error;
  if (folder.empty()) {
    std::string name =
        (fs::temp_directory_path(error) / "linktor-ig-demo.XXXXXX").string();
    if (error || mkdtemp(name.data()) == nullptr) {
      return absl::UnavailableError("cannot make a temporary folder");
    }
    return std::unique_ptr<Workplace>(new Workplace(name, true));
  }
  fs::create_directories(folder, error);
  if (error) {
    return absl::UnavailableError(
        absl::StrCat("cannot make ", folder, ": ", error.message()));
  }
  return std::unique_ptr<Workplace>(
      new Workplace(fs::absolute(folder, error).string(), false));
}

Workplace::Workplace(std::string folder, bool temporary)
    : folder_(std::move(folder)), temporary_(temporary) {}

Workplace::~Workplace() {
  std::error_code ignored;
  if (temporary_) fs::remove_all(folder_, ignored);
}

std::string Workplace::Path(std::string_view name) const {
  return (fs::path(folder_) / name).string();
}

absl::StatusOr<std::string> Workplace::MasterKeyFile() const {
  const std::string path = Path("master.key");
  const int fd =
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0 && errno == EEXIST) return path;
  std::string key(kMasterKeyBytes, '\0');
  bool written = fd >= 0 && getrandom(key.data(), key.size(), 0) ==
                                static_cast<ssize_t>(key.size());
  if (written) {
    const std::string text = absl::BytesToHexString(key) + "\n";
    written = write(fd, text.data(), text.size()) ==
              static_cast<ssize_t>(text.size());
  }
  const int error = errno;
  if (fd >= 0) close(fd);
  if (written) return path;
  return absl::UnavailableError(
      absl::StrCat("cannot write ", path, ": ", std::strerror(error)));
}

}  // namespace linktor::demo
