// This is the driver of the conformance suite for the C++ client. It reads
// commands as lines of JSON, does them with the client, and prints one answer
// for each. tests/conformance/README.md describes the commands.

#include <google/protobuf/util/json_util.h>

#include <boost/json.hpp>
#include <condition_variable>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>

#include "linktor/instagram/client.h"
#include "linktor/instagram/constants.h"

namespace linktor::instagram {
namespace {

namespace json = boost::json;
using google::protobuf::Message;
using std::chrono::milliseconds;

// An Answer is the content of "ok" or "error" in the line that is printed.
using Answer = Result<json::object>;

json::object ToJson(const Message& message) {
  std::string text;
  const auto status =
      google::protobuf::util::MessageToJsonString(message, &text);
  if (!status.ok()) throw std::runtime_error(status.ToString());
  return json::parse(text).as_object();
}

json::object ToJson(const Error& error) {
  json::object out{{"message", error.message}};
  if (error.kind == Error::Kind::kRefused) out["kind"] = "usage";
  if (error.kind == Error::Kind::kStore) out["kind"] = "store";
  if (error.kind != Error::Kind::kCall) return out;
  out["kind"] = "rpc";
  out["code"] = CodeName(error.code);
  out["reason"] = error.reason;
  out["remedy"] = error.remedy;
  out["metadata"] = json::value_from(error.metadata);
  json::array violations;
  for (const auto& [field, description] : error.violations) {
    violations.push_back({{"field", field}, {"description", description}});
  }
  out["violations"] = std::move(violations);
  if (error.retry_delay.has_value()) {
    out["retry_delay_ms"] =
        std::chrono::duration_cast<milliseconds>(*error.retry_delay).count();
  }
  out["request_id"] = error.request_id;
  out["outcome_unknown"] = error.outcome_unknown;
  return out;
}

std::string TextOf(const json::object& command, const char* name) {
  const json::value* value = command.if_contains(name);
  return value == nullptr ? "" : std::string(value->as_string());
}

milliseconds TimeoutOf(const json::object& command) {
  const json::value* value = command.if_contains("timeout_ms");
  return milliseconds(value == nullptr ? 120'000
                                       : value->to_number<std::int64_t>());
}

template <typename Request>
Request RequestOf(const json::object& command) {
  Request request;
  const json::value* value = command.if_contains("request");
  if (value == nullptr) return request;
  const auto status = google::protobuf::util::JsonStringToMessage(
      json::serialize(*value), &request);
  if (!status.ok()) throw std::runtime_error(status.ToString());
  return request;
}

template <typename Response>
Answer ResponseOf(const Result<Response>& result) {
  if (!result) return result.error();
  return json::object{{"response", ToJson(*result)}};
}

// A StubCall calls a method of a generated stub with the request of a command.
using StubCall = std::function<Answer(const json::object& command)>;

// Returns a StubCall that calls `method`. `stub` must outlive it.
template <typename Stub, typename Request, typename Response>
StubCall CallOf(Stub& stub,
                grpc::Status (Stub::*method)(grpc::ClientContext*,
                                             const Request&, Response*)) {
  return [&stub, method](const json::object& command) -> Answer {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + TimeoutOf(command));
    Response response;
    const grpc::Status status =
        (stub.*method)(&context, RequestOf<Request>(command), &response);
    if (!status.ok()) return ErrorOf(status);
    return json::object{{"response", ToJson(response)}};
  };
}

// Returns a StubCall for each method that has a single answer. The keys are the
// names of the methods in the .proto files.
std::map<std::string, StubCall> StubCallsOf(Client& client) {
  using Access = v1::AccessService::Stub;
  using Channels = v1::ChannelService::Stub;
  using Events = v1::EventService::Stub;
  using Messaging = v1::MessagingService::Stub;
  using Server = v1::ServerService::Stub;
  std::map<std::string, StubCall> calls;
  const auto add = [&calls](const char* name, auto& stub, auto method) {
    calls[name] = CallOf(stub, method);
  };
  Access& access = client.access();
  add("AccessService.CreateApiKey", access, &Access::CreateApiKey);
  add("AccessService.GetApiKey", access, &Access::GetApiKey);
  add("AccessService.ListApiKeys", access, &Access::ListApiKeys);
  add("AccessService.UpdateApiKey", access, &Access::UpdateApiKey);
  add("AccessService.DeleteApiKey", access, &Access::DeleteApiKey);
  Channels& channels = client.channels();
  add("ChannelService.CreateChannel", channels, &Channels::CreateChannel);
  add("ChannelService.GetChannel", channels, &Channels::GetChannel);
  add("ChannelService.ListChannels", channels, &Channels::ListChannels);
  add("ChannelService.UpdateChannel", channels, &Channels::UpdateChannel);
  add("ChannelService.DeleteChannel", channels, &Channels::DeleteChannel);
  add("ChannelService.SetChannelCredentials", channels,
      &Channels::SetChannelCredentials);
  add("ChannelService.SetIceBreakers", channels, &Channels::SetIceBreakers);
  add("ChannelService.GetIceBreakers", channels, &Channels::GetIceBreakers);
  add("ChannelService.DeleteIceBreakers", channels,
      &Channels::DeleteIceBreakers);
  Events& events = client.events();
  add("EventService.ListEvents", events, &Events::ListEvents);
  add("EventService.ListDeliveries", events, &Events::ListDeliveries);
  add("EventService.RedriveDeliveries", events, &Events::RedriveDeliveries);
  Messaging& messaging = client.messaging();
  add("MessagingService.SendMessage", messaging, &Messaging::SendMessage);
  add("MessagingService.GetMessage", messaging, &Messaging::GetMessage);
  add("MessagingService.ListMessages", messaging, &Messaging::ListMessages);
  add("MessagingService.ResolveMessage", messaging, &Messaging::ResolveMessage);
  add("MessagingService.GetConversation", messaging,
      &Messaging::GetConversation);
  add("MessagingService.ListConversations", messaging,
      &Messaging::ListConversations);
  add("MessagingService.UpdateConversation", messaging,
      &Messaging::UpdateConversation);
  add("MessagingService.EraseUser", messaging, &Messaging::EraseUser);
  add("MessagingService.GetUserProfile", messaging, &Messaging::GetUserProfile);
  add("MessagingService.RefreshMedia", messaging, &Messaging::RefreshMedia);
  add("ServerService.GetServerInfo", client.server(), &Server::GetServerInfo);
  return calls;
}

// A Follower reads a subscription on a thread of its own. It reads an event
// only when Next() asks for one. When the time of Next() is over before the
// event comes, the following Next() waits for the same event.
class Follower {
 public:
  Follower(Client& client, v1::SubscribeEventsRequest request,
           const std::string& cursor_file)
      : store_(cursor_file),
        events_(client.Subscribe(
            std::move(request),
            {.cursor_store = cursor_file.empty() ? nullptr : &store_,
             .on_response = [this](const auto& response) { Note(response); },
             .on_break =
                 [this](const Error& error, milliseconds /*wait*/) {
                   const std::lock_guard lock(mutex_);
                   breaks_.push_back(ToJson(error));
                 }})),
        thread_([this] { Work(); }) {}

