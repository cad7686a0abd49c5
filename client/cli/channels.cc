// This file has the commands channels
// list|get|create|update|delete|set-credentials.

#include <cstdlib>
#include <memory>

#include "absl/strings/str_cat.h"
#include "client/cli/arguments.h"
#include "client/cli/commands.h"
#include "client/cli/describe.h"
#include "client/cli/request_id.h"
#include "client/cli/stretch.h"

namespace linktor::cli {
namespace {

using Service = v1::ChannelService::Stub;

constexpr char kAccessTokenVariable[] = "LINKTOR_IG_ACCESS_TOKEN";
constexpr char kAppSecretVariable[] = "LINKTOR_IG_APP_SECRET";
constexpr char kVerifyTokenVariable[] = "LINKTOR_IG_VERIFY_TOKEN";

constexpr char kAboutSecrets[] =
    "\nSecrets come from files ('-' is standard input) or from the variables "
    "LINKTOR_IG_ACCESS_TOKEN,\nLINKTOR_IG_APP_SECRET and "
    "LINKTOR_IG_VERIFY_TOKEN. There is no option that takes a secret itself:\n"
    "every user of the machine would see it in ps, and it would stay in the "
    "shell's history.";

struct SecretFiles {
  std::string access_token;
  std::string app_secret;
  std::string verify_token;
};

struct Secrets {
  std::string access_token;
  std::string app_secret;
  std::string verify_token;
};

struct ChannelOptions {
  std::string id, name, account_id, page_id, api_version, on_no_history;
  bool instagram_login = false;
  std::string request_id;
  SecretFiles files;
  bool remove_access_token = false;
  bool remove_verify_token = false;
  std::string remove_app_secret;
  // The change is made only if the channel still has this etag. When it is
  // empty, the change is made in any case.
  std::string etag;
  bool erase = false;
};

void AddEtag(CLI::App* command, ChannelOptions& options) {
  command
      ->add_option("--etag", options.etag,
                   "only if the channel still has this etag (channels get)")
      ->check(NotEmpty());
}

void AddSecretFiles(CLI::App* command, SecretFiles& files) {
  command->add_option("--access-token-file", files.access_token,
                      "file with the Page or Instagram User access token");
  command->add_option("--app-secret-file", files.app_secret,
                      "file with the app secret that signs webhooks");
  command->add_option("--verify-token-file", files.verify_token,
                      "file with the verify token that you give to Meta");
}

absl::StatusOr<Secrets> ReadSecrets(const SecretFiles& files) {
  const int from_stdin = (files.access_token == "-" ? 1 : 0) +
                         (files.app_secret == "-" ? 1 : 0) +
                         (files.verify_token == "-" ? 1 : 0);
  if (from_stdin > 1) {
    return absl::InvalidArgumentError(
        "only one secret can come from standard input");
  }
  auto access = ReadSecret(files.access_token, kAccessTokenVariable);
  if (!access.ok()) return access.status();
  auto app = ReadSecret(files.app_secret, kAppSecretVariable);
  if (!app.ok()) return app.status();
  auto verify = ReadSecret(files.verify_token, kVerifyTokenVariable);
  if (!verify.ok()) return verify.status();
  return Secrets{*access, *app, *verify};
}

// Fills the channel with the options that were given, and adds the paths of
// these fields to `mask`.
void FillChannel(const ChannelOptions& from, v1::Channel& channel,
                 google::protobuf::FieldMask& mask) {
  const auto given = [&mask](const std::string& value, const char* path) {
    if (value.empty()) return false;
    mask.add_paths(path);
    return true;
  };
  if (given(from.name, "name")) channel.set_name(from.name);
  if (given(from.account_id, "instagram_account_id")) {
    channel.set_instagram_account_id(from.account_id);
  }
  if (given(from.page_id, "page_id")) channel.set_page_id(from.page_id);
  if (given(from.api_version, "api_version")) {
    channel.set_api_version(from.api_version);
  }
  if (given(from.on_no_history, "on_no_history")) {
    channel.set_on_no_history(from.on_no_history == "refuse"
                                  ? v1::NO_HISTORY_POLICY_REFUSE
                                  : v1::NO_HISTORY_POLICY_ALLOW);
  }
}

void AddChannelOptions(CLI::App* command, ChannelOptions& options) {
  command->add_option("--name", options.name, "a name for people");
  command->add_option("--page-id", options.page_id,
                      "the connected Facebook Page; not with Instagram Login");
  command->add_option("--api-version", options.api_version,
                      "Graph API version, such as v25.0");
  command
      ->add_option("--on-no-history", options.on_no_history,
                   "what to do with sends to users of whom no message is "
                   "known: allow (let Instagram decide) or refuse")
      ->check(CLI::IsMember({"allow", "refuse"}));
}

std::string NextSteps(const v1::Channel& channel) {
  std::string out = absl::StrCat(
      "\nNext:\n"
      "  1. Have your proxy pass https://<your host>",
      channel.webhook_path(),
      "\n     to the server's webhook port, bodies unchanged.\n"
      "  2. In Meta's App Dashboard enter that URL and the verify token, and "
      "subscribe the\n     app and the account to messages.\n");
  if (channel.access_token_fingerprint().empty() ||
      channel.app_secrets().empty() || !channel.verify_token_set()) {
    absl::StrAppend(&out,
                    "     First give what is NOT SET: linktor-ig channels "
                    "set-credentials ",
                    channel.id(), " --help\n");
  }
  absl::StrAppend(&out,
                  "  3. Write to the account on Instagram and watch: "
                  "linktor-ig events tail --channel ",
                  channel.id(), "\n");
  return out;
}

ExitCode PrintChannel(Session& session, const google::protobuf::Message& answer,
                      const v1::Channel& channel, const std::string& more) {
  return session.Print(
      answer, absl::StrCat(Describe(channel, absl::LocalTimeZone()), more));
}

ExitCode List(Session& session) {
  v1::ListChannelsRequest request;
  v1::ListChannelsResponse all;
  do {
    v1::ListChannelsResponse page;
    if (auto failure = session.Call(CallKind::kRead, &Service::ListChannels,
                                    request, &page)) {
      return session.Fail(*failure);
    }
    all.mutable_channels()->MergeFrom(page.channels());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  std::string text;
  for (const v1::Channel& channel : all.channels()) {
    absl::StrAppend(&text, OneLine(channel));
  }
  if (text.empty()) {
    text = "No channels yet: linktor-ig channels create --help\n";
  }
  return session.Print(all, text);
}

ExitCode Get(Session& session, const std::string& id) {
  v1::GetChannelRequest request;
  request.set_channel_id(id);
  v1::GetChannelResponse response;
  if (auto failure = session.Call(CallKind::kRead, &Service::GetChannel,
                                  request, &response)) {
    return session.Fail(*failure);
  }
  return PrintChannel(session, response, response.channel(), "");
}

ExitCode Create(Session& session, const ChannelOptions& options) {
  const absl::StatusOr<Secrets> secrets = ReadSecrets(options.files);
  if (!secrets.ok()) return session.Usage(secrets.status());
  v1::CreateChannelRequest request;
  google::protobuf::FieldMask unused;
  FillChannel(options, *request.mutable_channel(), unused);
  request.mutable_channel()->set_id(options.id);
  if (options.instagram_login) {
    request.mutable_channel()->set_login_type(v1::LOGIN_TYPE_INSTAGRAM_LOGIN);
  }
  v1::ChannelCredentials& credentials = *request.mutable_credentials();
  credentials.set_access_token(secrets->access_token);
  credentials.set_verify_token(secrets->verify_token);
  if (!secrets->app_secret.empty()) {
    credentials.add_app_secrets(secrets->app_secret);
  }
  request.set_request_id(RequestIdOr(options.request_id));
  v1::CreateChannelResponse response;
  if (auto failure = session.Call(CallKind::kChange, &Service::CreateChannel,
                                  request, &response)) {
    if (failure->exit_code == ExitCode::kOutcomeUnknown) {
      failure->next.emplace_back("linktor-ig channels list");
    }
    return session.Fail(*failure);
  }
  return PrintChannel(session, response, response.channel(),
                      NextSteps(response.channel()));
}

ExitCode Update(Session& session, const ChannelOptions& options) {
  v1::UpdateChannelRequest request;
  FillChannel(options, *request.mutable_channel(),
              *request.mutable_update_mask());
  request.mutable_channel()->set_id(options.id);
  request.mutable_channel()->set_etag(options.etag);
  if (request.update_mask().paths().empty()) {
    return session.Usage(absl::InvalidArgumentError(
        "nothing to change: give one of --name, --page-id, --api-version, "
        "--on-no-history"));
  }
  v1::UpdateChannelResponse response;
  if (auto failure = session.Call(CallKind::kChange, &Service::UpdateChannel,
                                  request, &response)) {
    return session.Fail(*failure);
  }
  return PrintChannel(session, response, response.channel(), "");
}

ExitCode Delete(Session& session, const ChannelOptions& options) {
  v1::DeleteChannelRequest request;
  request.set_channel_id(options.id);
  request.set_etag(options.etag);
  request.set_erase(options.erase);
  v1::DeleteChannelResponse response;
  if (auto failure = session.Call(CallKind::kChange, &Service::DeleteChannel,
                                  request, &response)) {
    return session.Fail(*failure);
  }
  return session.Print(
      response,
      absl::StrCat("Deleted ", options.id, ". Its credentials are gone; ",
                   options.erase ? "all that is stored of its customers "
                                   "is being erased.\n"
                                 : "its events stay readable until "
                                   "retention.\n"));
}

ExitCode SetCredentials(Session& session, const ChannelOptions& options) {
  const absl::StatusOr<Secrets> secrets = ReadSecrets(options.files);
  if (!secrets.ok()) return session.Usage(secrets.status());
  v1::SetChannelCredentialsRequest request;
  request.set_channel_id(options.id);
  request.set_etag(options.etag);
  if (options.remove_access_token) {
    request.set_access_token("");
  } else if (!secrets->access_token.empty()) {
    request.set_access_token(secrets->access_token);
  }
  if (options.remove_verify_token) {
    request.set_verify_token("");
  } else if (!secrets->verify_token.empty()) {
    request.set_verify_token(secrets->verify_token);
  }
  if (!secrets->app_secret.empty()) {
    request.set_add_app_secret(secrets->app_secret);
  }
  if (!options.remove_app_secret.empty()) {
    request.set_remove_app_secret(options.remove_app_secret);
  }
  if (!request.has_access_token() && !request.has_verify_token() &&
      !request.has_add_app_secret() && !request.has_remove_app_secret()) {
    return session.Usage(absl::InvalidArgumentError(
        "nothing to change: give a secret by a file or a variable, or "
        "something to remove"));
  }
  v1::SetChannelCredentialsResponse response;
  if (auto failure =
          session.Call(CallKind::kChange, &Service::SetChannelCredentials,
                       request, &response)) {
    return session.Fail(*failure);
  }
  return PrintChannel(session, response, response.channel(), "");
}

void AddCreateAndUpdate(CLI::App& group, const Program& program) {
  Session& session = program.session;
  auto created = std::make_shared<ChannelOptions>();
  CLI::App* create = AddCommand(
      group, "create", "connect an Instagram account",
      absl::StrCat(
          "  linktor-ig channels create --id ch_shop --name 'The shop' \\\n"
          "      --account-id 17841400000000001 --page-id 100000000000001 \\\n"
          "      --access-token-file token --app-secret-file secret \\\n"
          "      --verify-token-file verify\n",
          kAboutSecrets));
  create->add_option("--id", created->id,
                     "1-64 of [A-Za-z0-9._-]; the server makes one by default");
  AddChannelOptions(create, *created);
  create
      ->add_option("--account-id", created->account_id,
                   "the account's id as webhooks give it (17 digits, "
                   "17841...)")
      ->required();
  create->add_flag("--instagram-login", created->instagram_login,
                   "the account is connected by Instagram Login, without a "
                   "Facebook Page");
  create->add_option("--request-id", created->request_id,
                     "with the same one a channel is never created twice");
  AddSecretFiles(create, created->files);
  Bind(create, program.run,
       [&session, created] { return Create(session, *created); });

  auto updated = std::make_shared<ChannelOptions>();
  CLI::App* update =
      AddCommand(group, "update", "change the fields that are given",
                 "  linktor-ig channels update ch_shop --name 'The other shop' "
                 "--on-no-history refuse");
  update->add_option("ID", updated->id, "the channel")->required();
  AddChannelOptions(update, *updated);
  AddEtag(update, *updated);
  Bind(update, program.run,
       [&session, updated] { return Update(session, *updated); });
}

void AddSetCredentials(CLI::App& group, const Program& program) {
  Session& session = program.session;
  auto options = std::make_shared<ChannelOptions>();
  CLI::App* set = AddCommand(
      group, "set-credentials", "replace or remove credentials",
      absl::StrCat(
          "  linktor-ig channels set-credentials ch_shop --access-token-file "
          "token\n"
          "An app secret is rotated without losing a webhook: add the new one, "
          "change it at\nMeta, then remove the old one by its fingerprint "
          "(channels get):\n"
          "  linktor-ig channels set-credentials ch_shop --remove-app-secret "
          "FINGERPRINT\n",
          kAboutSecrets));
  set->add_option("ID", options->id, "the channel")->required();
  AddSecretFiles(set, options->files);
  set->add_flag("--remove-access-token", options->remove_access_token)
      ->excludes("--access-token-file");
  set->add_flag("--remove-verify-token", options->remove_verify_token)
      ->excludes("--verify-token-file");
  set->add_option("--remove-app-secret", options->remove_app_secret,
                  "fingerprint of the app secret to remove");
  AddEtag(set, *options);
  Bind(set, program.run,
       [&session, options] { return SetCredentials(session, *options); });
}

}  // namespace

void AddChannels(const Program& program) {
  Session& session = program.session;
  CLI::App* group = AddGroup(program.app, "channels",
                             "Instagram accounts and their credentials",
                             "  linktor-ig channels list");
  Bind(AddCommand(*group, "list", "all channels",
                  "  linktor-ig channels list --json"),
       program.run, [&session] { return List(session); });
  auto id = std::make_shared<std::string>();
  CLI::App* get = AddCommand(
      *group, "get", "one channel, with the fingerprints of its credentials",
      "  linktor-ig channels get ch_shop");
  get->add_option("ID", *id, "the channel")->required();
  Bind(get, program.run, [&session, id] { return Get(session, *id); });
  AddCreateAndUpdate(*group, program);
  auto deleted = std::make_shared<ChannelOptions>();
  CLI::App* remove = AddCommand(
      *group, "delete",
      "disconnect an account at once; its id is free again after 72 hours",
      "  linktor-ig channels delete ch_shop");
  remove->add_option("ID", deleted->id, "the channel")->required();
  remove->add_flag("--erase", deleted->erase,
                   "erase all that is stored of its customers, for good");
  AddEtag(remove, *deleted);
  Bind(remove, program.run,
       [&session, deleted] { return Delete(session, *deleted); });
  AddSetCredentials(*group, program);
}

}  // namespace linktor::cli
