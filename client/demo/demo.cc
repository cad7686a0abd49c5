#include "client/demo/demo.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/substitute.h"
#include "absl/time/clock.h"
#include "client/demo/print.h"

namespace linktor::demo {
namespace {

namespace json = boost::json;

// More than a slow machine needs for any one step.
constexpr absl::Duration kStepLimit = absl::Seconds(30);
// The server promises to end within 25 s.
constexpr absl::Duration kStopLimit = absl::Seconds(30);
constexpr absl::Duration kPoll = absl::Milliseconds(20);

constexpr std::uint16_t kGrpcPort = 50051;
constexpr std::uint16_t kWebhookPort = 8080;
constexpr std::uint16_t kAdminPort = 9090;
constexpr std::uint16_t kInstagramPort = 8081;

// None of these means anything outside this machine.
constexpr char kChannelId[] = "ch_instagram_123";
constexpr char kAccountId[] = "17841400000000001";
constexpr char kPageId[] = "100000000000001";
constexpr char kCustomer[] = "6100000000000001";
constexpr char kAppSecret[] = "demo-app-secret";
constexpr char kVerifyToken[] = "demo-verify-token";
constexpr char kAccessToken[] = "demo-access-token";

constexpr char kQuestion[] = "Hi! Do you have this in size medium?";
constexpr char kAnswer[] = "Yes, in blue and in green.";

// $0 gRPC address, $1 the emulated Instagram's, $2 channel, $3 customer.
constexpr char kCommands[] =
    R"(Try it, in another terminal (grpcurl is at
https://github.com/fullstorydev/grpcurl):

   a customer writes
     curl -d '{"from":"$3","text":"And in blue?"}' \
       http://$1/emulator/messages
   answer
     grpcurl -plaintext -d '{"channelId":"$2","to":"$3",
       "content":{"text":"In blue, too."}}' \
       $0 linktor.instagram.v1.MessagingService/SendMessage
   everything that has happened
     grpcurl -plaintext -d '{"position":"POSITION_EARLIEST"}' \
       $0 linktor.instagram.v1.EventService/SubscribeEvents
   set ice breakers
     grpcurl -plaintext -d '{"channelId":"$2","iceBreakers":[
       {"question":"What products do you have?","payload":"GET_PRODUCTS"}]}' \
       $0 linktor.instagram.v1.ChannelService/SetIceBreakers
   what Instagram has received
     curl http://$1/emulator/graph-calls

Events appear here as they come. Ctrl-C ends the demonstration.

)";

// Prints at once: a person is waiting, or a pipe is.
void Say(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

// The address to ask for, and a word when it is not the usual one.
std::string AddressFor(const char* what, std::uint16_t port) {
  std::string address = FreeAddress(port);
  if (address != absl::StrCat("127.0.0.1:", port)) {
    Say(absl::StrFormat("   port %d is taken; another one is used for %s\n",
                        port, what));
  }
  return address;
}

}  // namespace

absl::Status Demo::Play() {
  Say("\nLinktor Instagram Gateway: a demonstration\n\n");
  for (const auto step : {&Demo::StartPrograms, &Demo::Prepare,
                          &Demo::PlayMessage, &Demo::PlayAnswer}) {
    absl::Status status = (this->*step)();
    if (!status.ok()) return WithLog(std::move(status));
  }
  return absl::OkStatus();
}

absl::Status Demo::StayUp() {
  PrintCommands();
  PrintEvents(std::exchange(pending_, {}));
  bool broken = false;
  while (!signals_.asked_to_end()) {
    if (absl::Status status = CheckChildren(); !status.ok()) return status;
    PrintEvents(events_->Take());
    const std::string problem = events_->problem();
    if (!problem.empty() && !broken) {
      Say(absl::StrCat("   the event stream broke (", problem,
                       "); taking it up again\n"));
    }
    broken = !problem.empty();
    signals_.Wait(absl::Hours(1));
  }
  return absl::OkStatus();
}

absl::Status Demo::Stop() {
  // Our connections first: the server would wait for them.
  events_.reset();
  gateway_.reset();
  absl::Status status;
  for (std::unique_ptr<Child>* child : {&server_, &instagram_}) {
    if (*child == nullptr) continue;
    (*child)->Stop(signals_, kStopLimit);
    if (!(*child)->EndedCleanly() && status.ok()) {
      status = absl::InternalError(
          absl::StrCat((*child)->name(), " ", *(*child)->Ended(),
                       ". Its last lines:\n", (*child)->LogTail()));
    }
    child->reset();
  }
  return status;
}

