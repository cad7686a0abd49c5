// The emulator's controls over HTTP. Bodies are JSON whatever their content
// type says; errors are {"error": "<sentence>"}.
//
//   GET|PUT        /emulator/config                   the first account's
//   GET            /emulator/accounts
//   GET|PUT        /emulator/accounts/{id}            PUT adds, too
//   POST           /emulator/messages                 a customer does something
//   POST           /emulator/taps                     a customer taps
//   POST           /emulator/answers                  the owner does, in the
//   app POST           /emulator/tests                    the Test button
//   GET|PUT|POST|DELETE /emulator/delivery            POST: delivers now
//   GET|POST       /emulator/webhooks                 POST: any body, signed
//   POST           /emulator/webhooks/{n}/redeliver
//   POST           /emulator/verify                   Meta's GET verification
//   GET|DELETE     /emulator/graph-calls
//   GET|POST|DELETE /emulator/faults
//   GET            /emulator/users
//   GET|PUT        /emulator/users/{id}
//
// Users and webhooks are the first account's, or with ?account= another's.
// control_help.cc says the same to people, with examples.

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

// This is a thin shell around the methods of LocalInstagram. It runs on the
// listener's threads, and is thread-safe.
class ControlApi {
 public:
  // `instagram` must outlive this. `address` returns where the emulator is
  // served, for the commands of the help.
  ControlApi(LocalInstagram& instagram, std::function<std::string()> address)
      : instagram_(instagram), address_(std::move(address)) {}

  // `respond` is called exactly once. For a request that makes a webhook it is
  // called after the gateway has answered, perhaps on another thread.
  void Handle(const http::HttpRequest& request, http::HttpResponder respond);

 private:
  // Each function serves one path: it reads the request strictly, calls the
  // emulator, and answers with JSON. A wrong request gets a status of 4xx and a
  // sentence; so does a method that the path does not have.
  void Config(const http::HttpRequest& request, http::HttpResponder& respond);
  void Accounts(const http::HttpRequest& request, http::HttpResponder& respond);
  // `id` is the account's id in the path, or that of its page.
  void OneAccount(const http::HttpRequest& request, std::string_view id,
                  http::HttpResponder& respond);
  // A customer writes; the next one taps on something that was offered.
  void Messages(const http::HttpRequest& request, http::HttpResponder& respond);
  void Taps(const http::HttpRequest& request, http::HttpResponder& respond);
  // The account's owner writes in the app, or does something else there.
  void Answers(const http::HttpRequest& request, http::HttpResponder& respond);
  void Tests(const http::HttpRequest& request, http::HttpResponder& respond);
  // POST answers when everything that it delivers has been answered.
  void Delivery(const http::HttpRequest& request, http::HttpResponder& respond);
  // GET lists the webhooks, POST sends one with any body. `account` is the one
  // of the query, in these three.
  void Webhooks(const http::HttpRequest& request, std::string_view account,
                http::HttpResponder& respond);
  // `number` is the webhook's number in the path. 404 when the list does not
  // have it.
  void Redeliver(const http::HttpRequest& request, std::string_view number,
                 http::HttpResponder& respond);
  // Makes Meta's verification with a challenge of its own, and says whether it
  // came back.
  void Verify(const http::HttpRequest& request, http::HttpResponder& respond);
  void GraphCalls(const http::HttpRequest& request,
                  http::HttpResponder& respond);
  void Faults(const http::HttpRequest& request, http::HttpResponder& respond);
  void Users(const http::HttpRequest& request, std::string_view account,
             http::HttpResponder& respond);
  // `id` is the user's id in the path.
  void OneUser(const http::HttpRequest& request, std::string_view id,
               std::string_view account, http::HttpResponder& respond);
  // Plays the event, and answers with its mid, the gateway's answer and the
  // members of `also`.
  void Start(CustomerEvent event, json::object also,
             http::HttpResponder& respond);

  // Returns whether `account` is an account's id or page. It is known when it
  // is empty, since the first account is then meant.
  bool Knows(std::string_view account) const;

  LocalInstagram& instagram_;
  const std::function<std::string()> address_;
};

}  // namespace linktor::emulator
