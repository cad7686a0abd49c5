// Holds the certificate, the private key and the client CA of one listener. All
// three come from files that another program may replace while the server runs,
// such as certbot, cert-manager, or Kubernetes with a secret. The App loads the
// files at start, and the App's ticker calls Refresh about once a second. At
// every TLS handshake a listener calls the function that source() has returned,
// to get the identity in force. Everything here is thread-safe.

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

// Each listener with TLS has one CertificateFiles. It owns the identity in
// force: the certificate, the private key and the client CA that the listener
// uses now (see base/tls_identity.h). CertificateFiles only reads the files,
// and never writes them.
class CertificateFiles {
 public:
  using Paths = TlsPaths;

  // A failure of Refresh is reported only after this many calls in a row have
  // failed. The program that replaces the files writes one after the other, so
  // for a moment a new certificate and an old private key may not fit together.
  static constexpr int kPatience = 5;

  // Reads and checks the files. Fails with FAILED_PRECONDITION and a sentence
  // that names the file. It fails when a file cannot be read or is not PEM. It
  // fails when the private key is encrypted or belongs to another certificate,
  // and when OpenSSL refuses the certificate or the private key. It also fails
  // when the certificate is not valid now, or when no client CA is valid now.
  // `clock` must outlive this object.
  static absl::StatusOr<std::unique_ptr<CertificateFiles>> Load(
      Paths paths, const Clock& clock);

  CertificateFiles(const CertificateFiles&) = delete;
  CertificateFiles& operator=(const CertificateFiles&) = delete;

  // Reads the files again when they have changed. When the new files can be
  // used, the listener uses the new identity from the next handshake on.
  // Otherwise the old identity stays in force, and the next call of Refresh
  // tries again. The same fault is logged only once, after at least kPatience
  // failed calls in a row. The function reads files, so it may block. When two
  // threads call it at the same time, one of them waits for the other.
  void Refresh();

  // Returns a function that returns the identity in force. The function may
  // outlive this object, and then returns the last identity.
  TlsSource source() const;
  // Returns the time at which the certificate in force ends.
  absl::Time not_after() const;
  // Returns a text that says what an operator must repair, or an empty text
  // when there is nothing to repair. The text names files that were unusable
  // for at least kPatience calls of Refresh in a row. It also names a
  // certificate or a client CA that ends soon or has ended. "Soon" means that
  // less than two weeks are left. For a certificate that is valid for less than
  // six weeks in all, "soon" means that less than a third of its validity is
  // left.
  std::string Problem(absl::Time now) const;

 private:
  // A Stamp shows whether a file may have changed. The stamp changes when the
  // file is replaced or written. It also changes when the owner or the mode of
  // the file changes, because the server may then be unable to read the file.
  // Without a file all members are zero.
  struct Stamp {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    // These two tell when the content of the file was last written.
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;
    // These two tell when the content, the owner or the mode of the file last
    // changed.
    std::int64_t change_seconds = 0;
    std::int64_t change_nanoseconds = 0;
    bool operator==(const Stamp&) const = default;
  };
  using Stamps = std::array<Stamp, 3>;

  // An InForce holds the identity in force. The functions that source() has
  // returned share this object, because they may outlive the CertificateFiles.
  struct InForce {
    // Guards the three members below, which change together. A handshake holds
    // the mutex only while it copies a pointer.
    mutable Mutex mutex;
    std::shared_ptr<const TlsIdentity> identity ABSL_GUARDED_BY(mutex);
    Validity certificate ABSL_GUARDED_BY(mutex);
    Validity client_ca ABSL_GUARDED_BY(mutex);
  };

  CertificateFiles(Paths paths, const Clock& clock)
      : paths_(std::move(paths)), clock_(clock) {}

  // Returns the stamp of the file at `path`. For a link it returns the stamp of
  // the file to which the link leads.
  static Stamp StampOf(const std::string& path);
  // Reads the files, and puts their identity in force. It reads them when their
  // stamps have changed or when read_again_ is true; otherwise it does nothing.
  // After a failure the old identity stays in force.
  absl::Status Read() ABSL_EXCLUSIVE_LOCKS_REQUIRED(refresh_mutex_);
  // Forgets the last fault. Makes `files` the identity in force, unless they
  // are the same as the identity in force. Warns once when too many users can
  // use the file of the private key (TlsFiles::key_is_exposed).
  void PutInForce(TlsFiles files) ABSL_EXCLUSIVE_LOCKS_REQUIRED(refresh_mutex_);
  // Counts a failed call of Refresh. Logs the fault when at least kPatience
  // calls in a row have failed and this fault was not the last one logged.
  void NoteFault(std::string fault)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(refresh_mutex_);
  // Returns the identity in force; null before the first Read.
  std::shared_ptr<const TlsIdentity> identity() const;

  const Paths paths_;
  const Clock& clock_;
  const std::shared_ptr<InForce> in_force_ = std::make_shared<InForce>();

  // Refresh holds this mutex from its beginning to its end. A thread takes it
  // before any other mutex of this class.
  Mutex refresh_mutex_;
  Stamps stamps_ ABSL_GUARDED_BY(refresh_mutex_);
  // When it is true, the next Read reads the files even when their stamps have
  // not changed. It is true after a failure. It is also true for one more Read
  // after the files have changed, because a second write that follows at once
  // may leave the same stamp.
  bool read_again_ ABSL_GUARDED_BY(refresh_mutex_) = false;
  bool warned_of_exposed_key_ ABSL_GUARDED_BY(refresh_mutex_) = false;
  // Guards the three members below. It is needed because Problem reads
  // failures_ and fault_, and any thread may call Problem while another thread
  // runs Refresh.
  mutable Mutex mutex_;
  int failures_ ABSL_GUARDED_BY(mutex_) = 0;
  std::string fault_ ABSL_GUARDED_BY(mutex_);
  // This is the fault that was logged last. It is empty when no fault was
  // logged since the files were last usable.
  std::string logged_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor::access
