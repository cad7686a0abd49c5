// This file has the commands events tail|list.

#include <memory>

#include "absl/time/clock.h"
#include "client/cli/arguments.h"
#include "client/cli/commands.h"
#include "client/cli/event_line.h"
#include "client/cli/stretch.h"
#include "client/cli/tail.h"
#include "client/cli/times.h"
#include "client/cli/watch.h"

namespace linktor::cli {
namespace {

// These options of both commands choose the events to print.
struct FilterOptions {
  std::vector<std::string> types, channels, users;
  bool raw = false;
};

struct TailOptions {
  std::string after;
  bool after_given = false;
  bool from_start = false;
  std::string since;
  bool since_given = false;
  FilterOptions filter;
  std::int64_t count = 0;
  bool until_caught_up = false;
};

struct ListOptions {
  FilterOptions filter;
  Stretch stretch;
};

// Adds the options of a filter to a command.
void AddFilter(CLI::App& command, FilterOptions& filter) {
  const auto add = [&command](const char* name,
                              std::vector<std::string>& values,
                              const char* what) {
    command.add_option(name, values, what)->allow_extra_args(false);
  };
  add("--type", filter.types,
      "only this type, or a group such as 'instagram.*'; repeatable");
  add("--channel", filter.channels, "only this channel; repeatable");
  add("--user", filter.users, "only this customer; repeatable");
  command.add_flag(
      "--raw", filter.raw,
      "print each item also as Instagram sent it, while it is kept");
}

// Copies the filter into a request. SubscribeEventsRequest and
// ListEventsRequest have the same four fields for it.
template <typename Request>
void SetFilter(const FilterOptions& filter, Request& request) {
  for (const auto& type : filter.types) request.add_types(type);
  for (const auto& channel : filter.channels) request.add_channel_ids(channel);
  for (const auto& user : filter.users) request.add_user_ids(user);
  request.set_include_raw(filter.raw);
}

ExitCode RunTail(Session& session, const TailOptions& options) {
  // The cursor may come from a variable of a script that is empty by mistake.
  // To start at the end of the log would then lose the events since the cursor.
  if (options.after_given && options.after.empty()) {
    return session.Usage(absl::InvalidArgumentError(
        "--after is empty: give a cursor, or --from-start"));
  }
  // The Watch blocks signals. It must exist before the connection makes its
  // threads, because they inherit the blocked signals.
  Watch watch;
  Tail::Options tail{.count = options.count,
                     .until_caught_up = options.until_caught_up};
  v1::SubscribeEventsRequest& request = tail.request;
  SetFilter(options.filter, request);
  if (!options.after.empty()) {
    request.set_after_cursor(options.after);
  } else if (options.since_given) {
    const auto since = ParseSince(options.since, absl::Now());
    if (!since.ok()) return session.Usage(since.status());
    *request.mutable_since() = *since;
  } else {
    request.set_position(options.from_start ? v1::POSITION_EARLIEST
                                            : v1::POSITION_LATEST);
  }
  if (const absl::Status texts = CheckTexts(request); !texts.ok()) {
    return session.Usage(texts);
  }
  return Tail(session, watch, std::move(tail)).Run();
}

// Prints one page and returns how many events it has. Returns -1 when the
// output cannot be written; errno says why.
int PrintPage(Session& session, const ListOptions& options,
              const v1::ListEventsResponse& page) {
  for (const v1::Event& event : page.events()) {
    if (!session.Write(
            session.options().json
                ? JsonLine(event)
                : EventLine(event, absl::LocalTimeZone(), options.filter.raw) +
                      "\n")) {
      return -1;
    }
  }
  return page.events_size();
}

ExitCode RunList(Session& session, const ListOptions& options) {
  v1::ListEventsRequest request;
  SetFilter(options.filter, request);
  const absl::Status set = SetStretch(options.stretch, request);
  if (!set.ok()) return session.Usage(set);
  return WalkPages<v1::ListEventsResponse>(
      session, options.stretch.limit, Noun{"event", "events"}, request,
      [&session](const auto& asked, auto* page) {
        return session.Call(CallKind::kRead,
                            &v1::EventService::Stub::ListEvents, asked, page);
      },
      [&](const auto& page) { return PrintPage(session, options, page); });
}

void AddList(CLI::App& group, const Program& program) {
  auto options = std::make_shared<ListOptions>();
  CLI::App* list = AddCommand(
      group, "list", "print events that are stored, the newest first",
      "  linktor-ig events list --channel ch_shop --user 6100000000000001\n"
      "  linktor-ig events list --type message.failed --since 3d --limit 100\n"
      "The cursor on standard error is the end of the log: linktor-ig events "
      "tail --after CURSOR\nprints what came later, and misses nothing.");
  AddFilter(*list, options->filter);
  AddStretch(*list, options->stretch, "events received");
  Session& session = program.session;
  Bind(list, program.run,
       [&session, options] { return RunList(session, *options); });
}

}  // namespace

void AddEvents(const Program& program) {
  CLI::App* group =
      AddGroup(program.app, "events", "everything that happens, in order",
               "  linktor-ig events tail --since 2h");
  auto options = std::make_shared<TailOptions>();
  CLI::App* tail = AddCommand(
      *group, "tail", "print events as they come, until Ctrl-C",
      "  linktor-ig events tail --from-start --channel ch_shop --type "
      "'message.*'\n"
      "This prints all events as JSON, one a line with its cursor:\n"
      "  linktor-ig events tail --from-start --until-caught-up --json\n"
      "When the connection breaks it is taken up again after the last cursor. "
      "At the end the\ncursor to go on with is on standard error; Ctrl-C ends "
      "with exit code 0.\nA server that cannot be reached at the start ends it "
      "with 3.\nA line has the time here, the channel, the customer's IGSID "
      "(answer to it), the type, and\nwhat happened, with the id of the "
      "message "
      "(msg_...) for linktor-ig messages get.");
  CLI::Option* after =
      tail->add_option("--after", options->after, "go on after this cursor");
  tail->add_flag("--from-start", options->from_start,
                 "print all events that are kept, not only new ones")
      ->excludes(after);
  CLI::Option* since = tail->add_option(
      "--since", options->since,
      "print the events received since then: how long ago, such as 2h, or a "
      "time with its zone");
  since->excludes(after)->excludes("--from-start");
  AddFilter(*tail, options->filter);
  tail->add_option("--count", options->count, "end after so many events")
      ->check(CLI::Range(1, 1'000'000'000));
  tail->add_flag("--until-caught-up", options->until_caught_up,
                 "end when all events that exist have been printed");
  Session& session = program.session;
  Bind(tail, program.run, [&session, options, after, since] {
    options->after_given = after->count() > 0;
    options->since_given = since->count() > 0;
    return RunTail(session, *options);
  });
  AddList(*group, program);
}

}  // namespace linktor::cli
