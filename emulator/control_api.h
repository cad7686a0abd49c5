// This serves the emulator's controls over HTTP. A body is read as JSON,
// whatever its content type says. An error is {"error": "<sentence>"}.
//
//   GET|PUT        /emulator/config                   the first account
//   GET            /emulator/accounts
//   GET|PUT        /emulator/accounts/{id}            PUT also adds an account
//   POST           /emulator/messages                 a customer does something
//   POST           /emulator/taps                     a customer taps
//   POST           /emulator/answers                  the owner acts in the app
//   POST           /emulator/tests                    Meta's Test button
//   GET|PUT|POST|DELETE /emulator/delivery            POST delivers now
//   GET|POST       /emulator/webhooks                 POST sends any body
//   POST           /emulator/webhooks/{n}/redeliver
//   POST           /emulator/verify                   Meta's GET verification
//   GET|DELETE     /emulator/graph-calls
//   GET|POST|DELETE /emulator/faults
//   GET            /emulator/users
//   GET|PUT        /emulator/users/{id}
//
// Users, and a webhook that POST sends, belong to the first account unless
// ?account= names another one. GET lists the webhooks of all accounts.
// control_help.cc explains the controls to people, with examples.

#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "emulator/customer_event.h"
#include "emulator/json.h"
#include "emulator/local_instagram.h"
#include "server/http/message.h"

namespace linktor::emulator {

// This class only translates between HTTP requests and the methods of
// LocalInstagram. It runs on the listener's threads, and is thread-safe.
class ControlApi {
 public:
  // `instagram` must outlive this. `address` returns the emulator's own
  // address; the commands in the help text contain it.
  ControlApi(LocalInstagram& instagram, std::function<std::string()> address)
      : instagram_(instagram), address_(std::move(address)) {}

  // `respond` is called exactly once. For a request that makes a webhook, it is
  // called after the gateway has answered the webhook, perhaps on another
  // thread.
  void Handle(const http::HttpRequest& request, http::HttpResponder respond);

 private:
  // Each function serves one path: it reads the request strictly, calls the
  // emulator, and answers with JSON. A wrong request gets a 4xx status and a
  // sentence. A method that the path does not have gets them too.
  void Config(const http::HttpRequest& request, http::HttpResponder& respond);
  void Accounts(const http::HttpRequest& request, http::HttpResponder& respond);
  // `id` is the part of the path that names the account: its id or its page.
  void OneAccount(const http::HttpRequest& request, std::string_view id,
                  http::HttpResponder& respond);
  // Messages() lets a customer write. Taps() lets a customer tap on something
  // that was offered to them.
  void Messages(const http::HttpRequest& request, http::HttpResponder& respond);
  void Taps(const http::HttpRequest& request, http::HttpResponder& respond);
  // The account's owner writes in the Instagram app, or does something else
  // there.
  void Answers(const http::HttpRequest& request, http::HttpResponder& respond);
  void Tests(const http::HttpRequest& request, http::HttpResponder& respond);
  // POST answers after everything that it delivers has been answered.
  void Delivery(const http::HttpRequest& request, http::HttpResponder& respond);
  // GET lists the webhooks of all accounts; POST sends a webhook with any body.
  // `account` comes from the query.
  void Webhooks(const http::HttpRequest& request, std::string_view account,
                http::HttpResponder& respond);
  // `number` is the webhook's number in the path. The answer is 404 when the
  // list does not have this webhook.
  void Redeliver(const http::HttpRequest& request, std::string_view number,
                 http::HttpResponder& respond);
  // Sends Meta's verification request with a challenge, and says whether the
  // gateway returned this challenge.
  void Verify(const http::HttpRequest& request, http::HttpResponder& respond);
  void GraphCalls(const http::HttpRequest& request,
                  http::HttpResponder& respond);
  void Faults(const http::HttpRequest& request, http::HttpResponder& respond);
  void Users(const http::HttpRequest& request, std::string_view account,
             http::HttpResponder& respond);
  // `id` is the user's id in the path; `account` comes from the query.
  void OneUser(const http::HttpRequest& request, std::string_view id,
               std::string_view account, http::HttpResponder& respond);
  // Starts the event (LocalInstagram::StartEvent). Answers with the event's
  // mid, the gateway's answer to its webhook, and the members of `also`.
  void Start(CustomerEvent event, json::object also,
             http::HttpResponder& respond);

  // Returns whether `account` is the id or page of an account. Also returns
  // true when it is empty, because it then means the first account.
  bool Knows(std::string_view account) const;

  LocalInstagram& instagram_;
  const std::function<std::string()> address_;
};

}  // namespace linktor::emulator
