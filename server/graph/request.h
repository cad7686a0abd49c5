// Builds the HTTP requests for Meta's API, exactly as Meta expects them.
// HttpGraphClient sends them. The functions are pure.

#pragma once

#include <string_view>

#include "linktor/instagram/v1/channel_service.pb.h"
#include "linktor/instagram/v1/messaging_service.pb.h"
#include "server/graph/account.h"
#include "server/http/client.h"

namespace linktor::graph {

// Makes the request POST …/messages, which sends a message. `to` is the
// customer's id (IGSID). `content` has passed the limits of policy/content.h.
// The call gets 90 s when Meta fetches media before it answers, and 30 s
// otherwise. The kind of the content says whether Meta fetches media.
http::HttpCall BuildSend(const GraphHosts& hosts, const GraphAccount& account,
                         std::string_view to, const v1::MessageContent& content,
                         v1::MessageTag tag);

// Makes the GET request for a customer's profile. It asks for every field that
// Meta is known to have.
http::HttpCall BuildGetUserProfile(const GraphHosts& hosts,
                                   const GraphAccount& account,
                                   std::string_view user_id);

// Says which media of a message a call asks for. At least one of the two fields
// is true.
struct MediaFields {
  // It is true when the message is about a story.
  bool story = false;
  // It is true when the message has images, videos, voice notes or files.
  bool attachments = false;

  bool operator==(const MediaFields&) const = default;
};

// Makes the GET request for the media of a message. `mid` is Instagram's id of
// the message, and it is percent-encoded in the URL.
http::HttpCall BuildGetMessageMedia(const GraphHosts& hosts,
                                    const GraphAccount& account,
                                    std::string_view mid,
                                    const MediaFields& fields);

// These three functions make the POST, GET and DELETE requests of
// …/messenger_profile, where Meta keeps the ice breakers.
http::HttpCall BuildSetIceBreakers(const GraphHosts& hosts,
                                   const GraphAccount& account,
                                   const v1::SetIceBreakersRequest& request);
http::HttpCall BuildGetIceBreakers(const GraphHosts& hosts,
                                   const GraphAccount& account);
http::HttpCall BuildDeleteIceBreakers(const GraphHosts& hosts,
                                      const GraphAccount& account);

}  // namespace linktor::graph
