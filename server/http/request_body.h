// Defines the body of a request for Beast's parser. The body asks the budget
// before it takes memory. Only the session's thread uses it. Internal to the
// listener.

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

// Returns the error with which the reader says that the budget has no room for
// a body. The session answers this error with 503.
boost::beast::error_code OverBudget();

// This type meets the requirements that Beast has for a Body that is read. The
// names of the inner types and functions come from these requirements.
//
// An announced length takes no memory, because a stranger can announce any
// length at no cost. Instead, the room for a body grows with the bytes that
// have arrived: to at most twice their number, and never beyond the announced
// length. The share (HttpShare in budget.h) counts all of this room except
// kBodySlack. While a body moves to larger room, its old room still exists and
// is not counted. This is little, because each thread moves only one body at a
// time.
struct RequestBody {
  struct value_type {  // NOLINT(*-identifier-naming)
    // These are the bytes that have come. The capacity is kBodySlack larger
    // than the bytes that the share holds.
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
    // Adds the bytes that have arrived and returns their number. When the
    // budget has no room for them, the error is OverBudget and nothing is
    // added. When there is no memory, put throws std::bad_alloc.
    std::size_t put(boost::asio::const_buffer arrived,
                    boost::beast::error_code& error);
    // The end of a body needs no work.
    void finish(boost::beast::error_code& error) { error = {}; }

   private:
    // Grows the share and the string to `size` bytes in all, or to more when
    // the budget has room to spare. When the budget has no room for `size`
    // bytes, it changes nothing and returns false.
    bool MakeRoom(std::size_t size);

    value_type& body_;
    // The body will be this long, in bytes. It is 0 when the head does not say
    // how long.
    std::size_t announced_ = 0;
  };
};

using HttpParser = boost::beast::http::request_parser<RequestBody>;

}  // namespace linktor::http
