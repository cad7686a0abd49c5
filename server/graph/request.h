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

// GET of a customer's profile: the user name.
http::HttpCall BuildGetUserProfile(const GraphHosts& hosts,
                                   const GraphAccount& account,
                                   std::string_view user_id);

// POST, GET and DELETE …/messenger_profile.
http::HttpCall BuildSetIceBreakers(const GraphHosts& hosts,
                                   const GraphAccount& account,
                                   const v1::SetIceBreakersRequest& request);
http::HttpCall BuildGetIceBreakers(const GraphHosts& hosts,
                                   const GraphAccount& account);
http::HttpCall BuildDeleteIceBreakers(const GraphHosts& hosts,
                                      const GraphAccount& account);

}  // namespace linktor::graph
