// This file has the commands keys create|rotate.

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "client/cli/commands.h"
#include "client/cli/key_request.h"
#include "client/cli/key_text.h"
#include "client/cli/new_key.h"
#include "client/cli/request_id.h"
#include "client/cli/text.h"
#include "linktor/instagram/v1/access_service.grpc.pb.h"

namespace linktor::cli {
namespace {

using Service = v1::AccessService::Stub;

struct CreateOptions {
  KeyOptions key;
  std::string out, request_id;
};

struct RotateOptions {
  KeyOptions key;
  std::string out;
  // The old key stays valid for this time. The default is long enough to give
  // the new key to every caller.
  std::string expires_old = "24h";
};

ExitCode Create(Session& session, const CreateOptions& options) {
  v1::CreateApiKeyRequest request;
  auto key = BuildKey(options.key, absl::Now());
  if (!key.ok()) return session.Usage(key.status());
  *request.mutable_api_key() = *std::move(key);
  request.set_request_id(RequestIdOr(options.request_id));
  const auto made = NewKey::Create(session, options.out);
  if (!made.ok()) return session.Usage(made.status());
  if (const ExitCode exit = (*made)->Make(request); exit != ExitCode::kOk) {
    return exit;
  }
  return (*made)->Tell(absl::StrCat(
      "\nNext:\n"
      "  1. Give it to the caller, who sends it as metadata \"authorization: "
      "Bearer <key>\".\n"
      "     linktor-ig takes it by --api-key-file FILE.\n"
      "  2. See whether it is in use: linktor-ig keys get ",
      (*made)->key().id(), "\n"));
}

// Returns the request for the key that replaces `old`. Returns an error when
// `old` is disabled or expired, because nobody uses such a key. It is also an
// error when `old` has an expiry and the options do not give a new one.
absl::StatusOr<v1::CreateApiKeyRequest> Successor(const v1::ApiKey& old,
                                                  const RotateOptions& options,
                                                  absl::Time now) {
  const std::string state = KeyState(old, now);
  if (state != "live") {
    return absl::InvalidArgumentError(absl::StrCat(
        "the key ", old.id(), " is ", state,
        ", so that nobody uses it; linktor-ig keys create makes a new one"));
  }
  if (old.has_expire_time() && !options.key.expires.has_value() &&
      !options.key.no_expiry) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the key ", old.id(), " expires at ",
        ShowTime(old.expire_time(), absl::LocalTimeZone()),
        ": say how long the new one is to last, with --expires (such as 90d) "
        "or --no-expiry"));
  }
  auto built = BuildKey(options.key, now);
  if (!built.ok()) return built.status();
  v1::CreateApiKeyRequest request;
  v1::ApiKey& key = *request.mutable_api_key();
  key = *std::move(built);
  key.set_name(old.name());
  *key.mutable_permissions() = old.permissions();
  *key.mutable_channel_ids() = old.channel_ids();
  request.set_request_id(RequestIdOr(""));
  return request;
}

// Sets the expiry of the old key. An earlier expiry of the key stays, because a
// rotation must not make a key valid for longer. Returns the failure if the
// call failed.
std::optional<Failure> Retire(Session& session,
                              const google::protobuf::Timestamp& expiry,
                              v1::ApiKey& old) {
  if (old.has_expire_time() &&
      old.expire_time().seconds() <= expiry.seconds()) {
    return std::nullopt;
  }
  v1::UpdateApiKeyRequest request;
  request.mutable_api_key()->set_id(old.id());
  *request.mutable_api_key()->mutable_expire_time() = expiry;
  request.mutable_update_mask()->add_paths("expire_time");
  v1::UpdateApiKeyResponse response;
  auto failure = session.Call(CallKind::kChange, &Service::UpdateApiKey,
                              request, &response);
  if (!failure.has_value()) old = response.api_key();
  return failure;
}

