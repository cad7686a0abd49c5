#include "client/demo/demo.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/substitute.h"
#include "absl/time/clock.h"
#include "client/demo/print.h"

namespace linktor::demo {
namespace {

namespace json = boost::json;

// Every step must be done within this time. Even a slow machine needs less.
constexpr absl::Duration kStepLimit = absl::Seconds(30);
// The server promises to end within 25 s.
constexpr absl::Duration kStopLimit = absl::Seconds(30);
constexpr std::chrono::seconds kCall(20);
constexpr absl::Duration kPoll = absl::Milliseconds(20);

constexpr std::uint16_t kGrpcPort = 50051;
constexpr std::uint16_t kWebhookPort = 8080;
constexpr std::uint16_t kAdminPort = 9090;
constexpr std::uint16_t kInstagramPort = 8081;

// The following ids, secrets and texts are valid only in this demo. Real
// customers also have a different Instagram-scoped id for each account.
constexpr Demo::Account kShop = {"ch_instagram_123", "Demo shop",
                                 "17841400000000001", "100000000000001"};
constexpr Demo::Account kCafe = {"ch_instagram_456", "Demo cafe",
                                 "17841400000000003", nullptr};
constexpr char kCustomer[] = "6100000000000001";
constexpr char kGuest[] = "6400000000000001";
constexpr char kAppSecret[] = "demo-app-secret";
constexpr char kVerifyToken[] = "demo-verify-token";
constexpr char kAccessToken[] = "demo-access-token";

constexpr char kQuestion[] = "Hi! Do you have this in size medium?";
constexpr char kAnswer[] = "Yes, in blue and in green.";
constexpr char kSecondQuestion[] = "Are you open on Sunday?";

// In this text, $0 is the command that calls linktor-ig, and $1 is the address
// of the emulated Instagram. $2 is the channel, and $3 is the customer.
constexpr char kCommands[] =
    R"(Try it, in another terminal in the same folder:

