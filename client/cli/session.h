// It holds what every command has: the global options, the connection, and the
// ways to print an answer or a failure. It is for the main thread only.

#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/client_context.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "client/cli/advice.h"
#include "client/cli/api_key.h"
#include "client/cli/arguments.h"
#include "client/cli/failure.h"
#include "client/cli/settings.h"
#include "linktor/instagram/client.h"
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

  // The command line fills them.
  struct Options {
    ConnectionOptions connection;
    // 0 stands for the default of the call.
    int timeout_s = 0;
    bool json = false;
    // It is true when a person reads standard output. A secret for a script
    // stands there alone.
    bool terminal = false;
    // They are the command line without the program's name, to say it again.
    std::vector<std::string> words;
  };

  explicit Session(Environment environment)
      : environment_(std::move(environment)) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Options& options() { return options_; }
  const Options& options() const { return options_; }

  // Refuses texts that no call can carry. Connects first, so that a server that
  // is not there is told from a call whose outcome is unknown. It returns
  // nothing when it succeeded. Stub is that of any service of the contract.
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
    context.set_deadline(std::chrono::system_clock::now() + Timeout(timeout_s));
    Stub stub(client_->channel());
    const grpc::Status status = (stub.*method)(&context, request, response);
    if (status.ok()) return std::nullopt;
    return FailureOf(status, kind);
  }

  // Connects; whatever fails, nothing was done.
  std::optional<Failure> Reach();
  // It exists after Reach().
  instagram::Client& client() { return *client_; }
  // Returns how a call is repeated that may have got lost: within the timeout,
  // with a remark each time.
  instagram::CallOptions Repeating(int timeout_s = kTimeoutSeconds) const;

  // Writes `text` for people, or `message` as one line for machines.
  ExitCode Print(const google::protobuf::Message& message,
                 const std::string& text);
  // Writes a text alone. Where it cannot be written, says so on standard error.
  ExitCode PrintText(const std::string& text);
  // Writes and flushes. Returns false when standard output takes no more.
  bool Write(const std::string& text);
  // Writes it to standard error, with what helps. Returns its exit code.
  ExitCode Fail(Failure failure, const Subject& subject = {}) const;
  ExitCode Usage(const absl::Status& status) const;
  // Returns a failure as it would be written.
  std::string Rendered(const Failure& failure) const;
  // Writes a remark to standard error; with --json it is {"notice": …,
  // "cursor": …}.
  void Notice(const std::string& text, const std::string& cursor = "") const;

 private:
  // Returns what the user asked for, else `timeout_s`.
  std::chrono::seconds Timeout(int timeout_s) const {
    return std::chrono::seconds(options_.timeout_s > 0 ? options_.timeout_s
                                                       : timeout_s);
  }
  // Reads the settings and the key and makes the client, once.
  absl::Status Open();
  // Returns why gRPC cannot connect, in its words; empty when it now can.
  std::string WhyNot() const;

  const Environment environment_;
  Options options_;
  // Open() fills all of the following.
  Connection connection_;
  ApiKey api_key_;
  std::unique_ptr<instagram::Client> client_;
};

// Returns a variable of the environment of this process.
std::optional<std::string> ProcessVariable(const std::string& name);

// Returns one line of proto3 JSON with a line end.
std::string JsonLine(const google::protobuf::Message& message);

}  // namespace linktor::cli
