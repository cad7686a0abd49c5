// Defines HttpHeaders::Impl (message.h): the headers of a request, as Beast's
// parser leaves them. The session fills it from the head of a request, and
// message.cc reads it. (The head is the request line with the headers.)
// Internal to the listener.

#pragma once

#include <boost/beast/http/fields.hpp>

#include "server/http/message.h"

namespace linktor::http {

// message.h only declares this struct, so handlers compile without Beast.
struct HttpHeaders::Impl {
  boost::beast::http::fields fields;
};

}  // namespace linktor::http
