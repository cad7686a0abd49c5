// It is a new API key on its way to the user, on the main thread only.

#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "client/cli/exit_code.h"
#include "client/cli/secret_file.h"
#include "client/cli/session.h"
#include "linktor/instagram/v1/access_service.pb.h"

namespace linktor::cli {

// Where the secret of a new key goes: into a file, else to standard output,
// alone when a script reads that. It is handed out once and stands in no error.
class NewKey {
 public:
  // `path` is that of --out, empty without it. Returns INVALID_ARGUMENT when
  // the file cannot be created.
  static absl::StatusOr<std::unique_ptr<NewKey>> Create(
      Session& session, const std::string& path);

  // Asks the server for the key of `request`, and hands its secret out. The key
  // as stored is in key() when the result is kOk; any other failure has been
  // told.
  ExitCode Make(const v1::CreateApiKeyRequest& request);
  const v1::ApiKey& key() const { return response_.api_key(); }

  // Writes more words for a person, where the secret is not in their way.
  // Machines (--json) get none.
  ExitCode Tell(const std::string& text);

 private:
  NewKey(Session& session, std::unique_ptr<SecretFile> file)
      : session_(session), file_(std::move(file)) {}

  ExitCode HandOut(const std::string& secret);
  ExitCode Lost(const std::string& why);

  Session& session_;
  // It is null without --out.
  std::unique_ptr<SecretFile> file_;
  // It loses the secret once that has been handed out.
  v1::CreateApiKeyResponse response_;
};

}  // namespace linktor::cli
