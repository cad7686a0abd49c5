// This file has the command deliveries list.

#include <memory>
#include <string>
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
  if (!delivery.issue().empty()) {
    absl::StrAppend(&line, ": ", EscapeControls(delivery.issue()));
  }
  return line + "\n";
}

// Prints one page. Returns -1 when the output cannot be written; errno says
// why.
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
}

}  // namespace linktor::cli
