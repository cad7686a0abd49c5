// RunLoop runs an event loop of Asio whose handlers may run out of memory. A
// handler is here a function that Asio calls, and not an HttpListener::Handler.
// The accepting thread and the workers of a listener run their loops with
// RunLoop. This file is internal to the listener.

#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/multiple_exceptions.hpp>
#include <new>

namespace linktor::http {

// Runs `io` until it is stopped or has no work left, and then returns true. It
// returns false when memory ran out in a handler. The caller then reports the
// lack of memory and calls RunLoop again, so that all other handlers go on. If
// the handler was running a coroutine, the coroutine is destroyed in this next
// call of RunLoop, because Asio posts its destruction to the loop. Any other
// exception is a fault in the program, and RunLoop does not catch it.
//
// The listener takes most of its memory within coroutines, and the coroutines
// themselves handle a lack of this memory. RunLoop is for the remaining case:
// Asio gets no memory to begin an operation.
inline bool RunLoop(boost::asio::io_context& io) {
  try {
    io.run();
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  } catch (const boost::asio::multiple_exceptions&) {
    // While one handler runs, Asio may run other handlers inside it. When two
    // or more of these inner handlers have failed, Asio throws this exception
    // in place of their own. In this listener, only a lack of memory makes
    // handlers fail.
    return false;
  }
}

}  // namespace linktor::http
