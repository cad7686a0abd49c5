#include "server/access/bootstrap.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "server/access/key_text.h"
#include "server/access/sealed_key.h"
#include "server/base/log.h"
#include "server/base/strings.h"
#include "server/base/try.h"
#include "server/base/unique_fd.h"

namespace linktor::access {
namespace {

// This is more than any key has, in bytes: enough to see that a file is
// something else.
constexpr std::size_t kLookAt = 256;

absl::Status Failed(const std::string& path, std::string_view what) {
  return absl::FailedPreconditionError(
      absl::StrCat("bootstrap-key-file: ", path, ": ", ToAbsl(what)));
}

absl::Status FailedWithErrno(const std::string& path, std::string_view what) {
  const std::string why = std::strerror(errno);
  return Failed(path, std::string(what) + ": " + why);
}

// Returns OK when nothing of worth is at `path`. A link, a folder or a pipe is
// never replaced.
absl::Status CheckReplaceable(const std::string& path, ApiKeys& keys) {
  struct stat found {};
  if (lstat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return absl::OkStatus();
    return FailedWithErrno(path, "cannot be looked at");
  }
  if (!S_ISREG(found.st_mode)) return Failed(path, "is no ordinary file");
  std::ifstream file(path, std::ios::binary);
  std::string text(kLookAt, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  absl::StripAsciiWhitespace(&text);
  if (text.empty()) return absl::OkStatus();
  if (keys.Authenticate(text).ok()) {
    return Failed(path,
                  "holds an API key that is in force and may not manage "
                  "access; it is not overwritten. Name another file");
  }
  if (!KeyIdOf(text).empty()) return absl::OkStatus();
  return Failed(path,
                "exists and holds no API key; it is not overwritten. Name "
                "another file");
}

// Writes a file beside `path` and renames it, so that there is no moment with
// half a key or with another mode. After a failure there is no new file, except
// where the folder could not be synced.
absl::Status WriteKey(const std::string& path, const Secret& key) {
  const std::string beside = path + ".new";
  (void)unlink(beside.c_str());
  const int fd = open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                      S_IRUSR | S_IWUSR);
  if (fd < 0) return FailedWithErrno(path, "cannot be written");
  const absl::Cleanup close_it = [fd] { close(fd); };
  const Secret line(std::string(key.Reveal()) + "\n");
  const std::string_view bytes = line.Reveal();
  // A short write sets no errno.
  errno = ENOSPC;
  if (write(fd, bytes.data(), bytes.size()) !=
          static_cast<ssize_t>(bytes.size()) ||
      fsync(fd) != 0 || std::rename(beside.c_str(), path.c_str()) != 0) {
    absl::Status failed = FailedWithErrno(path, "cannot be written");
    (void)unlink(beside.c_str());
    return failed;
  }
  // Without a sync of the folder, a loss of power could take the file, while
  // the key exists.
  std::string folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) folder = ".";
  const UniqueFd folder_fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY));
  if (!folder_fd.valid() || fsync(folder_fd.get()) != 0) {
    return FailedWithErrno(path, "cannot be made durable");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteBootstrapKey(const std::string& path, const Clock& clock,
                               journal::Journal& journal, seal::Sealer& sealer,
                               ApiKeys& keys) {
  if (keys.HasManager()) return absl::OkStatus();
  LINKTOR_TRY(CheckReplaceable(path, keys));
  const KeyText made = NewKeyText();
  // The file is written first: after a crash between the two it holds a key
  // that does not exist, and the next start replaces it.
  LINKTOR_TRY(WriteKey(path, made.text));
  const std::int64_t now_ms = absl::ToUnixMillis(clock.Now());
  v1::ApiKey key;
  key.set_id(made.id);
  key.set_name("bootstrap");
  key.add_permissions(v1::PERMISSION_MANAGE_ACCESS);
  *key.mutable_create_time() =
      google::protobuf::util::TimeUtil::MillisecondsToTimestamp(now_ms);
  *key.mutable_update_time() = key.create_time();
  const Digest hash = sealer.ApiKeyHash(made.text.Reveal());
  journal::Record record = journal::NewRecord(now_ms);
  journal::CreateApiKey& create = *record.mutable_create_api_key();
  create.set_id(made.id);
  create.set_hash(std::string(AsBytes(hash)));
  seal::NewKeys new_keys;
  LINKTOR_ASSIGN(*create.mutable_sealed_key(), SealKey(sealer, key, new_keys));
  LINKTOR_ASSIGN(const auto answer,
                 journal::AppendSealedAs<state::ApiKeyAnswer>(
                     journal, std::move(new_keys), std::move(record)));
  if (answer.kind != state::ApiKeyAnswer::Kind::kApplied) {
    return Failed(path, "there are too many API keys to make another");
  }
  Log(LogLevel::kInfo, "an API key that manages access was written",
      {{"api_key", made.id}, {"file", path}});
  return absl::OkStatus();
}

}  // namespace linktor::access
