// This is the emulator's Graph API without HTTP transport. It serves POST
// /{version}/{id}/messages, messenger_profile, the profiles of users (GET
// /{version}/{IGSID}), and messages (GET /{version}/{mid}).

#pragma once

#include <optional>
#include <string>

#include "emulator/message_store.h"
#include "emulator/profile_store.h"
#include "emulator/send_request.h"
#include "emulator/settings.h"
#include "emulator/user_list.h"
#include "server/http/message.h"

namespace linktor::emulator {

// A SentMessage is a send that Instagram has accepted. Its echo is made from
// it.
struct SentMessage {
  // This is the Instagram account that sent it.
  std::string account_id;
  SendRequest send;
  // This is Instagram's id of the message.
  std::string mid;
};

// A GraphReply is the answer to a call. `sent` is present when the call was a
// send that was accepted. The endpoint may still drop the answer, when a fault
// asks for this.
struct GraphReply {
  http::HttpResponse response;
  // The echo is made from it, unless the account has no webhook URL.
  std::optional<SentMessage> sent;
};

// It is thread-safe. It accepts any account id in the path. It accepts any
// token, except with EmulatorConfig::strict.
class GraphApi {
 public:
  // All arguments must outlive this.
  GraphApi(const Settings& settings, UserList& users, ProfileStore& profiles,
           MessageStore& messages);

  // Answers a call. A wrong call gets the answer and the error code that Meta
  // gives. It does not block.
  GraphReply Handle(const http::HttpRequest& request);

  // Returns the name of the edge that the path of the request names:
  // "messages", "messenger_profile", "user_profile" or "message". The result is
  // empty when the path names none of them. Faults use this name to choose the
  // calls that they affect.
  static std::string Edge(const http::HttpRequest& request);

  // An Address tells which account a call is for.
  struct Address {
    // This is the first part of the path after the version: an account, a page,
    // "me", or another object, such as a message. It is empty when there is no
    // such part.
    std::string id;
    // It is empty when the call has no token.
    std::string token;
  };
  // Reads the address of a request, even if the call is wrong.
  static Address AddressOf(const http::HttpRequest& request);

 private:
  // This is a request whose path, token and body have been read.
  struct Call;

  // Sends a message. It checks the shape and the limits first, and then Meta's
  // refusals. Then it records the message for the recipient.
  GraphReply Send(const Call& call);
  // Reads, sets or deletes the account's ice breakers.
  http::HttpResponse Profile(const Call& call);
  // Reads the fields of a customer's profile that the call asks for. Meta gives
  // a profile only of people who have written; RefuseProfile() decides this.
  http::HttpResponse UserProfile(const Call& call, const std::string& id);
  // Reads the fields of a message that the call asks for (see MessageField).
  http::HttpResponse Message(const Call& call, const std::string& mid);

  // Each call takes a copy of the settings when it begins.
  const Settings& settings_;
  UserList& users_;
  ProfileStore& profiles_;
  MessageStore& messages_;
};

}  // namespace linktor::emulator
