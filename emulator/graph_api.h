// This Instagram's Graph API without the transport: POST
// /{version}/{id}/messages, messenger_profile, the profiles of users, GET
// /{version}/{IGSID}, and messages, GET /{version}/{mid}.

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

// A SentMessage is a send that was accepted; its echo is made from it.
struct SentMessage {
  // This is the Instagram account that sent it.
  std::string account_id;
  SendRequest send;
  // This is Instagram's id of the message.
  std::string mid;
};

// A GraphReply is the answer to a call; `sent` is present when the call was a
// send that was accepted. The endpoint may still drop the answer.
struct GraphReply {
  http::HttpResponse response;
  // The echo is made from it, unless webhooks go nowhere.
  std::optional<SentMessage> sent;
};

// It accepts any account, and any token unless it is strict. It is thread-safe.
class GraphApi {
 public:
  // All must outlive this.
  GraphApi(const Settings& settings, UserList& users, ProfileStore& profiles,
           MessageStore& messages);

  // Answers a call. A wrong one is answered as Meta answers it, with Meta's
  // code. It does not block.
  GraphReply Handle(const http::HttpRequest& request);

  // Returns "messages", "messenger_profile", "user_profile" or "message", by
  // the path alone; empty when it names none of them. Faults strike by it.
  static std::string Edge(const http::HttpRequest& request);

 private:
  // This is a request with its path, token and body read.
  struct Call;

  // Sends a message: checks shape and limits, then Meta's refusals, then notes
  // it with the recipient.
  GraphReply Send(const Call& call);
  // Reads, sets or deletes the account's ice breakers.
  http::HttpResponse Profile(const Call& call);
  // Reads the fields of a customer's profile that were asked for. Meta gives a
  // profile only of people who have written, which RefuseProfile decides.
  http::HttpResponse UserProfile(const Call& call, const std::string& id);
  // Reads the fields of a message that were asked for (MessageField).
  http::HttpResponse Message(const Call& call, const std::string& mid);

  // Each call takes a copy of the settings when it begins.
  const Settings& settings_;
  UserList& users_;
  ProfileStore& profiles_;
  MessageStore& messages_;
};

}  // namespace linktor::emulator
