// What is behind HttpHeaders: the headers as Beast's parser leaves them.
// Internal to the listener.

#pragma once

#include <boost/beast/http/fields.hpp>

#include "server/http/message.h"

namespace linktor {

struct HttpHeaders::Impl {
  boost::beast::http::fields fields;
};

}  // namespace linktor
