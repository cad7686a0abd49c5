// This file has the commands deliveries list and deliveries redrive. To redrive
// a delivery means that the server reads the stored webhook again, and makes
// the events that are missing.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "client/cli/commands.h"
#include "client/cli/stretch.h"
#include "client/cli/text.h"

namespace linktor::cli {
namespace {

struct ListOptions {
  std::vector<std::string> channels;
  bool issues_only = false;
  std::int64_t limit = 20;
};

std::string Line(const v1::Delivery& delivery) {
  std::string line = absl::StrCat(
      ShowTime(delivery.receive_time(), absl::LocalTimeZone()), " ",
      EscapeControls(delivery.channel_id()), " ", EscapeControls(delivery.id()),
      " ", delivery.size_bytes(), " bytes: ", delivery.event_count(), " new, ",
      delivery.duplicate_count(), " repeated, ", delivery.ignored_count(),
      " ignored, ", delivery.issue_count(), " with issues");
  if (delivery.quarantined()) absl::StrAppend(&line, ", QUARANTINED");
  if (delivery.redriven_count() > 0) {
    absl::StrAppend(&line, ", ", delivery.redriven_count(), " redriven");
  }
  if (!delivery.issue().empty()) {
    absl::StrAppend(&line, ": ", EscapeControls(delivery.issue()));
  }
  return line + "\n";
}

// Prints one page and returns how many deliveries it has. Returns -1 when the
// output cannot be written; errno says why.
int PrintPage(Session& session, const v1::ListDeliveriesResponse& page) {
  for (const v1::Delivery& delivery : page.deliveries()) {
    if (!session.Write(session.options().json ? JsonLine(delivery)
                                              : Line(delivery))) {
      return -1;
    }
  }
  return page.deliveries_size();
}

ExitCode List(Session& session, const ListOptions& options) {
  v1::ListDeliveriesRequest request;
  for (const auto& channel : options.channels) request.add_channel_ids(channel);
  request.set_issues_only(options.issues_only);
  return WalkPages<v1::ListDeliveriesResponse>(
      session, options.limit, Noun{"delivery", "deliveries"}, request,
      [&session](const auto& asked, auto* page) {
        return session.Call(CallKind::kRead,
                            &v1::EventService::Stub::ListDeliveries, asked,
                            page);
      },
      [&session](const auto& page) { return PrintPage(session, page); });
}

// Returns one line such as "dlv_…: 2 new events, 1 ignored". The other counts
// are left out when they are 0.
std::string Line(const v1::RedrivenDelivery& delivery) {
  std::string line = EscapeControls(delivery.id());
  if (delivery.not_found()) {
    return line + ": NOT FOUND: it is not kept, or the key does not cover it\n";
  }
  absl::StrAppend(&line, ": ", delivery.event_count(),
                  delivery.event_count() == 1 ? " new event" : " new events");
  const std::array<std::pair<std::int64_t, const char*>, 8> rest = {
      {{delivery.typed_count(), "had one"},
       {delivery.unknown_count(), "not understood or without a channel"},
       {delivery.duplicate_count(), "repeated"},
       {delivery.ignored_count(), "ignored"},
       {delivery.erased_count(), "erased"},
       {delivery.not_kept_count(), "not kept"},
       {delivery.waiting_count(), "must wait for a send: try again"},
       {delivery.failed_count(), "FAILED: see the server's log"}}};
  for (const auto& [count, what] : rest) {
    if (count > 0) absl::StrAppend(&line, ", ", count, " ", what);
  }
  return line + "\n";
}

ExitCode Redrive(Session& session, const std::vector<std::string>& ids) {
  v1::RedriveDeliveriesRequest request;
  for (const std::string& id : ids) request.add_delivery_ids(id);
  v1::RedriveDeliveriesResponse response;
  if (auto failure = session.Call(CallKind::kChange,
                                  &v1::EventService::Stub::RedriveDeliveries,
                                  request, &response)) {
    return session.Fail(*std::move(failure));
  }
  std::string text;
  bool all = true;
  for (const v1::RedrivenDelivery& delivery : response.deliveries()) {
    text += Line(delivery);
    if (delivery.not_found() || delivery.failed_count() > 0 ||
        delivery.waiting_count() > 0) {
      all = false;
    }
  }
  const ExitCode printed = session.Print(response, text);
  if (printed != ExitCode::kOk) return printed;
  return all ? ExitCode::kOk : ExitCode::kRefused;
}

void AddRedrive(CLI::App& group, const Program& program) {
  auto ids = std::make_shared<std::vector<std::string>>();
  CLI::App* redrive = AddCommand(
      group, "redrive", "read webhooks again, and make the events they lacked",
      "  linktor-ig deliveries redrive dlv_0123456789abcdef0123456789abcdef\n"
      "Do it after an upgrade that knows more kinds, or when a channel was "
      "created whose webhooks\ncame before it. What has an event gets no "
      "second one, so that it may be repeated. It ends\nwith 1 when a delivery "
      "was not found, could not be applied, or has an item that must wait\nfor "
      "a send.");
  redrive->add_option("ID", *ids, "1 to 100 deliveries")->required();
  Session& session = program.session;
  Bind(redrive, program.run,
       [&session, ids] { return Redrive(session, *ids); });
}

}  // namespace

void AddDeliveries(const Program& program) {
  CLI::App* group = AddGroup(program.app, "deliveries",
                             "webhooks of Meta's, and what became of them",
                             "  linktor-ig deliveries list --issues");
  auto options = std::make_shared<ListOptions>();
  CLI::App* list =
      AddCommand(*group, "list", "the webhooks that are kept, the newest first",
                 "  linktor-ig deliveries list --issues\n"
                 "An event names its delivery (--json: deliveryId).");
  list->add_option("--channel", options->channels,
                   "only those to this channel's URL; repeatable")
      ->allow_extra_args(false);
  list->add_flag("--issues", options->issues_only,
                 "only those with items that could not become events");
  list->add_option("--limit", options->limit,
                   "print at most so many; 20 unless it is given")
      ->check(CLI::Range(1, 1'000'000'000));
  Session& session = program.session;
  Bind(list, program.run,
       [&session, options] { return List(session, *options); });
  AddRedrive(*group, program);
}

}  // namespace linktor::cli
