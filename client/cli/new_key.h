// A NewKey creates an API key and gives its secret to the user. It is for the
// main thread only.

#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "client/cli/exit_code.h"
#include "client/cli/secret_file.h"
#include "client/cli/session.h"
#include "linktor/instagram/v1/access_service.pb.h"

namespace linktor::cli {

// The secret of a new key goes into a file, if the user gave --out, or else to
// standard output. When a script reads standard output, nothing but the secret
// is written there. The server returns the secret only once. No error repeats
// it.
class NewKey {
 public:
  // `path` is the path of --out; it is empty when the user did not give --out.
  // Returns INVALID_ARGUMENT when the file cannot be created.
  static absl::StatusOr<std::unique_ptr<NewKey>> Create(
      Session& session, const std::string& path);

  // Asks the server to create the key of `request`, and writes its secret. When
  // the result is kOk, key() is the key as the server stored it. Otherwise the
  // failure has already been written to standard error.
  ExitCode Make(const v1::CreateApiKeyRequest& request);
  const v1::ApiKey& key() const { return response_.api_key(); }

  // Writes more words for a person, to standard output or, when a script reads
  // the secret there, to standard error. With --json it writes nothing.
  ExitCode Tell(const std::string& text);

 private:
  NewKey(Session& session, std::unique_ptr<SecretFile> file)
      : session_(session), file_(std::move(file)) {}

  // Writes the secret to the file, or else to standard output.
  ExitCode HandOut(const std::string& secret);
  // Reports that the key exists, but that its secret could not be written.
  ExitCode Lost(const std::string& why);

  Session& session_;
  // It is null when the user did not give --out.
  std::unique_ptr<SecretFile> file_;
  // `secret` is cleared when it is not needed any more.
  v1::CreateApiKeyResponse response_;
};

}  // namespace linktor::cli
