#include "server/access/certificates.h"

#include <sys/stat.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/log.h"
#include "server/base/strings.h"
#include "server/base/try.h"

namespace linktor::access {
namespace {

// An operator has this long to notice that the renewal does not work, and to
// mend it.
constexpr absl::Duration kNotice = absl::Hours(14 * 24);
// Certificates that are valid for less are renewed more often, commonly after
// two thirds of their time.
constexpr absl::Duration kShortLived = absl::Hours(42 * 24);

absl::Duration NoticeFor(absl::Duration validity) {
  return validity < kShortLived ? validity / 3 : kNotice;
}

// Adds a sentence to `problem` when what `name` says ends soon or has ended.
void AppendEnd(std::string_view name, const std::string& path,
               const Validity& validity, absl::Time now, std::string& problem) {
  if (validity.end == absl::InfiniteFuture() ||
      validity.end - now >= NoticeFor(validity.end - validity.begin)) {
    return;
  }
  absl::StrAppend(
      &problem, problem.empty() ? "" : ", and ", ToAbsl(name), path,
      " in force ",
      now > validity.end ? "has ended; it was valid until " : "ends at ",
      TlsTimeText(validity.end));
}

}  // namespace

absl::StatusOr<std::unique_ptr<CertificateFiles>> CertificateFiles::Load(
    Paths paths, const Clock& clock) {
  std::unique_ptr<CertificateFiles> files(
      new CertificateFiles(std::move(paths), clock));
  MutexLock lock(files->refresh_mutex_);
  LINKTOR_TRY(files->Read());
  return files;
}

void CertificateFiles::Refresh() {
  MutexLock lock(refresh_mutex_);
  const absl::Status status = Read();
  if (!status.ok()) NoteFault(std::string(status.message()));
}

CertificateFiles::Stamp CertificateFiles::StampOf(const std::string& path) {
  struct stat info {};
  // stat follows symbolic links, because Kubernetes replaces a secret by
  // pointing a link to another folder.
  if (path.empty() || stat(path.c_str(), &info) != 0) return {};
  return {.device = info.st_dev,
          .inode = info.st_ino,
          .size = info.st_size,
          .seconds = info.st_mtim.tv_sec,
          .nanoseconds = info.st_mtim.tv_nsec,
          .change_seconds = info.st_ctim.tv_sec,
          .change_nanoseconds = info.st_ctim.tv_nsec};
}

absl::Status CertificateFiles::Read() {
  // The stamps are taken before the files are read: a change in between makes
  // them differ the next time.
  const Stamps stamps = {StampOf(paths_.certificate), StampOf(paths_.key),
                         StampOf(paths_.client_ca)};
  const bool changed = stamps != stamps_;
  if (!changed && !read_again_) return absl::OkStatus();
  stamps_ = stamps;
  // Changed files are read once more by the next Refresh: a second write within
  // one tick of the file system's clock may leave the same stamp. After a
  // failure they are read until they can be used.
  read_again_ = true;
  LINKTOR_ASSIGN(TlsFiles files, ReadTlsFiles(paths_, clock_.Now()));
  read_again_ = changed;
  PutInForce(std::move(files));
  return absl::OkStatus();
}

void CertificateFiles::PutInForce(TlsFiles files) {
  {
    MutexLock lock(mutex_);
    failures_ = 0;
    fault_.clear();
    logged_.clear();
  }
  if (files.key_is_exposed && !std::exchange(warned_of_exposed_key_, true)) {
    Log(LogLevel::kWarning, "others may read or write the private key",
        {{"file", paths_.key}});
  }
  const std::shared_ptr<const TlsIdentity> old = identity();
  if (old != nullptr && old->certificate_chain == files.certificate_chain &&
      old->private_key.Reveal() == files.private_key.Reveal() &&
      old->client_ca == files.client_ca) {
    return;
  }
  Log(LogLevel::kInfo, "certificate in force",
      {{"file", paths_.certificate}, {"end", TlsTimeText(files.validity.end)}});
  auto next = std::make_shared<const TlsIdentity>(
      TlsIdentity{.generation = old == nullptr ? 1 : old->generation + 1,
                  .certificate_chain = std::move(files.certificate_chain),
                  .private_key = std::move(files.private_key),
                  .client_ca = std::move(files.client_ca),
                  .not_after = files.validity.end});
  MutexLock lock(in_force_->mutex);
  in_force_->identity = std::move(next);
  in_force_->certificate = files.validity;
  in_force_->client_ca = files.client_ca_validity;
}

void CertificateFiles::NoteFault(std::string fault) {
  {
    MutexLock lock(mutex_);
    ++failures_;
    fault_ = fault;
    if (failures_ < kPatience || logged_ == fault) return;
    logged_ = fault;
  }
  Log(LogLevel::kWarning, "changed certificate files cannot be used",
      {{"error", std::move(fault)}});
}

std::shared_ptr<const TlsIdentity> CertificateFiles::identity() const {
  MutexLock lock(in_force_->mutex);
  return in_force_->identity;
}

TlsSource CertificateFiles::source() const {
  return [in_force = in_force_] {
    MutexLock lock(in_force->mutex);
    return in_force->identity;
  };
}

absl::Time CertificateFiles::not_after() const { return identity()->not_after; }

std::string CertificateFiles::Problem(absl::Time now) const {
  Validity certificate;
  Validity client_ca;
  {
    MutexLock lock(in_force_->mutex);
    certificate = in_force_->certificate;
    client_ca = in_force_->client_ca;
  }
  std::string problem;
  {
    MutexLock lock(mutex_);
    if (failures_ >= kPatience) problem = fault_;
  }
  AppendEnd("the certificate ", paths_.certificate, certificate, now, problem);
  AppendEnd("the client CA ", paths_.client_ca, client_ca, now, problem);
  return problem;
}

}  // namespace linktor::access
