// What every command has: the global options, the connection, and the ways to
// print an answer or a failure. Main thread only.

#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "client/cli/arguments.h"
#include "client/cli/failure.h"
#include "linktor/instagram/v1/channel_service.grpc.pb.h"
#include "linktor/instagram/v1/event_service.grpc.pb.h"
#include "linktor/instagram/v1/messaging_service.grpc.pb.h"

namespace linktor::cli {

namespace v1 = ::linktor::instagram::v1;

class Session {
 public:
  // Sending takes the server up to 30 s, with media 90 s; the rest is for the
  // way there and back.
  static constexpr int kTimeoutSeconds = 35;
  static constexpr int kMediaTimeoutSeconds = 120;

  // Filled by the command line.
  struct Options {
    std::string server = "127.0.0.1:50051";
    // 0: the default of the call.
    int timeout_s = 0;
    bool json = false;
  };

  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Options& options() { return options_; }
  const Options& options() const { return options_; }

  // Refuses texts that no call can carry. Connects first, so that a server that
  // is not there is told from a call whose outcome is unknown. Nothing when it
  // succeeded. Stub is one of the three below.
  template <typename Stub, typename Request, typename Response>
  std::optional<Failure> Call(CallKind kind,
                              grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                           const Request&,
                                                           Response*),
                              const Request& request, Response* response,
                              int timeout_s = kTimeoutSeconds) {
    if (const absl::Status texts = CheckTexts(request); !texts.ok()) {
      return UsageFailure(std::string(texts.message()));
    }
    if (std::optional<Failure> failure = Reach()) return failure;
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::seconds(options_.timeout_s > 0
                                                  ? options_.timeout_s
                                                  : timeout_s));
    Stub stub(channel_);
    const grpc::Status status = (stub.*method)(&context, request, response);
    if (status.ok()) return std::nullopt;
    return FailureOf(status, kind);
  }

  // Connects; the failure is that nothing was done.
  std::optional<Failure> Reach();
  // After Reach().
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

  // `text` for people, `message` as one line for machines.
  ExitCode Print(const google::protobuf::Message& message,
                 const std::string& text);
  // Writes and flushes; false when standard output takes no more.
  bool Write(const std::string& text);
  // To standard error, with what helps. The failure's exit code.
  ExitCode Fail(Failure failure, const Subject& subject = {}) const;
  ExitCode Usage(const absl::Status& status) const;
  // A remark on standard error; with --json {"notice": …, "cursor": …}.
  void Notice(const std::string& text, const std::string& cursor = "") const;

 private:
  Options options_;
  std::shared_ptr<grpc::Channel> channel_;
};

// One line of proto3 JSON with a line end.
std::string JsonLine(const google::protobuf::Message& message);

}  // namespace linktor::cli
