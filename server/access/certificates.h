// Holds the certificate, key and client CA of a listener, as files that others
// replace while the server runs (certbot, cert-manager, a Kubernetes secret).
// App loads them at start, a ticker calls Refresh about once a second, and the
// listeners ask source() at every handshake. Thread-safe.

#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/access/tls_files.h"
#include "server/base/clock.h"
#include "server/base/mutex.h"
#include "server/base/tls_identity.h"

namespace linktor::access {

// A listener with TLS has one. It owns the identity in force; the files are
// only read.
class CertificateFiles {
 public:
  using Paths = TlsPaths;

  // So many calls of Refresh in a row must fail before it is a problem: the
  // files are written one after the other.
  static constexpr int kPatience = 5;

  // Fails with FAILED_PRECONDITION and a sentence that names the file when a
  // file cannot be read or is no PEM, when the key is encrypted or belongs to
  // another certificate, and when the certificate or the client CA has ended
  // or is not yet valid. `clock` must outlive this.
  static absl::StatusOr<std::unique_ptr<CertificateFiles>> Load(
      Paths paths, const Clock& clock);

  CertificateFiles(const CertificateFiles&) = delete;
  CertificateFiles& operator=(const CertificateFiles&) = delete;

  // Looks whether the files have changed and reads them again if so. When they
  // can serve, the identity they make is in force from the next handshake on.
  // Otherwise the old one stays, and the next call tries again; a fault is
  // logged once, after kPatience calls. It reads files, so it may block; a
  // second caller waits for the first.
  void Refresh();

  // Returns the identity in force. The source may outlive this object; it then
  // returns the last one.
  TlsSource source() const;
  // Returns when the certificate in force ends.
  absl::Time not_after() const;
  // Returns an empty text, or one sentence on what an operator must see to:
  // files that have been unusable for kPatience calls of Refresh, a certificate
  // or a client CA that ends soon, or one that has ended. A certificate ends
  // soon when less than two weeks are left; for certificates that are valid for
  // less than six weeks, when less than a third of their validity is left.
  std::string Problem(absl::Time now) const;

 private:
  // Tells whether a file may have changed. It changes when a file is replaced
  // or written, and when its owner or mode changes, which may make it
  // unreadable; without a file it is zero.
  struct Stamp {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    // These two tell when the file was last written.
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;
    // These two tell when anything about it last changed.
    std::int64_t change_seconds = 0;
    std::int64_t change_nanoseconds = 0;
    bool operator==(const Stamp&) const = default;
  };
  using Stamps = std::array<Stamp, 3>;

  // Holds the identity in force. It is shared with the sources that have been
  // given out, which may outlive this object.
  struct InForce {
    // Guards three members that change together; a handshake holds it for the
    // copy of a pointer.
    mutable Mutex mutex;
    std::shared_ptr<const TlsIdentity> identity ABSL_GUARDED_BY(mutex);
    Validity certificate ABSL_GUARDED_BY(mutex);
    Validity client_ca ABSL_GUARDED_BY(mutex);
  };

  CertificateFiles(Paths paths, const Clock& clock)
      : paths_(std::move(paths)), clock_(clock) {}

  // Returns the stamp of a file, or of the one that a link leads to.
  static Stamp StampOf(const std::string& path);
  // Reads the files when they have changed or could not be used, and puts them
  // in force. After a failure the old identity stays, and the next call reads
  // again.
  absl::Status Read() ABSL_EXCLUSIVE_LOCKS_REQUIRED(refresh_mutex_);
  // Clears the fault, and gives the listeners the new identity, unless it is
  // the one in force already.
  void PutInForce(TlsFiles files) ABSL_EXCLUSIVE_LOCKS_REQUIRED(refresh_mutex_);
  // Counts a failure and logs it when it is the kPatience-th, or another one
  // than was logged.
  void NoteFault(std::string fault)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(refresh_mutex_);
  // Returns the identity in force; null before the first Read.
  std::shared_ptr<const TlsIdentity> identity() const;

  const Paths paths_;
  const Clock& clock_;
  const std::shared_ptr<InForce> in_force_ = std::make_shared<InForce>();

  // It is held for the whole of a Refresh, and taken before the other mutexes.
  Mutex refresh_mutex_;
  Stamps stamps_ ABSL_GUARDED_BY(refresh_mutex_);
  // The next Read reads the files even when their stamps are the same.
  bool read_again_ ABSL_GUARDED_BY(refresh_mutex_) = false;
  bool warned_of_exposed_key_ ABSL_GUARDED_BY(refresh_mutex_) = false;
  // Guards what Problem reads besides the identity.
  mutable Mutex mutex_;
  int failures_ ABSL_GUARDED_BY(mutex_) = 0;
  std::string fault_ ABSL_GUARDED_BY(mutex_);
  // The log has been told of this fault; it is empty when there is none.
  std::string logged_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor::access
