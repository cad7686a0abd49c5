#include "client/cli/arguments.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "linktor/instagram/request.h"

namespace linktor::cli {
namespace {

// The largest thing that a file can hold here is a template: 10 cards of a few
// KB each.
constexpr std::size_t kMaxFileBytes = 1'000'000;

absl::StatusOr<std::string> ReadAll(std::FILE* file, const std::string& path) {
  std::string all;
  char buffer[4096];
  std::size_t size = 0;
  while ((size = std::fread(buffer, 1, sizeof(buffer), file)) > 0) {
    all.append(buffer, size);
    if (all.size() > kMaxFileBytes) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, " is larger than 1 MB"));
    }
  }
  if (std::ferror(file) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot read ", path, ": ", std::strerror(errno)));
  }
  return all;
}

}  // namespace

absl::StatusOr<std::pair<std::string, std::string>> ParsePair(
    const std::string& text, const char* form) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "' is not of the form '", form, "'"));
  }
  return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

absl::StatusOr<v1::QuickReply> ParseQuickReply(const std::string& text) {
  const auto pair = ParsePair(text);
  if (!pair.ok()) return pair.status();
  v1::QuickReply reply;
  reply.set_title(pair->first);
  reply.set_payload(pair->second);
  return reply;
}

absl::StatusOr<v1::IceBreaker> ParseIceBreaker(const std::string& text) {
  const auto pair = ParsePair(text, "Question=PAYLOAD");
  if (!pair.ok()) return pair.status();
  v1::IceBreaker ice_breaker;
  ice_breaker.set_question(pair->first);
  ice_breaker.set_payload(pair->second);
  return ice_breaker;
}

absl::StatusOr<v1::TemplateButton> ParseButton(const std::string& text) {
  const auto pair = ParsePair(text);
  if (!pair.ok()) return pair.status();
  v1::TemplateButton button;
  button.set_title(pair->first);
  if (absl::StartsWith(pair->second, "https://") ||
      absl::StartsWith(pair->second, "http://")) {
    button.set_url(pair->second);
  } else {
    button.set_payload(pair->second);
  }
  return button;
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  if (path == "-") return ReadAll(stdin, "standard input");
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot open ", path, ": ", std::strerror(errno)));
  }
  absl::StatusOr<std::string> all = ReadAll(file, path);
  std::fclose(file);
  return all;
}

absl::Status ParseJson(const std::string& what, const std::string& json,
                       google::protobuf::Message& message) {
  const auto status =
      google::protobuf::util::JsonStringToMessage(json, &message);
  if (status.ok()) return absl::OkStatus();
  // Only the first line of the message is used. The further lines repeat the
  // input and point at a place in it.
  const std::string problem = status.message().ToString();
  return absl::InvalidArgumentError(
      absl::StrCat(what, " is not a ", message.GetDescriptor()->name(),
                   " as JSON: ", problem.substr(0, problem.find('\n'))));
}

absl::Status ParseJsonFile(const std::string& path,
                           google::protobuf::Message& message) {
  const absl::StatusOr<std::string> json = ReadFile(path);
  if (!json.ok()) return json.status();
  return ParseJson(path == "-" ? "standard input" : path, *json, message);
}

absl::StatusOr<v1::Template> ParseTemplate(const std::string& what,
                                           const std::string& json) {
  v1::Template whole;
  if (ParseJson(what, json, *whole.mutable_generic()).ok()) return whole;
  whole.Clear();
  if (absl::Status status = ParseJson(what, json, whole); !status.ok()) {
    return status;
  }
  return whole;
}

absl::Status CheckTexts(const google::protobuf::Message& request) {
  const std::optional<std::string> field =
      instagram::FieldThatIsNotUtf8(request);
  if (!field.has_value()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("what is given for ", *field, " is not UTF-8"));
}

absl::StatusOr<std::string> ReadSecret(const std::string& path,
                                       const char* variable) {
  std::string secret;
  std::string source = path;
  if (!path.empty()) {
    absl::StatusOr<std::string> text = ReadFile(path);
    if (!text.ok()) return text.status();
    secret = *std::move(text);
  } else {
    const char* value = std::getenv(variable);
    if (value == nullptr) return std::string();
    secret = value;
    source = variable;
  }
  absl::StripTrailingAsciiWhitespace(&secret);
  if (secret.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the secret in ", source, " is empty"));
  }
  // The file may have a second line, or it may be the wrong file. Without this
  // check the user would notice that only when Meta refuses the secret.
  if (!std::all_of(secret.begin(), secret.end(), [](char c) {
        return absl::ascii_isgraph(static_cast<unsigned char>(c));
      })) {
    return absl::InvalidArgumentError(
        absl::StrCat("the secret in ", source,
                     " is not one word of printable ASCII, as Meta's are"));
  }
  return secret;
}

}  // namespace linktor::cli