absl::Status Demo::StartPrograms() {
  absl::StatusOr<std::string> key = workplace_.MasterKeyFile();
  if (!key.ok()) return key.status();
  absl::StatusOr<Addresses> instagram = StartProgram(
      instagram_,
      {.name = "the emulated Instagram",
       .program = Sibling("linktor-ig-emulator"),
       .arguments = {"--listen", AddressFor("Instagram", kInstagramPort)},
       .log_file = workplace_.Path("instagram.log")});
  if (!instagram.ok()) return instagram.status();
  instagram_address_ = (*instagram)["http"];
  control_ = std::make_unique<EmulatorControl>(instagram_address_);
  const std::string graph = "http://" + instagram_address_;
  absl::StatusOr<Addresses> server = StartProgram(
      server_,
      {.name = "the server",
       .program = Sibling("linktor-igd"),
       .arguments = {"--data-dir", workplace_.Path("data"), "--master-key-file",
                     *key, "--grpc-listen", AddressFor("gRPC", kGrpcPort),
                     "--webhook-listen", AddressFor("webhooks", kWebhookPort),
                     "--admin-listen", AddressFor("admin", kAdminPort),
                     "--graph-facebook-url", graph, "--graph-instagram-url",
                     graph},
       .log_file = workplace_.Path("server.log")});
  if (!server.ok()) return server.status();
  addresses_ = *std::move(server);
  Say(absl::StrCat(
      "   gRPC       ", addresses_["grpc"], "\n   webhooks   http://",
      addresses_["webhook"], "\n   admin      http://", addresses_["admin"],
      "\n   Instagram  http://", instagram_address_,
      "  (emulated)\n   data       ", workplace_.folder(),
      workplace_.temporary() ? "  (removed at the end)" : "", "\n\n"));
  return absl::OkStatus();
}

absl::Status Demo::Prepare() {
  const auto connection = Connect(addresses_["grpc"]);
  gateway_ = std::make_unique<Gateway>(connection);
  v1::CreateChannelRequest request;
  v1::Channel& wanted = *request.mutable_channel();
  wanted.set_id(kChannelId);
  wanted.set_name("Demo shop");
  wanted.set_instagram_account_id(kAccountId);
  wanted.set_page_id(kPageId);
  v1::ChannelCredentials& credentials = *request.mutable_credentials();
  credentials.set_access_token(kAccessToken);
  credentials.add_app_secrets(kAppSecret);
  credentials.set_verify_token(kVerifyToken);
  absl::StatusOr<v1::Channel> channel = gateway_->CreateChannel(request);
  if (!channel.ok()) return channel.status();
  Say(absl::StrCat("1. Channel ", channel->id(), " speaks for account ",
                   channel->instagram_account_id(), ".\n"));

  const std::string url =
      absl::StrCat("http://", addresses_["webhook"], channel->webhook_path());
  absl::StatusOr<json::object> answer =
      control_->Call("PUT", "config",
                     json::object{{"webhook_url", url},
                                  {"app_secret", kAppSecret},
                                  {"verify_token", kVerifyToken},
                                  {"account_id", kAccountId},
                                  {"page_id", kPageId}});
  if (!answer.ok()) return answer.status();
  answer = control_->Call("POST", "verify");
  if (!answer.ok()) return answer.status();
  const json::value* verified = answer->if_contains("verified");
  if (verified == nullptr || *verified != json::value(true)) {
    return absl::FailedPreconditionError(
        absl::StrCat("the server did not verify the webhook URL: ",
                     json::serialize(*answer)));
  }
  Say(absl::StrCat("2. Instagram has verified the webhook URL\n   ", url,
                   "\n"));

  events_ = std::make_unique<EventStream>(connection, kChannelId,
                                          [this] { signals_.Wake(); });
  absl::Status status = WaitFor("the first response of SubscribeEvents",
                                [this] { return events_->subscribed(); });
  if (status.ok()) Say("3. A service follows the event stream.\n\n");
  return status;
}

