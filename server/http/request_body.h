// The body of a request, for Beast's parser: it asks the budget before it takes
// memory. Internal to the listener.

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

namespace linktor {

// What the reader says when the budget has no room for a body.
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
    // Its capacity is kBodySlack larger than what the share holds.
    std::string bytes;
    // It is set before the parser reads, and outlives it.
    HttpShare* share = nullptr;
  };

  class reader {  // NOLINT(*-identifier-naming)
   public:
    template <bool kIsRequest, typename Fields>
    reader(boost::beast::http::header<kIsRequest, Fields>& /*head*/,
           value_type& body)
        : body_(body) {}

    void init(const boost::optional<std::uint64_t>& announced,
              boost::beast::error_code& error);
    // Adds what has arrived. OverBudget, and nothing is added, when there is no
    // room for it; std::bad_alloc when there is no memory.
    std::size_t put(boost::asio::const_buffer arrived,
                    boost::beast::error_code& error);
    void finish(boost::beast::error_code& error) { error = {}; }

   private:
    // False when the budget has no room for `size` bytes in all.
    bool MakeRoom(std::size_t size);

    value_type& body_;
    // How long the body will be; 0 when its head does not say.
    std::size_t announced_ = 0;
  };
};

using HttpParser = boost::beast::http::request_parser<RequestBody>;

}  // namespace linktor
