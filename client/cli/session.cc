#include "client/cli/session.h"

#include <google/protobuf/util/json_util.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <boost/json.hpp>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/text.h"

namespace linktor::cli {
namespace {

// How long to try to connect. A server that is up answers within a round trip.
constexpr auto kConnectTimeout = std::chrono::seconds(5);

// Less than the first step of Backoff.
constexpr int kReconnectMs = 200;

// What gRPC says about why it cannot connect; empty when it now can.
std::string WhyNot(const std::shared_ptr<grpc::Channel>& channel) {
  // The state alone does not tell, a call does; this one changes nothing.
  v1::ChannelService::Stub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::seconds(1));
  v1::ListChannelsRequest request;
  request.set_page_size(1);
  v1::ListChannelsResponse response;
  const grpc::Status status = stub.ListChannels(&context, request, &response);
  return status.error_message();
}

}  // namespace

std::optional<Failure> Session::Reach() {
  if (channel_ == nullptr) {
    grpc::ChannelArguments arguments;
    // The server is in the operator's own network, whatever the environment
    // says about proxies.
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    // gRPC by itself would come to try every two minutes only; how long to
    // wait for a server that is away is Backoff's to say.
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kReconnectMs);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectMs);
    channel_ = grpc::CreateCustomChannel(
        options_.server, grpc::InsecureChannelCredentials(), arguments);
  }
  const auto deadline = std::chrono::system_clock::now() + kConnectTimeout;
  for (;;) {
    const grpc_connectivity_state state = channel_->GetState(true);
    if (state == GRPC_CHANNEL_READY) return std::nullopt;
    if (state == GRPC_CHANNEL_TRANSIENT_FAILURE ||
        !channel_->WaitForStateChange(state, deadline)) {
      const std::string why = WhyNot(channel_);
      if (channel_->GetState(false) == GRPC_CHANNEL_READY) return std::nullopt;
      return NotReached(options_.server, why);
    }
  }
}

ExitCode Session::Print(const google::protobuf::Message& message,
                        const std::string& text) {
  return Write(options_.json ? JsonLine(message) : text) ? ExitCode::kOk
                                                         : ExitCode::kOutput;
}

bool Session::Write(const std::string& text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
         std::fflush(stdout) == 0;
}

ExitCode Session::Fail(Failure failure, const Subject& subject) const {
  Advise(subject, failure);
  const std::string text = options_.json ? ToJson(failure) : ToText(failure);
  std::fputs(text.c_str(), stderr);
  return failure.exit_code;
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

std::string JsonLine(const google::protobuf::Message& message) {
  std::string json;
  // It fails only for an Any of an unknown type, and the contract has no Any.
  if (!google::protobuf::util::MessageToJsonString(message, &json).ok()) {
    return "{}\n";
  }
  return json + "\n";
}

}  // namespace linktor::cli
