// An emulator on a port of its own, a gateway that records the webhooks it
// gets, and a client that sees exactly what is on the wire.

#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "emulator/emulator.h"
#include "emulator/json.h"
#include "server/base/mutex.h"
#include "server/http/listener.h"

namespace linktor::emulator {

// No test waits this long unless it fails.
inline constexpr absl::Duration kPatience = absl::Seconds(10);

inline constexpr char kCustomer[] = "6100000000000001";
inline constexpr char kAccount[] = "17841400000000001";
inline constexpr char kSecret[] = "test-app-secret";
inline constexpr char kVerifyToken[] = "test verify&token";

// What came back on a connection that is used for one request.
struct Reply {
  // Whether there was a complete answer before the connection closed.
  bool answered = false;
  int status = 0;
  std::string body;

  json::value Json() const;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

Reply Http(const std::string& address, std::string_view method,
           std::string_view target, std::string_view body = {},
           const Headers& headers = {});

// Answers webhooks with 200, until it is told otherwise, and verifications with
// their challenge.
class RecordingGateway {
 public:
  RecordingGateway();

  std::string url() const;
  // Waits for `count` webhooks since the start; fails the test when they do
  // not come.
  std::vector<http::HttpRequest> WaitForWebhooks(std::size_t count);
  std::vector<http::HttpRequest> webhooks();
  // From now on webhooks are answered with this status.
  void AnswerWith(int status);
  // From now on webhooks are kept waiting for their answer, until the next
  // call.
  void HoldAnswers();
  void ReleaseAnswers();

 private:
  void Handle(http::HttpRequest request, http::HttpResponder respond);

  Mutex mutex_;
  CondVar changed_;
  std::vector<http::HttpRequest> webhooks_ ABSL_GUARDED_BY(mutex_);
  int status_ ABSL_GUARDED_BY(mutex_) = 200;
  bool holding_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<http::HttpResponder> held_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<http::HttpListener> listener_;
};

class EmulatorTest : public ::testing::Test {
 protected:
  EmulatorTest();

  // Tells the emulator about the gateway, its secrets included.
  void Connect();

  // A Graph call with a token.
  Reply Graph(std::string_view method, std::string_view target,
              std::string_view body = {});
  Reply Send(std::string_view text);
  Reply Control(std::string_view method, std::string_view target,
                std::string_view body = {});
  // Adds a fault; fails the test when it is refused.
  void AddFault(std::string_view fault);

  RecordingGateway gateway_;
  std::unique_ptr<Emulator> emulator_;
};

// Returns the item of a webhook that has one item.
json::object ItemOf(const http::HttpRequest& webhook);
// Returns the entries of a webhook.
json::array EntriesOf(const http::HttpRequest& webhook);
// Returns the signature of a body, in the form that the header has.
std::string Signature(std::string_view body, std::string_view secret);
// The code of a Graph error; 0 when the reply is none.
std::int64_t ErrorCode(const Reply& reply);
std::string Text(const json::value& value, std::string_view name);

}  // namespace linktor::emulator
