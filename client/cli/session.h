// A Session holds what every command needs: the global options, the connection,
// and the functions that print an answer or a failure. It is for the main
// thread only.

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
  // These are the default timeouts. The server takes up to 30 s to send a
  // message, and up to 90 s with media; the remaining time is for the network.
  static constexpr int kTimeoutSeconds = 35;
  static constexpr int kMediaTimeoutSeconds = 120;

  // The parser of the command line fills these.
  struct Options {
    ConnectionOptions connection;
    // 0 means the default timeout of the call.
    int timeout_s = 0;
    bool json = false;
    // It is true when standard output is a terminal, so that a person reads it.
    // When it is false, a script may read it. Then a secret is printed without
    // any other text.
    bool terminal = false;
    // These are the words of the command line without the program's name. The
    // program needs them to print the command line again (see repeat.h).
    std::vector<std::string> words;
  };

  explicit Session(Environment environment)
      : environment_(std::move(environment)) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Options& options() { return options_; }
  const Options& options() const { return options_; }

  // Makes one call, and returns nothing when the call succeeded. It first
  // refuses texts that are not UTF-8. Then it connects. A failure to connect
  // means that nothing was done, so it must not look like a call whose outcome
  // is unknown. Stub is the stub of any service of the contract.
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

  // Connects to the server. When it returns a failure, nothing was done.
  std::optional<Failure> Reach();
  // The client exists after Reach() has succeeded.
  instagram::Client& client() { return *client_; }
  // Returns options for a call that the client library repeats when the call
  // may have got lost. The library repeats it within the timeout, and each
  // repetition prints a notice.
  instagram::CallOptions Repeating(int timeout_s = kTimeoutSeconds) const;

  // Writes `text` for people, or `message` as one line for machines.
  ExitCode Print(const google::protobuf::Message& message,
                 const std::string& text);
  // Writes `text` to standard output. When it cannot be written, says so on
  // standard error and returns kOutput.
  ExitCode PrintText(const std::string& text);
  // Writes to standard output and flushes it. Returns false when standard
  // output takes no more; errno then says why.
  bool Write(const std::string& text);
  // Writes the failure to standard error, with commands that help (see
  // advice.h). Returns the exit code of the failure.
  ExitCode Fail(Failure failure, const Subject& subject = {}) const;
  // Prints a mistake in the arguments as Fail() does. Returns kUsage.
  ExitCode Usage(const absl::Status& status) const;
  // Returns the text that Fail() would write for this failure: JSON with
  // --json, else lines for a person.
  std::string Rendered(const Failure& failure) const;
  // Writes a notice to standard error. With --json it is the object
  // {"notice": …, "cursor": …}.
  void Notice(const std::string& text, const std::string& cursor = "") const;

 private:
  // Returns the timeout that the user gave, or else `timeout_s`.
  std::chrono::seconds Timeout(int timeout_s) const {
    return std::chrono::seconds(options_.timeout_s > 0 ? options_.timeout_s
                                                       : timeout_s);
  }
  // Reads the settings and the API key and makes the client. It does nothing
  // when the client exists already.
  absl::Status Open();
  // Makes a short call and returns the message of gRPC that says why it cannot
  // connect. The message is empty when the call succeeded.
  std::string WhyNot() const;

  const Environment environment_;
  Options options_;
  // Open() fills these three fields.
  Connection connection_;
  ApiKey api_key_;
  std::unique_ptr<instagram::Client> client_;
};

// Returns a variable of the environment of this process.
std::optional<std::string> ProcessVariable(const std::string& name);

// Returns one line of proto3 JSON with a line end.
std::string JsonLine(const google::protobuf::Message& message);

}  // namespace linktor::cli
