#include "client/cli/session.h"

#include <google/protobuf/util/json_util.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/connection.h"
#include "client/cli/text.h"

namespace linktor::cli {
namespace {

// Reach() tries to connect for this time. A server that is running answers much
// sooner, within one round trip.
constexpr auto kConnectTimeout = std::chrono::seconds(5);

}  // namespace

absl::Status Session::Open() {
  if (client_ != nullptr) return absl::OkStatus();
  absl::StatusOr<Connection> connection =
      LoadConnection(options_.connection, environment_);
  if (!connection.ok()) return connection.status();
  connection_ = *std::move(connection);
  absl::StatusOr<ApiKey> key = ReadApiKey(connection_.api_key);
  if (!key.ok()) return key.status();
  api_key_ = *std::move(key);
  auto client = OpenClient(connection_, api_key_.value);
  if (!client.ok()) return client.status();
  if (!api_key_.warning.empty()) Notice(api_key_.warning);
  client_ = *std::move(client);
  return absl::OkStatus();
}

instagram::CallOptions Session::Repeating(int timeout_s) const {
  return {.timeout = Timeout(timeout_s),
          .on_repeat = [this](const instagram::Error& error,
                              std::chrono::milliseconds wait) {
            Notice(absl::StrCat(error.message, "; trying again in ",
                                ShowDuration(absl::FromChrono(wait))));
          }};
}

std::string Session::WhyNot() const {
  // The state of the channel does not tell the reason, but the error of a call
  // does. This call changes nothing on the server.
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::seconds(1));
  v1::ListChannelsRequest request;
  request.set_page_size(1);
  v1::ListChannelsResponse response;
  const grpc::Status status =
      client_->channels().ListChannels(&context, request, &response);
  return status.error_message();
}

std::optional<Failure> Session::Reach() {
  if (const absl::Status opened = Open(); !opened.ok()) {
    return UsageFailure(std::string(opened.message()));
  }
  grpc::Channel& channel = *client_->channel();
  const auto deadline = std::chrono::system_clock::now() + kConnectTimeout;
  for (;;) {
    const grpc_connectivity_state state = channel.GetState(true);
    if (state == GRPC_CHANNEL_READY) return std::nullopt;
    if (state == GRPC_CHANNEL_TRANSIENT_FAILURE ||
        !channel.WaitForStateChange(state, deadline)) {
      const std::string why = WhyNot();
      if (channel.GetState(false) == GRPC_CHANNEL_READY) return std::nullopt;
      Failure failure = NotReached(connection_.address, why);
      AdviseAboutTls(connection_, failure);
      return failure;
    }
  }
}

ExitCode Session::Print(const google::protobuf::Message& message,
                        const std::string& text) {
  return PrintText(options_.json ? JsonLine(message) : text);
}

ExitCode Session::PrintText(const std::string& text) {
  if (Write(text)) return ExitCode::kOk;
  Notice(absl::StrCat("it was done, but standard output cannot be written: ",
                      std::strerror(errno)));
  return ExitCode::kOutput;
}

bool Session::Write(const std::string& text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
         std::fflush(stdout) == 0;
}

ExitCode Session::Fail(Failure failure, const Subject& subject) const {
  Advise(subject, failure);
  AdviseAboutKey(connection_, failure);
  std::fputs(Rendered(failure).c_str(), stderr);
  return failure.exit_code;
}

std::string Session::Rendered(const Failure& failure) const {
  return options_.json ? ToJson(failure) : ToText(failure);
}

ExitCode Session::Usage(const absl::Status& status) const {
  return Fail(UsageFailure(std::string(status.message())));
}

void Session::Notice(const std::string& text, const std::string& cursor) const {
  if (options_.json) {
    boost::json::object notice{{"notice", text}};
    if (!cursor.empty()) notice["cursor"] = cursor;
    std::fprintf(stderr, "%s\n", boost::json::serialize(notice).c_str());
    return;
  }
  std::fprintf(stderr, "%s\n", EscapeControls(text).c_str());
  if (!cursor.empty()) {
    std::fprintf(stderr, "go on with: linktor-ig events tail --after %s\n",
                 EscapeControls(cursor).c_str());
  }
}

std::optional<std::string> ProcessVariable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

std::string JsonLine(const google::protobuf::Message& message) {
  std::string json;
  // The conversion fails only for an Any of an unknown type, and the messages
  // of the contract have no Any.
  if (!google::protobuf::util::MessageToJsonString(message, &json).ok()) {
    return "{}\n";
  }
  return json + "\n";
}

}  // namespace linktor::cli
