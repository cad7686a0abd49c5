// What this Instagram's Graph API does with a call, without the transport:
// POST /{version}/{id}/messages for text, and messenger_profile.

#pragma once

#include <optional>
#include <string>

#include "emulator/profile_store.h"
#include "emulator/settings.h"
#include "emulator/text_send.h"
#include "emulator/user_list.h"
#include "server/http/message.h"

namespace linktor::emulator {

// A send that was accepted.
struct SentMessage {
  // The Instagram account that sent it.
  std::string account_id;
  TextSend send;
  // Instagram's id of the message.
  std::string mid;
};

struct GraphReply {
  HttpResponse response;
  std::optional<SentMessage> sent;
};

// Accepts any token and any account. Thread-safe.
class GraphApi {
 public:
  // Both outlive this object.
  GraphApi(const Settings& settings, UserList& users);

  GraphReply Handle(const HttpRequest& request);

  // "messages" or "messenger_profile", by the path alone; empty when it names
  // neither.
  static std::string Edge(const HttpRequest& request);

 private:
  struct Call;

  GraphReply SendText(const Call& call);
  HttpResponse Profile(const Call& call);

  const Settings& settings_;
  UserList& users_;
  ProfileStore profiles_;
};

}  // namespace linktor::emulator