ExitCode Rotate(Session& session, const RotateOptions& options) {
  const absl::Time now = absl::Now();
  const std::string& id = options.key.id;
  if (const absl::Status good = CheckKeyId(id); !good.ok()) {
    return session.Usage(good);
  }
  const auto expiry = ParseExpiry(options.expires_old, now);
  if (!expiry.ok()) return session.Usage(expiry.status());
  v1::GetApiKeyRequest get;
  get.set_api_key_id(id);
  v1::GetApiKeyResponse got;
  if (auto failure =
          session.Call(CallKind::kRead, &Service::GetApiKey, get, &got)) {
    return session.Fail(*std::move(failure));
  }
  v1::ApiKey& old = *got.mutable_api_key();
  const auto request = Successor(old, options, now);
  if (!request.ok()) return session.Usage(request.status());
  const auto made = NewKey::Create(session, options.out);
  if (!made.ok()) return session.Usage(made.status());
  if (const ExitCode exit = (*made)->Make(*request); exit != ExitCode::kOk) {
    return exit;
  }
  if (auto failure = Retire(session, *expiry, old)) {
    failure->message = absl::StrCat(
        "the new key ", (*made)->key().id(),
        " was created, but the old one has got no expiry: ", failure->message);
    failure->next.push_back(absl::StrCat("linktor-ig keys update ", id,
                                         " --expires ", options.expires_old));
    return session.Fail(*std::move(failure));
  }
  const std::string ends =
      absl::StrCat("The old key ", id, " is refused from ",
                   ShowTime(old.expire_time(), absl::LocalTimeZone()), " on.");
  if (session.options().json) session.Notice(ends);
  return (*made)->Tell(absl::StrCat(
      "\n", ends,
      "\n\nNext:\n"
      "  1. Give the new key to the caller, in place of the old one.\n"
      "  2. See that the old one's last use stands still (it is exact to ten "
      "minutes):\n"
      "     linktor-ig keys get ",
      id, "\n  3. Then delete it: linktor-ig keys delete ", id, "\n"));
}

constexpr char kOutHelp[] =
    "new file for the key, with mode 0600; it is not shown then";

void AddRotate(CLI::App& group, const Program& program) {
  Session& session = program.session;
  auto options = std::make_shared<RotateOptions>();
  CLI::App* rotate =
      AddCommand(group, "rotate", "replace a key without an interruption",
                 "  linktor-ig keys rotate 0123456789abcdef --out new.key\n"
                 "It creates a key with the same name, permissions and "
                 "channels, and gives "
                 "the old one an\nexpiry. Both work until then.");
  rotate->add_option("ID", options->key.id, "the key to replace")->required();
  rotate->add_option("--out", options->out, kOutHelp);
  rotate
      ->add_option("--expires-old", options->expires_old,
                   "how long the old key still works; an earlier expiry of "
                   "it stays")
      ->capture_default_str();
  CLI::Option* expires = rotate->add_option(
      "--expires", options->key.expires,
      "when the new key expires; needed if the old one does");
  rotate
      ->add_flag("--no-expiry", options->key.no_expiry,
                 "the new key does not expire")
      ->excludes(expires);
  Bind(rotate, program.run,
       [&session, options] { return Rotate(session, *options); });
}

}  // namespace

void AddNewKeys(CLI::App& group, const Program& program) {
  Session& session = program.session;
  auto options = std::make_shared<CreateOptions>();
  CLI::App* create = AddCommand(
      group, "create", "make a key, whose secret is shown only once",
      "  linktor-ig keys create --name 'The shop' --permission read-events \\\n"
      "      --permission send --channel ch_shop --expires 90d --out shop.key\n"
      "For a script, the key alone is on standard output when that is no "
      "terminal:\n"
      "  KEY=$(linktor-ig keys create --name nightly --permission "
      "read-messages)");
  create->add_option("--name", options->key.name, "a name for people");
  AddPermissionOption(create, options->key.permissions)->required();
  create
      ->add_option("--channel", options->key.channels,
                   "only this channel; repeatable; by default all channels")
      ->allow_extra_args(false);
  create->add_option("--expires", options->key.expires,
                     "after a duration such as 90d or 24h, or at a time such "
                     "as 2027-01-01T00:00:00Z; by default never");
  create->add_option("--out", options->out, kOutHelp);
  create->add_option("--request-id", options->request_id,
                     "with the same one a key is never created twice");
  Bind(create, program.run,
       [&session, options] { return Create(session, *options); });
  AddRotate(group, program);
}

}  // namespace linktor::cli
