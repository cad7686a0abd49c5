// What this Instagram's Graph API does with a call, without the transport:
// POST /{version}/{id}/messages, messenger_profile, and the profiles of users,
// GET /{version}/{IGSID}.

#pragma once

#include <optional>
#include <string>

#include "emulator/profile_store.h"
#include "emulator/send_request.h"
#include "emulator/settings.h"
#include "emulator/user_list.h"
#include "server/http/message.h"

namespace linktor::emulator {

// A send that was accepted.
struct SentMessage {
  // The Instagram account that sent it.
  std::string account_id;
  SendRequest send;
  // Instagram's id of the message.
  std::string mid;
};

struct GraphReply {
  HttpResponse response;
  std::optional<SentMessage> sent;
};

// Accepts any account, and any token unless it is strict. Thread-safe.
class GraphApi {
 public:
  // All of them outlive this object.
  GraphApi(const Settings& settings, UserList& users, ProfileStore& profiles);

  GraphReply Handle(const HttpRequest& request);

  // "messages", "messenger_profile" or "user_profile", by the path alone; empty
  // when it names none of them.
  static std::string Edge(const HttpRequest& request);

 private:
  struct Call;

  GraphReply Send(const Call& call);
  HttpResponse Profile(const Call& call);
  HttpResponse UserProfile(const Call& call, const std::string& id);

  const Settings& settings_;
  UserList& users_;
  ProfileStore& profiles_;
};

}  // namespace linktor::emulator
