// Defines what is behind HttpHeaders: the headers as Beast's parser leaves
// them. The session makes it from a request's head, and message.cc reads it.
// Internal to the listener.

#pragma once

#include <boost/beast/http/fields.hpp>

#include "server/http/message.h"

namespace linktor::http {

// Only this header brings Beast in, so handlers compile without it.
struct HttpHeaders::Impl {
  boost::beast::http::fields fields;
};

}  // namespace linktor::http
