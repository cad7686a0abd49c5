// Runs an event loop whose handlers may run out of memory. The accepting thread
// and the workers of a listener run their loops with this function. Internal to
// the listener.

#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/multiple_exceptions.hpp>
#include <new>

namespace linktor::http {

// Runs `io` until it is stopped or has no work left, and then returns true. It
// returns false when memory ran out in a handler. The caller then reports the
// lack of memory and calls RunLoop again. If the handler belongs to a
// coroutine, this coroutine ends in the second call. Any other exception is a
// fault in the program, and RunLoop lets it out.
//
// Most memory of the listener is taken within coroutines, and the coroutines
// handle a lack of memory themselves. RunLoop is for the remaining case: Asio
// gets no memory to begin an operation.
inline bool RunLoop(boost::asio::io_context& io) {
  try {
    io.run();
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  } catch (const boost::asio::multiple_exceptions&) {
    // Asio throws this when a handler has failed, and a handler that it called
    // has failed, too.
    return false;
  }
}

}  // namespace linktor::http
