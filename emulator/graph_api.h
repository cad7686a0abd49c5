// This Instagram's Graph API without the transport: POST
// /{version}/{id}/messages, messenger_profile, and the profiles of users, GET
// /{version}/{IGSID}.

#pragma once

#include <optional>
#include <string>

#include "emulator/profile_store.h"
#include "emulator/send_request.h"
#include "emulator/settings.h"
#include "emulator/user_list.h"
#include "server/http/message.h"

namespace linktor::emulator {

// A SentMessage is a send that was accepted; its echo is made from it.
struct SentMessage {
  // The Instagram account that sent it.
  std::string account_id;
  SendRequest send;
  // Instagram's id of the message.
  std::string mid;
};

// The answer to a call; `sent` is present when the call was a send that was
// accepted.
struct GraphReply {
  HttpResponse response;
  std::optional<SentMessage> sent;
};

// It accepts any account, and any token unless it is strict. It is thread-safe.
class GraphApi {
 public:
  // All must outlive this.
  GraphApi(const Settings& settings, UserList& users, ProfileStore& profiles);

  // Answers a call. A wrong one is answered as Meta answers it, with Meta's
  // code. It does not block.
  GraphReply Handle(const HttpRequest& request);

  // Returns "messages", "messenger_profile" or "user_profile", by the path
  // alone; empty when it names none of them. Faults strike by it.
  static std::string Edge(const HttpRequest& request);

 private:
  // A request with its path, token and body read.
  struct Call;

  GraphReply Send(const Call& call);
  HttpResponse Profile(const Call& call);
  HttpResponse UserProfile(const Call& call, const std::string& id);

  const Settings& settings_;
  UserList& users_;
  ProfileStore& profiles_;
};

}  // namespace linktor::emulator
