// This file has the commands keys list|get|update|disable|enable|delete. The
// commands that make keys are in keys_new.cc.

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "client/cli/commands.h"
#include "client/cli/key_request.h"
#include "client/cli/key_text.h"
#include "linktor/instagram/v1/access_service.grpc.pb.h"

namespace linktor::cli {
namespace {

using Service = v1::AccessService::Stub;

// Prints the failure of a change. When the outcome is unknown, it advises the
// user to look at the key.
ExitCode FailChange(Session& session, Failure failure, const std::string& id) {
  if (failure.exit_code == ExitCode::kOutcomeUnknown) {
    failure.next.push_back(absl::StrCat("linktor-ig keys get ", id));
  }
  return session.Fail(std::move(failure));
}

ExitCode PrintKey(Session& session, const google::protobuf::Message& answer,
                  const v1::ApiKey& key) {
  return session.Print(answer,
                       Describe(key, absl::Now(), absl::LocalTimeZone()));
}

ExitCode List(Session& session) {
  v1::ListApiKeysRequest request;
  v1::ListApiKeysResponse all;
  do {
    v1::ListApiKeysResponse page;
    if (auto failure = session.Call(CallKind::kRead, &Service::ListApiKeys,
                                    request, &page)) {
      return session.Fail(*std::move(failure));
    }
    all.mutable_api_keys()->MergeFrom(page.api_keys());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return session.Print(
      all, all.api_keys().empty()
               ? "No keys yet: linktor-ig keys create --help\n"
               : KeyTable({all.api_keys().begin(), all.api_keys().end()},
                          absl::Now(), absl::LocalTimeZone()));
}

ExitCode Get(Session& session, const std::string& id) {
  v1::GetApiKeyRequest request;
  request.set_api_key_id(id);
  v1::GetApiKeyResponse response;
  if (auto failure = session.Call(CallKind::kRead, &Service::GetApiKey, request,
                                  &response)) {
    return session.Fail(*std::move(failure));
  }
  return PrintKey(session, response, response.api_key());
}

ExitCode Change(Session& session, const KeyChange& change) {
  v1::UpdateApiKeyRequest request;
  *request.mutable_api_key() = change.key;
  *request.mutable_update_mask() = change.mask;
  v1::UpdateApiKeyResponse response;
  if (auto failure = session.Call(CallKind::kChange, &Service::UpdateApiKey,
                                  request, &response)) {
    return FailChange(session, *std::move(failure), change.key.id());
  }
  return PrintKey(session, response, response.api_key());
}

ExitCode Update(Session& session, const KeyOptions& options) {
  if (const absl::Status good = CheckKeyId(options.id); !good.ok()) {
    return session.Usage(good);
  }
  const auto change = BuildChange(options, absl::Now());
  return change.ok() ? Change(session, *change)
                     : session.Usage(change.status());
}

ExitCode SetDisabled(Session& session, const std::string& id, bool disabled) {
  KeyChange change;
  change.key.set_id(id);
  change.key.set_disabled(disabled);
  change.mask.add_paths("disabled");
  return Change(session, change);
}

ExitCode Disable(Session& session, const std::string& id) {
  return SetDisabled(session, id, true);
}

ExitCode Enable(Session& session, const std::string& id) {
  return SetDisabled(session, id, false);
}

ExitCode Delete(Session& session, const std::string& id) {
  v1::DeleteApiKeyRequest request;
  request.set_api_key_id(id);
  v1::DeleteApiKeyResponse response;
  if (auto failure = session.Call(CallKind::kChange, &Service::DeleteApiKey,
                                  request, &response)) {
    return FailChange(session, *std::move(failure), id);
  }
  return session.Print(response,
                       absl::StrCat("Deleted ", id,
                                    ". It is refused from now on, and its "
                                    "streams end within a second.\n"));
}

void AddUpdate(CLI::App& group, const Program& program) {
  Session& session = program.session;
  auto options = std::make_shared<KeyOptions>();
  CLI::App* update = AddCommand(
      group, "update", "change the fields that are given",
      "  linktor-ig keys update 0123456789abcdef --permission read-events "
      "--permission send\n"
      "Permissions and channels replace those that the key has, so give all "
      "of them.");
  update->add_option("ID", options->id, "the key")->required();
  update->add_option("--name", options->name, "a name for people");
  AddPermissionOption(update, options->permissions);
  CLI::Option* channel = update
                             ->add_option("--channel", options->channels,
                                          "only this channel; repeatable")
                             ->allow_extra_args(false);
  update
      ->add_flag("--all-channels", options->all_channels,
                 "all channels, also those that are created later")
      ->excludes(channel);
  CLI::Option* expires =
      update->add_option("--expires", options->expires,
                         "after a duration such as 90d or 24h, or at a time "
                         "such as 2027-01-01T00:00:00Z");
  update->add_flag("--no-expiry", options->no_expiry, "the key does not expire")
      ->excludes(expires);
  Bind(update, program.run,
       [&session, options] { return Update(session, *options); });
}

}  // namespace

CLI::Option* AddPermissionOption(CLI::App* command,
                                 std::vector<std::string>& permissions) {
  return command
      ->add_option(
          "--permission", permissions,
          absl::StrCat("one of ", absl::StrJoin(PermissionNames(), ", "),
                       "; repeatable, or several with commas"))
      ->allow_extra_args(false)
      ->delimiter(',')
      ->check([](const std::string& name) {
        if (ParsePermission(name) != v1::PERMISSION_UNSPECIFIED) {
          return std::string();
        }
        return absl::StrCat("'", name, "' is none of ",
                            absl::StrJoin(PermissionNames(), ", "));
      });
}

void AddKeys(const Program& program) {
  Session& session = program.session;
  CLI::App* group = AddGroup(
      program.app, "keys", "API keys, which say who may call the server",
      "  linktor-ig keys create --name 'The shop' --permission send --out "
      "shop.key",
      "\nA server that runs with --auth keys refuses calls without a key. "
      "These commands need one\nthat has the permission manage-access. The "
      "server makes the first one itself, in the file\nthat its option "
      "--bootstrap-key-file names.\nThe key of linktor-ig itself comes from "
      "--api-key-file FILE, from LINKTOR_IG_API_KEY or\n"
      "LINKTOR_IG_API_KEY_FILE, or from api_key_file of the server in the "
      "configuration file;\nlinktor-ig --help has an example.\nThe id of a key "
      "is no secret: the 16 digits between its "
      "underscores, lig_<id>_<secret>.");
  Bind(
      AddCommand(*group, "list", "all keys, without their secrets",
                 "  linktor-ig keys list\n"
                 "STATE is live, disabled or expired. LAST USE is exact to ten "
                 "minutes."),
      program.run, [&session] { return List(session); });
  const auto by_id = [&](const char* name, const char* what,
                         ExitCode (*action)(Session&, const std::string&)) {
    auto id = std::make_shared<std::string>();
    CLI::App* command = AddCommand(
        *group, name, what,
        absl::StrCat("  linktor-ig keys ", name, " 0123456789abcdef"));
    command->add_option("ID", *id, "the key")->required();
    Bind(command, program.run, [&session, id, action] {
      const absl::Status good = CheckKeyId(*id);
      return good.ok() ? action(session, *id) : session.Usage(good);
    });
  };
  by_id("get", "one key", Get);
  AddNewKeys(*group, program);
  AddUpdate(*group, program);
  by_id("disable", "refuse a key until it is enabled; its streams end",
        Disable);
  by_id("enable", "take a disabled key again", Enable);
  by_id("delete", "refuse a key for ever; its streams end", Delete);
}

}  // namespace linktor::cli
