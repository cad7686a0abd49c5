#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/app/config.h"
#include "tests/fuzz/properties.h"

namespace linktor::fuzz {
namespace {

// A MemoryFile is a file in memory only.
class MemoryFile {
 public:
  MemoryFile() : fd_(memfd_create("linktor-fuzz", MFD_CLOEXEC)) {
    if (fd_ < 0) {
      std::perror("memfd_create");
      std::exit(2);
    }
  }
  ~MemoryFile() { close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  void Write(std::string_view text) const {
    if (ftruncate(fd_, 0) != 0 || pwrite(fd_, text.data(), text.size(), 0) !=
                                      static_cast<ssize_t>(text.size())) {
      std::perror("memory file");
      std::exit(2);
    }
  }
  std::string path() const { return absl::StrCat("/proc/self/fd/", fd_); }

 private:
  const int fd_;
};

struct Input {
  std::vector<std::string> arguments = {"linktor-igd"};
  std::string_view file;
};

Input Split(std::string_view text) {
  Input input;
  while (!text.empty() && text.front() != '\n') {
    const std::size_t end = std::min(text.find('\n'), text.size());
    // It could name a device that never ends.
    const std::string_view line = text.substr(0, end);
    if (!line.starts_with("--config")) input.arguments.emplace_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (!text.empty()) input.file = text.substr(1);
  return input;
}

// By the C library, where the server asks Boost.
bool IsLoopbackAddress(std::string host) {
  if (host == "localhost") return true;
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  // The zone does not matter.
  host = host.substr(0, host.find('%'));
  in_addr v4{};
  in6_addr v6{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    return ntohl(v4.s_addr) >> 24U == 127;
  }
  return inet_pton(AF_INET6, host.c_str(), &v6) == 1 &&
         IN6_IS_ADDR_LOOPBACK(&v6);
}

bool IsSafeUrl(std::string_view url) {
  if (url.starts_with("https://")) return true;
  if (!url.starts_with("http://")) return false;
  url.remove_prefix(7);
  url = url.substr(0, url.find_first_of("/?#"));
  if (const std::size_t at = url.rfind('@'); at != std::string_view::npos) {
    url.remove_prefix(at + 1);
  }
  // Up to the port, or to the end of an address with colons.
  const std::size_t end = url.starts_with('[') ? url.find(']') : url.find(':');
  if (end != std::string_view::npos) {
    url = url.substr(0, end + (url.starts_with('[') ? 1 : 0));
  }
  return IsLoopbackAddress(std::string(url));
}

bool IsPublic(const std::string& listen) {
  return !IsLoopbackAddress(listen.substr(0, listen.rfind(':')));
}

// What other machines can reach is protected, or somebody has said that it need
// not be.
Violation CheckReach(const app::Config& config) {
  const app::Access& access = config.access;
  if (!config.grpc_listen.starts_with("unix:") &&
      IsPublic(config.grpc_listen)) {
    if (!access.keys && !access.allow_grpc_without_keys) {
      return "other machines can call without a key";
    }
    if (access.grpc_tls_cert.empty() && !access.allow_grpc_without_tls) {
      return "other machines can call without TLS";
    }
  }
  if (IsPublic(config.webhook_listen) && access.webhook_tls_cert.empty() &&
      !access.allow_webhook_without_tls) {
    return "other machines can post webhooks without TLS";
  }
  if (IsPublic(config.admin_listen) &&
      !access.allow_admin_from_other_machines) {
    return "other machines can reach the admin port";
  }
  if (access.grpc_tls_cert.empty() != access.grpc_tls_key.empty() ||
      access.webhook_tls_cert.empty() != access.webhook_tls_key.empty()) {
    return "a certificate was accepted without its key, or a key without it";
  }
  return std::nullopt;
}

// A configuration that the server starts with.
Violation CheckGood(const app::Config& config) {
  if (!app::CheckConfig(config).empty())
    return "it was accepted with a problem";
  if (config.data_dir.empty() || config.master_key_file.empty()) {
    return "it was accepted without its folder or key";
  }
  if (Violation open = CheckReach(config); open.has_value()) return open;
  for (const std::string& url :
       {config.graph.facebook, config.graph.instagram}) {
    if (!IsSafeUrl(url)) return "tokens would travel unencrypted to " + url;
  }
  if (config.webhook_max_body < 1 || config.webhook_max_in_flight < 1 ||
      config.webhook_threads < 1 || config.max_subscribers < 1 ||
      config.sends_per_user_hour < 0 || config.raw_max_bytes < 0 ||
      config.event_retention < absl::Hours(72) ||
      config.raw_retention < absl::ZeroDuration() ||
      config.message_retention < config.event_retention ||
      config.message_grace < absl::Minutes(2)) {
    return "it was accepted with a number out of range";
  }
  return std::nullopt;
}

// Whether a value can have a line break in it: then its problem has, too.
bool HasLongText(std::string_view file) {
  constexpr std::array<std::string_view, 3> kMarks = {"\\", R"(""")", "'''"};
  return std::any_of(kMarks.begin(), kMarks.end(), [file](auto mark) {
    return file.find(mark) != std::string_view::npos;
  });
}

Violation CheckProblems(const absl::Status& status, std::string_view file) {
  if (!absl::IsInvalidArgument(status)) return "refused with another code";
  if (status.message().empty()) return "refused without a problem";
  if (HasLongText(file)) return std::nullopt;
  for (const absl::string_view line : absl::StrSplit(status.message(), '\n')) {
    if (line.empty()) return "a problem says nothing";
  }
  return std::nullopt;
}

}  // namespace

Violation CheckConfiguration(std::string_view input) {
  static const MemoryFile kFile;
  Input parts = Split(input);
  kFile.Write(parts.file);
  if (!parts.file.empty()) {
    parts.arguments.insert(parts.arguments.begin() + 1,
                           {"--config", kFile.path()});
  }
  std::vector<const char*> arguments;
  arguments.reserve(parts.arguments.size());
  for (const std::string& argument : parts.arguments) {
    arguments.push_back(argument.c_str());
  }
  const auto read = app::ReadCommandLine(static_cast<int>(arguments.size()),
                                         arguments.data());
  if (!read.ok()) return CheckProblems(read.status(), parts.file);
  if (!read->done) return CheckGood(read->config);
  return read->message.empty() ? "it ends without a word" : Violation();
}

}  // namespace linktor::fuzz
