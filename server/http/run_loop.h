// Runs an event loop whose handlers may run out of memory. The accepting thread
// and the workers run their loops by it. Internal to the listener.

#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/multiple_exceptions.hpp>
#include <new>

namespace linktor::http {

// Runs `io` until it is stopped or has nothing to do, and returns true. It
// returns false when memory ran out in a handler, whose coroutine, if it is
// one, ends when the loop runs again; the caller reports it and calls again.
// Any other exception is a fault and leaves this.
//
// Most of the listener's memory is taken within coroutines, which answer its
// want themselves. This is for what is left: the memory that Asio takes to
// begin an operation.
inline bool RunLoop(boost::asio::io_context& io) {
  try {
    io.run();
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  } catch (const boost::asio::multiple_exceptions&) {
    // Handlers that a handler called have failed, too.
    return false;
  }
}

}  // namespace linktor::http
