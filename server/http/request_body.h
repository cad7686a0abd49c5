// Defines RequestBody, the type into which Beast's parser reads the body of a
// request. It takes memory for a body only when the listener's budget
// (budget.h) has room for it. Only the session's thread uses it. This file is
// internal to the listener.

#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/optional.hpp>
#include <cstddef>
#include <cstdint>
#include <string>

#include "server/http/budget.h"

namespace linktor::http {

// Returns the error by which RequestBody::reader says that the budget has no
// room for a body. The session answers this error with 503.
boost::beast::error_code OverBudget();

// RequestBody meets the requirements that Beast has for a type of body (its
// concepts Body and BodyReader). The names of the inner types and functions
// come from these requirements.
//
// A client can announce any length of a body at no cost. So the reader takes no
// memory for an announced length alone. Instead, the room for a body grows with
// the bytes that have arrived: to at most twice their number, and never beyond
// the announced length. The share (HttpShare in budget.h) counts all of this
// room except kBodySlack. While a body moves to larger room, its old room still
// exists and is not counted. This is little, because each thread moves only one
// body at a time.
struct RequestBody {
  struct value_type {  // NOLINT(*-identifier-naming)
    // These are the bytes that have come. The string's capacity is the number
    // of bytes that the share holds, plus kBodySlack.
    std::string bytes;
    // The session sets it before the parser reads. The share must outlive the
    // parser.
    HttpShare* share = nullptr;
  };

  class reader {  // NOLINT(*-identifier-naming)
   public:
    // Beast's parser makes the reader when a body begins. `body` must outlive
    // the reader.
    template <bool kIsRequest, typename Fields>
    reader(boost::beast::http::header<kIsRequest, Fields>& /*head*/,
           value_type& body)
        : body_(body) {}

    // Notes how long the body will be, if the head says so. It takes no memory
    // and never fails.
    void init(const boost::optional<std::uint64_t>& announced,
              boost::beast::error_code& error);
    // Adds the bytes that have arrived to the body, and returns their number.
    // When the budget has no room for them, the error is OverBudget and nothing
    // is added. When there is no memory, put throws std::bad_alloc.
    std::size_t put(boost::asio::const_buffer arrived,
                    boost::beast::error_code& error);
    // The end of a body needs no work.
    void finish(boost::beast::error_code& error) { error = {}; }

   private:
    // Makes room for `size` bytes in all, in the share and in the string. It
    // makes room for more bytes when the budget has them (see RequestBody).
    // When the budget has no room even for `size` bytes, it changes nothing and
    // returns false.
    bool MakeRoom(std::size_t size);

    value_type& body_;
    // The body will be this long, in bytes. It is 0 when the head does not say
    // how long.
    std::size_t announced_ = 0;
  };
};

using HttpParser = boost::beast::http::request_parser<RequestBody>;

}  // namespace linktor::http
