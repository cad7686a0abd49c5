// These functions make and check requests. They are pure but for NewRequestId,
// and for any thread. Nothing here needs a connection.

#pragma once

#include <google/protobuf/message.h>

#include <optional>
#include <string>

#include "linktor/instagram/v1/messaging_service.pb.h"

namespace linktor::instagram {

// Returns a request that sends a text to a customer, whom their IGSID (1 to 32
// digits) names. Nothing is checked here; the server does. More can be set in
// the request.
v1::SendMessageRequest Text(const std::string& channel_id,
                            const std::string& to, const std::string& text);

// Returns an id that no other request has, with the prefix. The server takes at
// most 128 of [A-Za-z0-9._:-]; the prefix must fit that.
std::string NewRequestId(const std::string& prefix = "cpp-");

// Returns the path of the first field whose text is not UTF-8, which no call
// can carry, such as "content.text"; nullopt when there is none.
std::optional<std::string> FieldThatIsNotUtf8(
    const google::protobuf::Message& request);

}  // namespace linktor::instagram
