// The HTTP requests of Meta's API, exactly. Pure.

#pragma once

#include <string_view>

#include "linktor/instagram/v1/channel_service.pb.h"
#include "linktor/instagram/v1/messaging_service.pb.h"
#include "server/graph/account.h"
#include "server/http/client.h"

namespace linktor::graph {

// Makes the POST …/messages. `content` has passed the limits of
// policy/content.h. The call gets 90 s when Meta fetches media meanwhile, which
// the kind of the content says, and 30 s otherwise.
http::HttpCall BuildSend(const GraphHosts& hosts, const GraphAccount& account,
                         std::string_view to, const v1::MessageContent& content,
                         v1::MessageTag tag);

// GET of a customer's profile: every field that Meta is known to have.
http::HttpCall BuildGetUserProfile(const GraphHosts& hosts,
                                   const GraphAccount& account,
                                   std::string_view user_id);

// Says which media of a message a call asks for; it is at least one of them.
struct MediaFields {
  // The message is about a story.
  bool story = false;
  // The message has images, videos, voice notes or files.
  bool attachments = false;

  bool operator==(const MediaFields&) const = default;
};

// GET of a message by Instagram's id, which is percent-encoded.
http::HttpCall BuildGetMessageMedia(const GraphHosts& hosts,
                                    const GraphAccount& account,
                                    std::string_view mid,
                                    const MediaFields& fields);

// POST, GET and DELETE …/messenger_profile.
http::HttpCall BuildSetIceBreakers(const GraphHosts& hosts,
                                   const GraphAccount& account,
                                   const v1::SetIceBreakersRequest& request);
http::HttpCall BuildGetIceBreakers(const GraphHosts& hosts,
                                   const GraphAccount& account);
http::HttpCall BuildDeleteIceBreakers(const GraphHosts& hosts,
                                      const GraphAccount& account);

}  // namespace linktor::graph