   a customer writes
     curl -d '{"from":"$3","text":"And in blue?"}' http://$1/emulator/messages
   everything that has happened
     $0 events tail --from-start
   answer
     $0 send text $2 $3 "In blue, too."
   set ice breakers
     $0 ice-breakers set $2 'What products do you have?=GET_PRODUCTS'
   what Instagram has received
     curl http://$1/emulator/graph-calls
   everything else that this Instagram can do
     curl http://$1/emulator

Events appear here as they come. Ctrl-C ends the demonstration.

)";

// Prints the text and flushes it, because a person or another program is
// waiting for it.
void Say(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

// Returns the address on which a program is to listen. When another program
// uses the usual port, it tells the user so.
std::string AddressFor(const char* what, std::uint16_t port) {
  std::string address = FreeAddress(port);
  if (address != absl::StrCat("127.0.0.1:", port)) {
    Say(absl::StrFormat("   port %d is taken; another one is used for %s\n",
                        port, what));
  }
  return address;
}

v1::CreateChannelRequest RequestFor(const Demo::Account& account) {
  v1::CreateChannelRequest request;
  v1::Channel& wanted = *request.mutable_channel();
  wanted.set_id(account.channel_id);
  wanted.set_name(account.name);
  wanted.set_instagram_account_id(account.account_id);
  if (account.page_id != nullptr) {
    wanted.set_page_id(account.page_id);
  } else {
    wanted.set_login_type(v1::LOGIN_TYPE_INSTAGRAM_LOGIN);
  }
  v1::ChannelCredentials& credentials = *request.mutable_credentials();
  credentials.set_access_token(kAccessToken);
  credentials.add_app_secrets(kAppSecret);
  credentials.set_verify_token(kVerifyToken);
  return request;
}

absl::Status ToStatus(const char* what, const instagram::Error& error) {
  return absl::Status(
      static_cast<absl::StatusCode>(error.code),
      absl::StrCat(what, " failed: ", instagram::ToString(error)));
}

// Returns the path as a person in this folder would type it.
std::string NearPath(const std::string& path) {
  std::error_code error;
  const auto near = std::filesystem::proximate(path, error);
  return error || near.native().starts_with("..") ? path : near.string();
}

}  // namespace

absl::Status Demo::Play() {
  Say("\nLinktor Instagram Gateway: a demonstration\n\n");
  for (const auto step :
       {&Demo::StartPrograms, &Demo::Prepare, &Demo::PlayMessage,
        &Demo::PlayAnswer, &Demo::PlaySecondChannel}) {
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
  // The demo closes its own connections first, because the server would wait
  // for them.
  events_.reset();
  client_.reset();
  absl::Status status;
  for (std::unique_ptr<Child>* child : {&server_, &instagram_}) {
    if (*child == nullptr) continue;
    (*child)->Stop(signals_, kStopLimit);
    if (!(*child)->EndedCleanly() && status.ok()) {
      status = absl::InternalError(
          absl::StrCat((*child)->name(), " ", (*child)->Ended().value_or(""),
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
  auto client = instagram::Client::Create({.address = addresses_["grpc"]});
  if (!client) return ToStatus("connecting", client.error());
  client_ = *std::move(client);
  absl::StatusOr<v1::Channel> shop = CreateChannel(kShop);
  if (!shop.ok()) return shop.status();
  absl::StatusOr<v1::Channel> cafe = CreateChannel(kCafe);
  if (!cafe.ok()) return cafe.status();
  Say(absl::StrCat("1. Channel ", shop->id(), " speaks for account ",
                   shop->instagram_account_id(), ",\n   channel ", cafe->id(),
                   " for account ", cafe->instagram_account_id(), ".\n"));

  const std::string url =
      absl::StrCat("http://", addresses_["webhook"], shop->webhook_path());
  if (absl::Status status = VerifyWebhook(url); !status.ok()) return status;
  Say(absl::StrCat("2. Instagram has verified the webhook URL of the app\n   ",
                   url, "\n"));

  events_ = std::make_unique<EventFeed>(*client_, [this] { signals_.Wake(); });
  absl::Status status = WaitFor("the first response of SubscribeEvents",
                                [this] { return events_->subscribed(); });
  if (status.ok()) Say("3. A service follows the event stream.\n\n");
  return status;
}

absl::StatusOr<v1::Channel> Demo::CreateChannel(const Account& account) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kCall);
  v1::CreateChannelResponse response;
  const grpc::Status status = client_->channels().CreateChannel(
      &context, RequestFor(account), &response);
  if (status.ok()) return response.channel();
  if (status.error_code() != grpc::StatusCode::ALREADY_EXISTS) {
    return ToStatus("CreateChannel", instagram::ErrorOf(status));
  }
  // An earlier run with the same data folder has created the channel.
  grpc::ClientContext again;
  again.set_deadline(std::chrono::system_clock::now() + kCall);
  v1::GetChannelRequest get;
  get.set_channel_id(account.channel_id);
  v1::GetChannelResponse found;
  const grpc::Status got = client_->channels().GetChannel(&again, get, &found);
  if (got.ok()) return found.channel();
  return ToStatus("GetChannel", instagram::ErrorOf(got));
}

absl::Status Demo::VerifyWebhook(const std::string& url) {
  absl::StatusOr<json::object> answer =
      control_->Call("PUT", "config",
                     json::object{{"webhook_url", url},
                                  {"app_secret", kAppSecret},
                                  {"verify_token", kVerifyToken},
                                  {"account_id", kShop.account_id},
                                  {"page_id", kShop.page_id}});
  if (!answer.ok()) return answer.status();
  answer = control_->Call("POST", "verify");
  if (!answer.ok()) return answer.status();
  const json::value* verified = answer->if_contains("verified");
  if (verified != nullptr && *verified == json::value(true)) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "the server did not verify the webhook URL: ", json::serialize(*answer)));
}

absl::Status Demo::PlayMessage() {
  Say(absl::StrCat("4. A customer writes on Instagram: \"", kQuestion, "\"\n"));
  absl::StatusOr<v1::Event> received =
      Receive({{"from", kCustomer}, {"text", kQuestion}});
  if (!received.ok()) return received.status();
  Say(absl::StrCat("   It arrives on the stream:\n", Details(*received),
                   "   and as JSON:\n", ToJson(*received), "\n"));
  return absl::OkStatus();
}

absl::Status Demo::PlayAnswer() {
  Say(absl::StrCat("5. A service answers with SendMessage: \"", kAnswer,
                   "\"\n"));
  const auto sent =
      client_->Send(instagram::Text(kShop.channel_id, kCustomer, kAnswer),
                    {.timeout = kCall});
  if (!sent) return ToStatus("SendMessage", sent.error());
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
      v1::MessageState_Name(sent->message().state()), Text(*last, "method"),
      Text(*last, "path"), body == nullptr ? "" : json::serialize(*body)));
  return absl::OkStatus();
}

absl::Status Demo::PlaySecondChannel() {
  Say(absl::StrCat("6. A guest writes to the other account: \"",
                   kSecondQuestion, "\"\n"));
  absl::StatusOr<v1::Event> received = Receive(
      {{"from", kGuest}, {"to", kCafe.account_id}, {"text", kSecondQuestion}});
  if (!received.ok()) return received.status();
  if (received->channel_id() != kCafe.channel_id) {
    return absl::InternalError(absl::StrCat(
        "it arrived on channel ", received->channel_id(), " instead"));
  }
  Say(absl::StrCat("   It arrives on the same stream:\n", Details(*received),
                   "\n"));
  return absl::OkStatus();
}

absl::StatusOr<v1::Event> Demo::Receive(const json::object& message) {
  absl::StatusOr<json::object> played =
      control_->Call("POST", "messages", message);
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
  if (status.ok()) return received;
  return absl::Status(status.code(), absl::StrCat(std::string(status.message()),
                                                  "; Instagram's delivery: ",
                                                  json::serialize(*played)));
}

void Demo::PrintCommands() const {
  const std::string& server = addresses_.at("grpc");
  std::string program = NearPath(Sibling("linktor-ig"));
  if (server != absl::StrCat("127.0.0.1:", kGrpcPort)) {
    absl::StrAppend(&program, " --server ", server);
  }
  Say(absl::Substitute(kCommands, program, instagram_address_, kShop.channel_id,
                       kCustomer));
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
  return child->Ready().value_or(Addresses());
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
