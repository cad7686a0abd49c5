#include "client/cli/new_key.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/key_text.h"
#include "linktor/instagram/v1/access_service.grpc.pb.h"

namespace linktor::cli {

absl::StatusOr<std::unique_ptr<NewKey>> NewKey::Create(
    Session& session, const std::string& path) {
  std::unique_ptr<SecretFile> file;
  if (!path.empty()) {
    auto created = SecretFile::Create(path);
    if (!created.ok()) return created.status();
    file = *std::move(created);
  }
  return std::unique_ptr<NewKey>(new NewKey(session, std::move(file)));
}

ExitCode NewKey::Make(const v1::CreateApiKeyRequest& request) {
  auto failure =
      session_.Call(CallKind::kChange, &v1::AccessService::Stub::CreateApiKey,
                    request, &response_);
  if (failure.has_value()) {
    if (failure->exit_code == ExitCode::kOutcomeUnknown) {
      failure->next.emplace_back("linktor-ig keys list");
      failure->next.emplace_back(
          "if the key is there, its secret is lost: linktor-ig keys delete "
          "KEY_ID, then create it again");
    }
    return session_.Fail(*std::move(failure));
  }
  if (response_.secret().empty()) {
    return session_.Fail(
        {.exit_code = ExitCode::kRefused,
         .message = absl::StrCat("the key ", key().id(),
                                 " was created by an earlier call with this "
                                 "request id; its secret was shown then and "
                                 "cannot be had again"),
         .next = {absl::StrCat("if the secret is lost: linktor-ig keys delete ",
                               key().id(), ", then create it again")}});
  }
  return HandOut(response_.secret());
}

ExitCode NewKey::HandOut(const std::string& secret) {
  if (file_ != nullptr) {
    if (const absl::Status written = file_->Write(secret); !written.ok()) {
      return Lost(std::string(written.message()));
    }
  }
  const bool as_json = session_.options().json;
  const std::string about = Describe(key(), absl::Now(), absl::LocalTimeZone());
  std::string out;
  if (file_ != nullptr) {
    // The secret is safe in the file, even if the text below cannot be printed.
    response_.clear_secret();
    return session_.Print(response_,
                          absl::StrCat(about, "The key is in ", file_->path(),
                                       ", which only you can read.\n"));
  }
  if (as_json) {
    out = JsonLine(response_);
  } else if (session_.options().terminal) {
    out = absl::StrCat(about, "\nThe key, which is shown only now:\n", secret,
                       "\n");
  } else {
    out = secret + "\n";
  }
  errno = 0;
  const bool written = session_.Write(out);
  const std::string why = std::strerror(errno);
  response_.clear_secret();
  if (!written) return Lost(why);
  if (!as_json && !session_.options().terminal) {
    std::fputs(about.c_str(), stderr);
  }
  return ExitCode::kOk;
}

ExitCode NewKey::Tell(const std::string& text) {
  if (session_.options().json) return ExitCode::kOk;
  if (file_ == nullptr && !session_.options().terminal) {
    std::fputs(text.c_str(), stderr);
    return ExitCode::kOk;
  }
  return session_.PrintText(text);
}

ExitCode NewKey::Lost(const std::string& why) {
  return session_.Fail(
      {.exit_code = ExitCode::kOutput,
       .message = absl::StrCat("the key ", key().id(),
                               " was created, but its secret is lost: ", why),
       .remedy = "Delete the key, which nobody can use, and create another.",
       .next = {absl::StrCat("linktor-ig keys delete ", key().id())}});
}

}  // namespace linktor::cli
