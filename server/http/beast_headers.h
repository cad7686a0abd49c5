// Defines HttpHeaders::Impl (message.h): the headers of a request, in the form
// in which Beast's parser has read them. HttpSession (session.h) fills an Impl
// from the head of a request, and the functions of HttpHeaders in message.cc
// work on it. (The head is the request line with the headers.) This file is
// internal to the listener.

#pragma once

#include <boost/beast/http/fields.hpp>

#include "server/http/message.h"

namespace linktor::http {

// message.h only declares this struct, so that a handler can include message.h
// and compile without Beast.
struct HttpHeaders::Impl {
  boost::beast::http::fields fields;
};

}  // namespace linktor::http
