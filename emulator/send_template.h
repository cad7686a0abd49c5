// This is the generic template of the Send API: cards with pictures and
// buttons. It is pure. send_request.h reads the message around it.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "emulator/graph_error.h"
#include "emulator/json.h"
#include "emulator/send_request.h"

namespace linktor::emulator {

// Reads the payload of a template, which `path` names in errors. Returns the
// payload as Instagram's echo has it: keyed by the template's name, and with
// "open_url" for "web_url". Its postback buttons are added to `offers`, so that
// a customer can tap them. The first problem is kept in `error`; the result is
// then of no use.
json::object ReadTemplate(const json::value& payload, const std::string& path,
                          std::optional<GraphError>& error,
                          std::vector<Offer>& offers);

}  // namespace linktor::emulator
