// These functions make what stands on the command line, or in the files and
// variables it names, into messages of the contract. Errors are for the person
// who typed it.

#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "linktor/instagram/v1/content.pb.h"
#include "linktor/instagram/v1/ice_breaker.pb.h"

namespace linktor::cli {

namespace v1 = ::linktor::instagram::v1;

// Parts "Title=PAYLOAD" at the first '='; neither part may be empty. `form` is
// what the error asks for.
absl::StatusOr<std::pair<std::string, std::string>> ParsePair(
    const std::string& text, const char* form = "Title=PAYLOAD");

absl::StatusOr<v1::QuickReply> ParseQuickReply(const std::string& text);
absl::StatusOr<v1::IceBreaker> ParseIceBreaker(const std::string& text);
// "Title=https://…" opens the page, and any other "Title=PAYLOAD" comes back as
// a postback.
absl::StatusOr<v1::TemplateButton> ParseButton(const std::string& text);

// Returns all of a file; "-" is standard input.
absl::StatusOr<std::string> ReadFile(const std::string& path);

// They read proto3 JSON. Fields that the contract does not have are errors.
// `what` names the source in the error.
absl::Status ParseJson(const std::string& what, const std::string& json,
                       google::protobuf::Message& message);
absl::Status ParseJsonFile(const std::string& path,
                           google::protobuf::Message& message);

// Reads a template as JSON: a Template, or its GenericTemplate alone.
absl::StatusOr<v1::Template> ParseTemplate(const std::string& what,
                                           const std::string& json);

// Returns an error that names the first text of `request` that is not UTF-8,
// which no call can carry.
absl::Status CheckTexts(const google::protobuf::Message& request);

// Returns the secret from `path` ("-" is standard input) or, without one, from
// the environment variable; empty when there is neither. White space at its end
// is dropped: editors add a line end. An empty secret is an error.
absl::StatusOr<std::string> ReadSecret(const std::string& path,
                                       const char* variable);

}  // namespace linktor::cli