absl::Status Demo::PlayMessage() {
  Say(absl::StrCat("4. A customer writes on Instagram: \"", kQuestion, "\"\n"));
  absl::StatusOr<json::object> played =
      control_->Call("POST", "messages",
                     json::object{{"from", kCustomer}, {"text", kQuestion}});
  if (!played.ok()) return played.status();
  const std::string mid = Text(*played, "mid");
  v1::Event received;
  absl::Status status = WaitFor("the message's event", [&] {
    for (v1::Event& event : events_->Take()) {
      if (event.type() == "message.received" && MidOf(event) == mid) {
        received = std::move(event);
      } else {
        pending_.push_back(std::move(event));
      }
    }
    return !received.id().empty();
  });
  if (!status.ok()) {
    return absl::Status(
        status.code(),
        absl::StrCat(std::string(status.message()),
                     "; Instagram's delivery: ", json::serialize(*played)));
  }
  Say(absl::StrCat("   It arrives on the stream:\n", Details(received),
                   "   and as JSON:\n", ToJson(received), "\n"));
  return absl::OkStatus();
}

absl::Status Demo::PlayAnswer() {
  Say(absl::StrCat("5. A service answers with SendMessage: \"", kAnswer,
                   "\"\n"));
  // Another one for each run: the same would be the same message.
  const std::string request_id =
      absl::StrCat("demo-", absl::ToUnixMillis(absl::Now()));
  absl::StatusOr<v1::Message> sent =
      gateway_->SendText(kChannelId, kCustomer, kAnswer, request_id);
  if (!sent.ok()) return sent.status();
  absl::StatusOr<json::object> list = control_->Call("GET", "graph-calls");
  if (!list.ok()) return list.status();
  const json::value* calls = list->if_contains("calls");
  const json::array* all = calls == nullptr ? nullptr : calls->if_array();
  const json::object* last =
      all == nullptr || all->empty() ? nullptr : all->back().if_object();
  if (last == nullptr || Text(*last, "method") != "POST") {
    return absl::FailedPreconditionError(
        "SendMessage succeeded, but Instagram did not receive the message");
  }
  const json::value* body = last->if_contains("body");
  Say(absl::StrFormat(
      "   Its state is %s, and Instagram has received:\n"
      "     %s %s\n     %s\n\n",
      v1::MessageState_Name(sent->state()), Text(*last, "method"),
      Text(*last, "path"), body == nullptr ? "" : json::serialize(*body)));
  return absl::OkStatus();
}

void Demo::PrintCommands() const {
  Say(absl::Substitute(kCommands, addresses_.at("grpc"), instagram_address_,
                       kChannelId, kCustomer));
}

void Demo::PrintEvents(const std::vector<v1::Event>& events) const {
  for (const v1::Event& event : events) Say(OneLine(event) + "\n");
}

absl::StatusOr<Demo::Addresses> Demo::StartProgram(
    std::unique_ptr<Child>& child, const Child::Options& options) {
  absl::StatusOr<std::unique_ptr<Child>> started = Child::Start(options);
  if (!started.ok()) return started.status();
  child = *std::move(started);
  absl::Status status =
      WaitFor(absl::StrCat("the line \"ready\" of ", options.name),
              [&] { return child->Ready().has_value(); });
  if (!status.ok()) {
    if (absl::IsDeadlineExceeded(status)) {
      return absl::DeadlineExceededError(
          absl::StrCat(std::string(status.message()), ". Its last lines:\n",
                       child->LogTail()));
    }
    return status;
  }
  return *child->Ready();
}

absl::Status Demo::WaitFor(const std::string& what,
                           const std::function<bool()>& done) {
  const absl::Time end = absl::Now() + kStepLimit;
  while (!done()) {
    if (signals_.asked_to_end()) return absl::CancelledError();
    if (absl::Status status = CheckChildren(); !status.ok()) return status;
    if (absl::Now() >= end) {
      return absl::DeadlineExceededError(
          absl::StrCat(what, " did not come within ",
                       absl::ToInt64Seconds(kStepLimit), " s"));
    }
    signals_.Wait(kPoll);
  }
  return absl::OkStatus();
}

absl::Status Demo::CheckChildren() {
  for (Child* child : {instagram_.get(), server_.get()}) {
    if (child == nullptr) continue;
    if (const auto how = child->Ended()) {
      return absl::AbortedError(absl::StrCat(
          child->name(), " ", *how, ". Its last lines:\n", child->LogTail()));
    }
  }
  return absl::OkStatus();
}

absl::Status Demo::WithLog(absl::Status status) const {
  const bool has_log =
      std::string(status.message()).find("last lines") != std::string::npos;
  if (absl::IsCancelled(status) || has_log || server_ == nullptr) {
    return status;
  }
  return absl::Status(
      status.code(),
      absl::StrCat(std::string(status.message()),
                   ". The server's last lines:\n", server_->LogTail()));
}

}  // namespace linktor::demo
