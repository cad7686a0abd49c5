// These functions turn arguments of the command line into messages of the
// contract, which is the API that the .proto files describe. They also read the
// files and environment variables that the arguments name. Errors are for the
// person who typed the command line.

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

// Splits "Title=PAYLOAD" at the first '='; neither part may be empty. `form` is
// the form that the error message asks for.
absl::StatusOr<std::pair<std::string, std::string>> ParsePair(
    const std::string& text, const char* form = "Title=PAYLOAD");

absl::StatusOr<v1::QuickReply> ParseQuickReply(const std::string& text);
absl::StatusOr<v1::IceBreaker> ParseIceBreaker(const std::string& text);
// "Title=https://…" (or http://) makes a button that opens the page. Any other
// "Title=PAYLOAD" makes a button that sends the payload back as a postback.
absl::StatusOr<v1::TemplateButton> ParseButton(const std::string& text);

// Returns the whole content of a file; "-" is standard input.
absl::StatusOr<std::string> ReadFile(const std::string& path);

// These two read proto3 JSON into `message`. A field that the contract does not
// have is an error. `what` names the source in the error.
absl::Status ParseJson(const std::string& what, const std::string& json,
                       google::protobuf::Message& message);
absl::Status ParseJsonFile(const std::string& path,
                           google::protobuf::Message& message);

// Reads a template as JSON: either a whole Template, or only its
// GenericTemplate.
absl::StatusOr<v1::Template> ParseTemplate(const std::string& what,
                                           const std::string& json);

// Returns an error when a text of `request` is not UTF-8, because no call can
// carry such a text. The error names the first such text.
absl::Status CheckTexts(const google::protobuf::Message& request);

// Returns the secret from the file `path` ("-" is standard input). When `path`
// is empty, returns the secret from the environment variable, or an empty text
// when the variable is not set. White space at the end of the secret is
// dropped, because editors add a line end. A secret that is empty, or not one
// word of printable ASCII, is an error.
absl::StatusOr<std::string> ReadSecret(const std::string& path,
                                       const char* variable);

}  // namespace linktor::cli
