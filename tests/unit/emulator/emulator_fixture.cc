#include "tests/unit/emulator/emulator_fixture.h"

#include <boost/asio.hpp>
#include <boost/beast/http.hpp>
#include <chrono>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/base/crypto.h"
#include "server/base/strings.h"

namespace linktor::emulator {
namespace {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;

// Sends bytes and returns all that comes until the connection closes.
std::string Exchange(const std::string& address, const std::string& bytes) {
  std::string host;
  std::uint16_t port = 0;
  if (!http::SplitHostPort(address, host, port)) return {};
  asio::io_context io;
  asio::ip::tcp::socket socket(io);
  boost::system::error_code error;
  socket.connect({asio::ip::make_address(host), port}, error);
  if (!error) asio::write(socket, asio::buffer(bytes), error);
  std::string received;
  if (!error) asio::read(socket, asio::dynamic_buffer(received), error);
  return received;
}

}  // namespace

json::value Reply::Json() const {
  absl::StatusOr<json::value> value = ParseJson(body);
  EXPECT_TRUE(value.ok()) << body;
  return value.ok() ? *value : json::value();
}

Reply Http(const std::string& address, std::string_view method,
           std::string_view target, std::string_view body,
           const Headers& headers) {
  std::string bytes = absl::StrCat(
      ToAbsl(method), " ", ToAbsl(target), " HTTP/1.1\r\nHost: ", address,
      "\r\nConnection: close\r\nContent-Length: ", body.size(), "\r\n");
  for (const auto& [name, value] : headers) {
    absl::StrAppend(&bytes, name, ": ", value, "\r\n");
  }
  absl::StrAppend(&bytes, "\r\n", ToAbsl(body));
  const std::string received = Exchange(address, bytes);
  beast_http::response_parser<beast_http::string_body> parser;
  parser.eager(true);
  boost::system::error_code error;
  parser.put(asio::buffer(received), error);
  if (error || !parser.is_done()) return {};
  return {.answered = true,
          .status = static_cast<int>(parser.get().result_int()),
          .body = parser.get().body()};
}

RecordingGateway::RecordingGateway() {
  auto listener = http::HttpListener::Start(
      {}, [this](http::HttpRequest request, http::HttpResponder respond) {
        Handle(std::move(request), std::move(respond));
      });
  if (listener.ok()) listener_ = *std::move(listener);
}

std::string RecordingGateway::url() const {
  return absl::StrCat("http://", listener_->address(), "/webhooks/test");
}

std::vector<http::HttpRequest> RecordingGateway::WaitForWebhooks(
    std::size_t count) {
  const auto end =
      std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(kPatience);
  MutexLock lock(mutex_);
  while (webhooks_.size() < count && std::chrono::steady_clock::now() < end) {
    changed_.WaitFor(mutex_, end - std::chrono::steady_clock::now());
  }
  EXPECT_GE(webhooks_.size(), count);
  auto list = webhooks_;
  list.resize(std::max(count, list.size()));
  return list;
}

std::vector<http::HttpRequest> RecordingGateway::webhooks() {
  MutexLock lock(mutex_);
  return webhooks_;
}

void RecordingGateway::AnswerWith(int status) {
  MutexLock lock(mutex_);
  status_ = status;
}

void RecordingGateway::HoldAnswers() {
  MutexLock lock(mutex_);
  holding_ = true;
}

void RecordingGateway::ReleaseAnswers() {
  std::vector<http::HttpResponder> held;
  {
    MutexLock lock(mutex_);
    holding_ = false;
    held.swap(held_);
  }
  for (http::HttpResponder& respond : held) respond({.body = "ok"});
}

void RecordingGateway::Handle(http::HttpRequest request,
                              http::HttpResponder respond) {
  if (request.method == "GET") {
    http::HttpTarget target;
    http::ParseTarget(request.target, target);
    if (target.Parameter("hub.mode") != "subscribe" ||
        target.Parameter("hub.verify_token") != kVerifyToken) {
      return respond({.status = 403, .body = "wrong token"});
    }
    return respond({.body = std::string(target.Parameter("hub.challenge"))});
  }
  int status = 0;
  {
    MutexLock lock(mutex_);
    status = status_;
    webhooks_.push_back(std::move(request));
    changed_.SignalAll();
    if (holding_) {
      held_.push_back(std::move(respond));
      return;
    }
  }
  respond({.status = status, .body = "ok"});
}

EmulatorTest::EmulatorTest() {
  auto emulator = Emulator::Start({});
  if (emulator.ok()) emulator_ = *std::move(emulator);
  // Nothing here depends on the pause, only on the order.
  emulator_->Configure({.echo_delay = absl::ZeroDuration()});
}

void EmulatorTest::Connect() {
  emulator_->Configure({.webhook_url = gateway_.url(),
                        .app_secret = Secret(kSecret),
                        .verify_token = Secret(kVerifyToken)});
}

Reply EmulatorTest::Graph(std::string_view method, std::string_view target,
                          std::string_view body) {
  return Http(emulator_->address(), method, target, body,
              {{"Authorization", "Bearer test-token"},
               {"Content-Type", "application/json"}});
}

Reply EmulatorTest::Send(std::string_view text) {
  json::object body;
  body["recipient"] = json::object{{"id", kCustomer}};
  body["message"] =
      json::object{{"text", json::string(text.data(), text.size())}};
  return Graph("POST", "/v25.0/me/messages", json::serialize(body));
}

Reply EmulatorTest::Control(std::string_view method, std::string_view target,
                            std::string_view body) {
  return Http(emulator_->address(), method, target, body);
}

void EmulatorTest::AddFault(std::string_view fault) {
  const Reply reply = Control("POST", "/emulator/faults", fault);
  ASSERT_EQ(reply.status, 200) << reply.body;
}

json::object ItemOf(const http::HttpRequest& webhook) {
  const json::array entries = EntriesOf(webhook);
  if (entries.empty()) return {};
  const json::array* items =
      FindArray(entries.front().as_object(), "messaging");
  if (items == nullptr || items->empty()) return {};
  return items->front().as_object();
}

json::array EntriesOf(const http::HttpRequest& webhook) {
  absl::StatusOr<json::value> body = ParseJson(webhook.body);
  const json::object* object = body.ok() ? body->if_object() : nullptr;
  const json::array* entries =
      object == nullptr ? nullptr : FindArray(*object, "entry");
  return entries == nullptr ? json::array() : *entries;
}

std::string Signature(std::string_view body, std::string_view secret) {
  const Digest digest = HmacKey(secret).Sign(body);
  return absl::StrCat("sha256=",
                      absl::BytesToHexString(ToAbsl(AsBytes(digest))));
}

std::int64_t ErrorCode(const Reply& reply) {
  const json::value body = reply.Json();
  const json::object* object = body.if_object();
  const json::object* error =
      object == nullptr ? nullptr : FindObject(*object, "error");
  return error == nullptr ? 0 : error->at("code").as_int64();
}

std::string Text(const json::value& value, std::string_view name) {
  const json::object* object = value.if_object();
  const json::string* text =
      object == nullptr ? nullptr : FindString(*object, name);
  return text == nullptr ? std::string() : std::string(AsView(*text));
}

}  // namespace linktor::emulator
