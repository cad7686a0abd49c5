// Defines the body of a request, for Beast's parser: it asks the budget before
// it takes memory. Only the session's thread uses it. Internal to the listener.

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

// Returns the error by which the reader says that the budget has no room for a
// body. The session answers it with 503.
boost::beast::error_code OverBudget();

// Meets Beast's requirements of a Body that is read, which name its types.
//
// An announcement takes nothing, because it costs a stranger nothing: the room
// grows with what has arrived, to at most twice as much and never beyond what
// is announced. The share therefore counts all of the room but kBodySlack.
// While a body moves to larger room, its old one is there too and not counted;
// a thread moves one at a time.
struct RequestBody {
  struct value_type {  // NOLINT(*-identifier-naming)
    // The bytes that have come are here. The capacity is kBodySlack larger than
    // what the share holds.
    std::string bytes;
    // The session sets it before the parser reads; it outlives the parser.
    HttpShare* share = nullptr;
  };

  class reader {  // NOLINT(*-identifier-naming)
   public:
    // Beast's parser makes the reader when a body begins; `body` outlives it.
    template <bool kIsRequest, typename Fields>
    reader(boost::beast::http::header<kIsRequest, Fields>& /*head*/,
           value_type& body)
        : body_(body) {}

    // Notes how long the body will be, where the head says so. It takes no
    // memory and never fails.
    void init(const boost::optional<std::uint64_t>& announced,
              boost::beast::error_code& error);
    // Adds what has arrived and returns its size. The error is OverBudget, and
    // nothing is added, when the budget has no room for it; std::bad_alloc
    // leaves it when there is no memory.
    std::size_t put(boost::asio::const_buffer arrived,
                    boost::beast::error_code& error);
    // A body that ends needs nothing more.
    void finish(boost::beast::error_code& error) { error = {}; }

   private:
    // Grows the share and the string to `size` bytes in all, or to more where
    // the budget has room to spare. Returns false, and changes nothing, when
    // the budget has no room for `size` bytes.
    bool MakeRoom(std::size_t size);

    value_type& body_;
    // The body will be this long, in bytes; 0 when its head does not say.
    std::size_t announced_ = 0;
  };
};

using HttpParser = boost::beast::http::request_parser<RequestBody>;

}  // namespace linktor::http