  ~Follower() { Stop(); }

  // Waits for an event at most this long. The answer has the event, or says
  // that no event came in time or that the subscription has ended.
  Answer Next(milliseconds most) {
    std::unique_lock lock(mutex_);
    // An earlier Next() may have asked for an event that came too late or has
    // not come yet. Then this Next() asks for no other event.
    if (reading_ == Reading::kNothing) reading_ = Reading::kWanted;
    changed_.notify_all();
    if (!changed_.wait_for(lock, most,
                           [this] { return reading_ == Reading::kDone; })) {
      return json::object{{"timeout", true}};
    }
    reading_ = Reading::kNothing;
    if (event_.has_value()) {
      const auto* payload =
          v1::Event::descriptor()->FindFieldByNumber(event_->payload_case());
      return json::object{
          {"event", ToJson(*event_)},
          {"payload", payload == nullptr ? "" : payload->name()}};
    }
    if (events_.error().has_value()) return *events_.error();
    return json::object{{"ended", true}};
  }

  json::object State() {
    const std::lock_guard lock(mutex_);
    return {{"subscribed", subscribed_},
            {"caught_up", caught_up_},
            {"breaks", breaks_}};
  }

  void Stop() {
    events_.Stop();
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      changed_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
  }

 private:
  enum class Reading { kNothing, kWanted, kDone };

  void Note(const v1::SubscribeEventsResponse& response) {
    const std::lock_guard lock(mutex_);
    if (response.subscribed()) ++subscribed_;
    caught_up_ = response.caught_up();
  }

