// These functions make and check requests. They are for any thread, and they
// are pure except for NewRequestId, which uses random numbers. None of them
// needs a connection.

#pragma once

#include <google/protobuf/message.h>

#include <optional>
#include <string>

#include "linktor/instagram/v1/messaging_service.pb.h"

namespace linktor::instagram {

// Returns a request that sends a text to a customer. `to` is the IGSID of the
// customer (1 to 32 digits). This function checks nothing, because the server
// does. The caller can set more fields in the request.
v1::SendMessageRequest Text(const std::string& channel_id,
                            const std::string& to, const std::string& text);

// Returns an id that no other request has: the prefix and 32 random hex digits.
// The server takes ids of at most 128 characters, which must be of the set
// [A-Za-z0-9._:-]. So the prefix may have 96 such characters.
std::string NewRequestId(const std::string& prefix = "cpp-");

// Returns the path of the first field whose text is not UTF-8, such as
// "content.text", or nullopt when there is none. No call can carry such a text.
std::optional<std::string> FieldThatIsNotUtf8(
    const google::protobuf::Message& request);

}  // namespace linktor::instagram
