// This reads the generic template of the Send API: cards with pictures and
// buttons. The function is pure. send_request.h reads the message that contains
// the template.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "emulator/graph_error.h"
#include "emulator/json.h"
#include "emulator/send_request.h"

namespace linktor::emulator {

// Reads the payload of a template; `path` names the payload in errors. Returns
// the payload in the form of Instagram's echo: keyed by the template's name,
// and with "open_url" in place of "web_url". The template's postback buttons
// are added to `offers`, so that a customer can tap them. The first problem is
// kept in `error`; after a problem, do not use the result.
json::object ReadTemplate(const json::value& payload, const std::string& path,
                          std::optional<GraphError>& error,
                          std::vector<Offer>& offers);

}  // namespace linktor::emulator
