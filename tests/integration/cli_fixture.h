// A gateway and the command-line client run against it, for cli_test.cc and
// cli_tail_test.cc.

#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/integration/cli_process.h"
#include "tests/support/gateway.h"

namespace linktor::testing {

// How a command ended.
struct Outcome {
  int status = 0;
  std::string out;
  std::string err;
};

// A gateway without a channel, and the client run against it.
class CliTest : public ::testing::Test {
 protected:
  Outcome RunCli(std::vector<std::string> arguments,
                 std::vector<std::string> environment = {}) {
    Cli cli({.server = gateway_.server().grpc(),
             .arguments = std::move(arguments),
             .environment = std::move(environment)});
    const int status = cli.Wait();
    return {status, cli.out(), cli.err()};
  }

  std::string Written(const std::string& name, const std::string& text) {
    std::string path = absl::StrCat(gateway_.folder(), "/", name);
    std::ofstream(path) << text;
    return path;
  }

  // What Instagram was asked to send by `arguments`.
  boost::json::value Sent(std::vector<std::string> arguments) {
    const int before = gateway_.SendsReceived();
    const Outcome outcome = RunCli(std::move(arguments));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(outcome.out, ::testing::HasSubstr("state           SENT"));
    EXPECT_EQ(gateway_.SendsReceived(), before + 1);
    boost::json::value last;
    for (const auto& call : gateway_.instagram().graph_calls().Get().calls) {
      if (call.method == "POST" && absl::EndsWith(call.path, "/messages")) {
        last = call.body;
      }
    }
    EXPECT_EQ(last.at("recipient").at("id"), kUser);
    return last.at("message");
  }

  Cli::Options Tail(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"events", "tail"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return {.server = gateway_.server().grpc(),
            .arguments = std::move(arguments)};
  }

  void Write(const std::string& text) {
    ASSERT_TRUE(gateway_.instagram().PlayText(kUser, text).ok());
  }

  Gateway gateway_;
};

// These tests of the command `send` have a channel.
class CliSendTest : public CliTest {
 protected:
  CliSendTest() { gateway_.CreateChannel(); }

  boost::json::value Send(const std::string& kind,
                          const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"send", kind, kChannel, kUser};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Sent(std::move(arguments));
  }
};

}  // namespace linktor::testing
