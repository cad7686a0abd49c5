#include "emulator/control_api.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "emulator/control_help.h"
#include "emulator/control_json.h"
#include "emulator/customer_json.h"
#include "emulator/delivery_json.h"
#include "emulator/json.h"
#include "emulator/owner_json.h"
#include "server/base/crypto.h"
#include "server/base/ids.h"
#include "server/base/strings.h"

namespace linktor::emulator {
namespace {

constexpr char kNoAccount[] =
    "no such account; GET /emulator/accounts lists them";

http::HttpResponse Problem(int status, std::string_view sentence) {
  return JsonResponse(
      status,
      json::object{{"error", json::string(sentence.data(), sentence.size())}});
}

// Returns the answer to a request that failed with this status.
http::HttpResponse Problem(const absl::Status& status) {
  return Problem(absl::IsResourceExhausted(status) ? 429 : 400,
                 ToStd(status.message()));
}

http::HttpResponse WrongMethod(const char* allowed) {
  http::HttpResponse response =
      Problem(405, absl::StrCat("this path takes ", allowed));
  response.headers.emplace_back("Allow", allowed);
  return response;
}

// Returns the control's answer after one webhook: the webhook's number and the
// gateway's answer.
http::HttpResponse Answered(const WebhookAnswer& answer) {
  return JsonResponse(
      200, json::object{{"n", answer.n}, {"webhook", AnswerJson(answer)}});
}

// Parses the request's body as JSON and returns the result of `read`, which is
// a StatusOr. When the body is not JSON, it returns the error.
template <typename Read>
auto ReadBody(const http::HttpRequest& request, Read read)
    -> decltype(read(json::value())) {
  absl::StatusOr<json::value> body = ParseJson(request.body);
  if (!body.ok()) return body.status();
  return read(*body);
}

// Does the same for a request whose body may be empty. An empty body counts as
// {}.
template <typename Read>
auto ReadOptionalBody(const http::HttpRequest& request, Read read)
    -> decltype(read(json::value())) {
  if (request.body.empty()) return read(json::object());
  return ReadBody(request, read);
}

// Returns a random number as text, because Meta describes the challenge as a
// number.
std::string NewChallenge() {
  std::uint32_t number = 0;
  FillRandom(&number, sizeof(number));
  return absl::StrCat(number);
}

}  // namespace

void ControlApi::Handle(const http::HttpRequest& request,
                        http::HttpResponder respond) {
  http::HttpTarget target;
  if (!http::ParseTarget(request.target, target)) {
    return respond(Problem(400, "the path is malformed"));
  }
  std::vector<std::string> path = std::move(target.segments);
  if (path.back().empty()) path.pop_back();
  const std::string name = path.size() > 1 ? path[1] : "";
  if (path.size() == 1) {
    return respond({.body = ControlHelp(address_())});
  }
  const std::string_view account = target.Parameter("account");
  if (!Knows(account)) return respond(Problem(404, kNoAccount));
  if (path.size() == 4 && name == "webhooks" && path[3] == "redeliver") {
    return Redeliver(request, path[2], respond);
  }
  if (path.size() == 3 && name == "users") {
    return OneUser(request, path[2], account, respond);
  }
  if (path.size() == 3 && name == "accounts") {
    return OneAccount(request, path[2], respond);
  }
  if (path.size() == 2) {
    if (name == "config") return Config(request, respond);
    if (name == "accounts") return Accounts(request, respond);
    if (name == "messages") return Messages(request, respond);
    if (name == "taps") return Taps(request, respond);
    if (name == "answers") return Answers(request, respond);
    if (name == "tests") return Tests(request, respond);
    if (name == "delivery") return Delivery(request, respond);
    if (name == "webhooks") return Webhooks(request, account, respond);
    if (name == "verify") return Verify(request, respond);
    if (name == "graph-calls") return GraphCalls(request, respond);
    if (name == "faults") return Faults(request, respond);
    if (name == "users") return Users(request, account, respond);
  }
  respond(Problem(404, "no such control; GET /emulator lists them"));
}

bool ControlApi::Knows(std::string_view account) const {
  return account.empty() || instagram_.accounts().Find(account) != nullptr;
}

void ControlApi::Config(const http::HttpRequest& request,
                        http::HttpResponder& respond) {
  if (request.method == "PUT") {
    absl::StatusOr<ConfigChange> change = ReadBody(request, ReadConfigChange);
    if (!change.ok()) return respond(Problem(change.status()));
    const AccountList& accounts = instagram_.accounts();
    for (const auto& given : {change->account_id, change->page_id}) {
      const std::string id = given.value_or("");
      const Account* owner = accounts.Find(id);
      if (owner != nullptr && owner != &accounts.first()) {
        return respond(Problem(400, id + " is another account's"));
      }
    }
    instagram_.Configure(*change);
  } else if (request.method != "GET") {
    return respond(WrongMethod("GET, PUT"));
  }
  respond(JsonResponse(
      200, ConfigJson(instagram_.config(), instagram_.waiting_echoes())));
}

void ControlApi::Accounts(const http::HttpRequest& request,
                          http::HttpResponder& respond) {
  if (request.method != "GET") return respond(WrongMethod("GET"));
  respond(JsonResponse(200, AccountsJson(instagram_.accounts())));
}

void ControlApi::OneAccount(const http::HttpRequest& request,
                            std::string_view id, http::HttpResponder& respond) {
  if (request.method == "PUT") {
    absl::StatusOr<ConfigChange> change = ReadBody(request, ReadAccountChange);
    if (!change.ok()) return respond(Problem(change.status()));
    if (absl::Status status = instagram_.accounts().Change(id, *change);
        !status.ok()) {
      return respond(Problem(status));
    }
  } else if (request.method != "GET") {
    return respond(WrongMethod("GET, PUT"));
  }
  const Account* account = instagram_.accounts().Find(id);
  if (account == nullptr) return respond(Problem(404, kNoAccount));
  respond(JsonResponse(200, AccountJson(*account)));
}

void ControlApi::Messages(const http::HttpRequest& request,
                          http::HttpResponder& respond) {
  if (request.method != "POST") return respond(WrongMethod("POST"));
  absl::StatusOr<CustomerEvent> event = ReadBody(request, ReadCustomerEvent);
  if (!event.ok()) return respond(Problem(event.status()));
  Start(*std::move(event), {}, respond);
}

void ControlApi::Taps(const http::HttpRequest& request,
                      http::HttpResponder& respond) {
  if (request.method != "POST") return respond(WrongMethod("POST"));
  absl::StatusOr<Tap> tap = ReadBody(request, ReadTap);
  if (!tap.ok()) return respond(Problem(tap.status()));
  absl::StatusOr<CustomerEvent> event = instagram_.Tapped(*tap);
  if (!event.ok()) return respond(Problem(event.status()));
  // The answer shows the event that was found, so that the caller sees at once
  // which payload was sent.
  json::object also{{event->kind, event->value}};
  Start(*std::move(event), std::move(also), respond);
}

void ControlApi::Answers(const http::HttpRequest& request,
                         http::HttpResponder& respond) {
  if (request.method != "POST") return respond(WrongMethod("POST"));
  absl::StatusOr<CustomerEvent> event = ReadBody(request, ReadOwnerEvent);
  if (!event.ok()) return respond(Problem(event.status()));
  Start(*std::move(event), {}, respond);
}

void ControlApi::Tests(const http::HttpRequest& request,
                       http::HttpResponder& respond) {
  if (request.method != "POST") return respond(WrongMethod("POST"));
  const absl::StatusOr<DashboardTest> test =
      ReadBody(request, ReadDashboardTest);
  if (!test.ok()) return respond(Problem(test.status()));
  if (!Knows(test->account)) return respond(Problem(404, kNoAccount));
  // The responder is shared because this function still needs it when there is
  // no such test.
  auto shared = std::make_shared<http::HttpResponder>(std::move(respond));
  const absl::Status status = instagram_.StartTest(
      *test,
      [shared](const WebhookAnswer& answer) { (*shared)(Answered(answer)); });
  if (!status.ok()) (*shared)(Problem(status));
}

void ControlApi::Delivery(const http::HttpRequest& request,
                          http::HttpResponder& respond) {
  Courier& courier = instagram_.courier();
  if (request.method == "PUT") {
    absl::StatusOr<DeliveryChange> change =
        ReadBody(request, ReadDeliveryChange);
    if (!change.ok()) return respond(Problem(change.status()));
    courier.Change(*std::move(change));
  } else if (request.method == "POST") {
    const absl::StatusOr<absl::Duration> ahead =
        ReadOptionalBody(request, ReadAhead);
    if (!ahead.ok()) return respond(Problem(ahead.status()));
    return courier.DeliverNow(
        *ahead, [&courier, respond = std::move(respond)](
                    const std::vector<Courier::Delivered>& delivered) mutable {
          json::object body = DeliveryJson(courier.state());
          body["webhooks"] = DeliveredJson(delivered);
          respond(JsonResponse(200, body));
        });
  } else if (request.method == "DELETE") {
    courier.Clear();
  } else if (request.method != "GET") {
    return respond(WrongMethod("GET, PUT, POST, DELETE"));
  }
  respond(JsonResponse(200, DeliveryJson(courier.state())));
}

void ControlApi::Start(CustomerEvent event, json::object also,
                       http::HttpResponder& respond) {
  // The responder is shared because this function still needs it when the event
  // is refused.
  auto shared = std::make_shared<http::HttpResponder>(std::move(respond));
  const absl::Status status = instagram_.StartEvent(
      std::move(event),
      [also = std::move(also), shared](const LocalInstagram::Played& played) {
        json::object body{{"mid", played.mid},
                          {"n", played.webhook.n},
                          {"webhook", AnswerJson(played.webhook)}};
        body.insert(also.begin(), also.end());
        (*shared)(JsonResponse(200, body));
      });
  if (!status.ok()) (*shared)(Problem(status));
}

void ControlApi::Webhooks(const http::HttpRequest& request,
                          std::string_view account,
                          http::HttpResponder& respond) {
  if (request.method == "GET") {
    return respond(
        JsonResponse(200, WebhooksJson(instagram_.webhooks().Get())));
  }
  if (request.method != "POST") return respond(WrongMethod("GET, POST"));
  if (request.body.empty()) {
    return respond(Problem(400, "the body is what to send; it is empty"));
  }
  instagram_.courier().Deliver(
      {.account = std::string(account), .kind = "raw", .body = request.body},
      [respond = std::move(respond)](const WebhookAnswer& answer) mutable {
        respond(Answered(answer));
      });
}

void ControlApi::Redeliver(const http::HttpRequest& request,
                           std::string_view number,
                           http::HttpResponder& respond) {
  if (request.method != "POST") return respond(WrongMethod("POST"));
  std::uint64_t n = 0;
  if (!absl::SimpleAtoi(ToAbsl(number), &n)) {
    return respond(Problem(400, "the webhook's number must be a number"));
  }
  // The responder is shared because this function still needs it when the
  // webhook is not found.
  auto shared = std::make_shared<http::HttpResponder>(std::move(respond));
  const bool found = instagram_.webhooks().Redeliver(
      n,
      [shared](const WebhookAnswer& answer) { (*shared)(Answered(answer)); });
  if (!found) (*shared)(Problem(404, "no webhook of that number is kept"));
}

void ControlApi::Verify(const http::HttpRequest& request,
                        http::HttpResponder& respond) {
  if (request.method != "POST") return respond(WrongMethod("POST"));
  const absl::StatusOr<std::string> account =
      ReadOptionalBody(request, ReadAccountName);
  if (!account.ok()) return respond(Problem(account.status()));
  if (!Knows(*account)) return respond(Problem(404, kNoAccount));
  std::string challenge = NewChallenge();
  instagram_.webhooks().Verify(
      *account, challenge,
      [challenge,
       respond = std::move(respond)](const WebhookAnswer& answer) mutable {
        json::object body = AnswerJson(answer);
        body["challenge"] = challenge;
        body["verified"] = answer.status == 200 && answer.body == challenge;
        respond(JsonResponse(200, body));
      });
}

void ControlApi::GraphCalls(const http::HttpRequest& request,
                            http::HttpResponder& respond) {
  if (request.method == "DELETE") {
    instagram_.graph_calls().Clear();
  } else if (request.method != "GET") {
    return respond(WrongMethod("GET, DELETE"));
  }
  respond(JsonResponse(200, GraphCallsJson(instagram_.graph_calls().Get())));
}

void ControlApi::Faults(const http::HttpRequest& request,
                        http::HttpResponder& respond) {
  if (request.method == "POST") {
    absl::StatusOr<Fault> fault = ReadBody(request, ReadFault);
    if (!fault.ok()) return respond(Problem(fault.status()));
    if (!Knows(fault->account)) return respond(Problem(404, kNoAccount));
    if (!fault->account.empty()) {
      fault->account =
          instagram_.accounts().ConfigOf(fault->account).account_id;
    }
    if (absl::Status status = instagram_.AddFault(*std::move(fault));
        !status.ok()) {
      return respond(Problem(status));
    }
  } else if (request.method == "DELETE") {
    instagram_.faults().Clear();
  } else if (request.method != "GET") {
    return respond(WrongMethod("GET, POST, DELETE"));
  }
  respond(JsonResponse(200, FaultsJson(instagram_.faults().List())));
}

void ControlApi::Users(const http::HttpRequest& request,
                       std::string_view account, http::HttpResponder& respond) {
  if (request.method != "GET") return respond(WrongMethod("GET"));
  respond(JsonResponse(200, UsersJson(instagram_.users(account))));
}

void ControlApi::OneUser(const http::HttpRequest& request, std::string_view id,
                         std::string_view account,
                         http::HttpResponder& respond) {
  if (!IsNumericId(id)) {
    return respond(Problem(400, "a user's id is 1 to 32 digits"));
  }
  if (request.method == "PUT") {
    absl::StatusOr<UserChange> change = ReadBody(request, ReadUserChange);
    if (!change.ok()) return respond(Problem(change.status()));
    if (absl::Status status = instagram_.ChangeUser(id, *change, account);
        !status.ok()) {
      return respond(Problem(status));
    }
  } else if (request.method != "GET") {
    return respond(WrongMethod("GET, PUT"));
  }
  const std::optional<User> user = instagram_.FindUser(id, account);
  if (!user.has_value()) {
    return respond(Problem(404, "nobody has met this user; PUT makes them"));
  }
  respond(JsonResponse(200, UserJson(*user, absl::Now())));
}

}  // namespace linktor::emulator
