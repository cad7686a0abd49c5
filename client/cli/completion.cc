#include "client/cli/completion.h"

#include <set>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "client/cli/key_request.h"
#include "client/cli/reasons.h"
#include "linktor/instagram/constants.h"

namespace linktor::cli {
namespace {

std::vector<std::string> ReasonNames() {
  std::vector<std::string> names;
  for (const Reason& reason : AllReasons()) names.push_back(reason.name);
  return names;
}

std::vector<std::string> EventTypesAndGroups() {
  std::set<std::string> names;
  for (const char* type : instagram::event_type::kAll) {
    const std::string name = type;
    names.insert(name);
    names.insert(absl::StrCat(name.substr(0, name.find('.')), ".*"));
  }
  return {names.begin(), names.end()};
}

// Returns the values that `option` takes, as far as they can be known without
// asking a server.
std::vector<std::string> ValuesOf(const CLI::Option& option,
                                  const std::vector<std::string>& servers) {
  const std::string& name = option.get_single_name();
  if (name == "server") return servers;
  if (name == "type") return EventTypesAndGroups();
  if (name == "permission") return PermissionNames();
  if (name == "on-no-history") return {"allow", "refuse"};
  if (name == "REASON") return ReasonNames();
  if (name == "RESOLUTION") return {"sent", "not-sent"};
  if (name == "SHELL") return Shells();
  const bool file =
      absl::EndsWith(name, "-file") || name == "FILE" ||
      absl::c_linear_search(std::vector<std::string>{"file", "out", "config",
                                                     "ca", "cert", "key"},
                            name);
  if (file) return {kFilesWord};
  return {};
}

// Adds the options of `app` and of its groups of options. CLI11 treats such a
// group as a command without a name.
void AddOptions(const CLI::App& app, std::vector<const CLI::Option*>& out) {
  for (const CLI::Option* option :
       app.get_options([](const CLI::Option*) { return true; })) {
    out.push_back(option);
  }
  for (const CLI::App* group : app.get_subcommands(
           [](const CLI::App* one) { return one->get_name().empty(); })) {
    AddOptions(*group, out);
  }
}

// A Walk takes the words of a command line one after the other. It knows which
// command they have reached, and which options and arguments can come next.
class Walk {
 public:
  explicit Walk(const CLI::App& app) : at_(&app) { Enter(app); }

  void Take(const std::string& word) {
    if (expects_ != nullptr) {
      // bash splits "--name=value" into three words; the second is "=".
      if (word != "=") expects_ = nullptr;
    } else if (word == "--" && !only_arguments_) {
      only_arguments_ = true;
    } else if (absl::StartsWith(word, "-") && !only_arguments_) {
      const CLI::Option* option = Find(word);
      const bool takes_value =
          option != nullptr && option->get_items_expected_max() > 0;
      if (takes_value && !absl::StrContains(word, '=')) expects_ = option;
    } else if (const CLI::App* command = Command(word)) {
      at_ = command;
      arguments_ = 0;
      Enter(*command);
    } else {
      ++arguments_;
    }
  }

  // Returns the option whose value comes next, or null when no option waits for
  // a value.
  const CLI::Option* expects() const { return expects_; }
  const CLI::App& at() const { return *at_; }
  const std::vector<const CLI::Option*>& options() const { return options_; }
  bool only_arguments() const { return only_arguments_; }

  // Returns the option that a word such as "--name" or "--name=value" names, or
  // null when there is no such option.
  const CLI::Option* Find(const std::string& word) const {
    const std::string name = word.substr(0, word.find('='));
    for (const CLI::Option* option : options_) {
      if (option->nonpositional() && option->check_name(name)) return option;
    }
    return nullptr;
  }

  // Returns the argument that comes next, or null when the command takes no
  // more arguments.
  const CLI::Option* Argument() const {
    std::size_t n = 0;
    for (const CLI::Option* option : options_) {
      if (option->nonpositional()) continue;
      const bool several = option->get_items_expected_max() > 1;
      if (n == arguments_ || several) return option;
      ++n;
    }
    return nullptr;
  }

 private:
  // Adds the options of a command. The options of the outer commands stay,
  // because the user may also write them after the inner command.
  void Enter(const CLI::App& app) { AddOptions(app, options_); }

  const CLI::App* Command(const std::string& word) const {
    if (only_arguments_ || word.empty()) return nullptr;
    const auto found = at_->get_subcommands(
        [&word](const CLI::App* one) { return one->get_name() == word; });
    return found.empty() ? nullptr : found.front();
  }

  const CLI::App* at_;
  const CLI::Option* expects_ = nullptr;
  bool only_arguments_ = false;
  std::size_t arguments_ = 0;
  std::vector<const CLI::Option*> options_;
};

// Adds the values that the option takes, each after `prefix`. The prefix is
// "--name=" when the option and its value are one word.
void AddValues(const CLI::Option& option,
               const std::vector<std::string>& servers,
               const std::string& prefix, std::vector<Candidate>& out) {
  for (const std::string& value : ValuesOf(option, servers)) {
    out.push_back({value == kFilesWord ? value : absl::StrCat(prefix, value)});
  }
}

void AddOptionNames(const Walk& walk, std::vector<Candidate>& out) {
  std::set<std::string> seen;
  for (const CLI::Option* option : walk.options()) {
    for (const std::string& name : option->get_lnames()) {
      if (!seen.insert(name).second) continue;
      out.push_back({absl::StrCat("--", name), option->get_description()});
    }
  }
}

void AddCommandNames(const CLI::App& app, std::vector<Candidate>& out) {
  for (const CLI::App* command : app.get_subcommands(
           [](const CLI::App* one) { return !one->get_name().empty(); })) {
    out.push_back({command->get_name(), command->get_description()});
  }
}

}  // namespace

std::vector<Candidate> Candidates(const CLI::App& app,
                                  const std::vector<std::string>& words,
                                  const std::vector<std::string>& servers) {
  std::string last = words.empty() ? "" : words.back();
  Walk walk(app);
  for (std::size_t i = 0; i + 1 < words.size(); ++i) walk.Take(words[i]);
  if (walk.expects() != nullptr && last == "=") last.clear();
  std::vector<Candidate> all;
  if (walk.expects() != nullptr) {
    AddValues(*walk.expects(), servers, "", all);
  } else if (absl::StartsWith(last, "-") && !walk.only_arguments()) {
    const std::size_t equals = last.find('=');
    if (equals == std::string::npos) {
      AddOptionNames(walk, all);
    } else if (const CLI::Option* option = walk.Find(last)) {
      AddValues(*option, servers, last.substr(0, equals + 1), all);
    }
  } else {
    if (!walk.only_arguments()) AddCommandNames(walk.at(), all);
    if (const CLI::Option* argument = walk.Argument()) {
      AddValues(*argument, servers, "", all);
    }
  }
  std::vector<Candidate> fitting;
  for (Candidate& one : all) {
    if (one.word == kFilesWord || absl::StartsWith(one.word, last)) {
      fitting.push_back(std::move(one));
    }
  }
  return fitting;
}

std::string ToLines(const std::vector<Candidate>& candidates) {
  std::string out;
  for (const Candidate& one : candidates) {
    const std::vector<absl::string_view> lines =
        absl::StrSplit(one.meaning, '\n');
    absl::StrAppend(&out, one.word, "\t", lines.front(), "\n");
  }
  return out;
}

}  // namespace linktor::cli