  void Work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(
          lock, [this] { return reading_ == Reading::kWanted || stopping_; });
      if (stopping_) return;
      lock.unlock();
      std::optional<v1::Event> event = events_.Next();
      lock.lock();
      event_ = std::move(event);
      reading_ = Reading::kDone;
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  // The members from here to event_ are guarded by mutex_.
  int subscribed_ = 0;
  bool caught_up_ = false;
  json::array breaks_;
  Reading reading_ = Reading::kNothing;
  bool stopping_ = false;
  std::optional<v1::Event> event_;

  FileCursorStore store_;
  Subscription events_;
  std::thread thread_;
};

class Driver {
 public:
  // Does one command and returns its answer. Throws an exception when the
  // command itself is wrong.
  Answer Do(const json::object& command) {
    const std::string verb = TextOf(command, "do");
    if (verb == "constants") return Constants();
    if (verb == "connect") return Connect(command);
    if (client_ == nullptr) throw std::runtime_error("connect comes first");
    if (verb == "send") return Send(command);
    if (verb == "set_ice_breakers") return SetIceBreakers(command);
    if (verb == "call") return CallStub(command);
    if (verb == "close") {
      Close();
      return json::object();
    }
    const std::string name = TextOf(command, "sub");
    if (verb == "subscribe") {
      followers_[name] = std::make_unique<Follower>(
          *client_, RequestOf<v1::SubscribeEventsRequest>(command),
          TextOf(command, "cursor_file"));
      return json::object();
    }
    Follower& follower = *followers_.at(name);
    if (verb == "next") return follower.Next(TimeoutOf(command));
    if (verb == "state") return follower.State();
    if (verb != "stop") throw std::runtime_error("unknown verb " + verb);
    follower.Stop();
    return json::object();
  }

 private:
  static Answer Constants() {
    json::array reasons(std::begin(reason::kAll), std::end(reason::kAll));
    json::array types(std::begin(event_type::kAll), std::end(event_type::kAll));
    return json::object{{"reasons", std::move(reasons)},
                        {"types", std::move(types)}};
  }

  Answer Connect(const json::object& command) {
    ClientOptions options{.address = TextOf(command, "address"),
                          .api_key = TextOf(command, "api_key")};
    const json::value* plaintext = command.if_contains("plaintext");
    options.plaintext_to_other_machines =
        plaintext != nullptr && plaintext->as_bool();
    if (const json::value* tls = command.if_contains("tls")) {
      const json::object& files = tls->as_object();
      options.tls = {.ca_file = TextOf(files, "ca_file"),
                     .cert_file = TextOf(files, "cert_file"),
                     .key_file = TextOf(files, "key_file"),
                     .server_name = TextOf(files, "server_name")};
    }
    Close();
    auto client = Client::Create(options);
    if (!client) return client.error();
    client_ = *std::move(client);
    stub_calls_ = StubCallsOf(*client_);
    return json::object();
  }

  void Close() {
    followers_.clear();
    stub_calls_.clear();
    client_.reset();
  }

  Answer Send(const json::object& command) {
    return ResponseOf(client_->Send(RequestOf<v1::SendMessageRequest>(command),
                                    {.timeout = TimeoutOf(command)}));
  }

  Answer SetIceBreakers(const json::object& command) {
    return ResponseOf(
        client_->SetIceBreakers(RequestOf<v1::SetIceBreakersRequest>(command),
                                {.timeout = TimeoutOf(command)}));
  }

  Answer CallStub(const json::object& command) {
    const std::string method = TextOf(command, "method");
    const auto call = stub_calls_.find(method);
    if (call == stub_calls_.end()) {
      throw std::runtime_error("StubCallsOf has no " + method);
    }
    return call->second(command);
  }

  std::unique_ptr<Client> client_;
  // These calls use the stubs of client_, so they must not outlive it.
  std::map<std::string, StubCall> stub_calls_;
  std::map<std::string, std::unique_ptr<Follower>> followers_;
};

int Run() {
  Driver driver;
  std::string line;
  while (std::getline(std::cin, line)) {
    const json::object command = json::parse(line).as_object();
    const Answer answer = driver.Do(command);
    json::object out{{"id", command.at("id")}};
    if (answer) {
      out["ok"] = *answer;
    } else {
      out["error"] = ToJson(answer.error());
    }
    std::cout << json::serialize(out) << "\n" << std::flush;
  }
  return 0;
}

}  // namespace
}  // namespace linktor::instagram

int main() {
  try {
    return linktor::instagram::Run();
  } catch (const std::exception& error) {
    std::cerr << "the driver failed: " << error.what() << "\n";
    return 1;
  }
}
