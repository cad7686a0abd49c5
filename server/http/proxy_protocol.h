// The PROXY protocol, versions 1 and 2, of HAProxy: a load balancer that passes
// connections through says before their first byte whom they are from. Pure.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace linktor {

struct ProxyHeader {
  enum class State {
    // `size` bytes are needed before more can be said.
    kIncomplete,
    kInvalid,
    // The header takes `size` bytes; what follows is the client's.
    kComplete,
  };
  State state = State::kInvalid;
  std::size_t size = 0;
  // The client's IP address; empty when the header names none, which a load
  // balancer does for connections of its own (checks of health).
  std::string client;
};

// The longest header that is read. Version 2 could be longer, with extensions
// that nobody sends here.
inline constexpr std::size_t kMaxProxyHeader = 536;

// Reads the beginning of a connection. It never asks for more bytes than the
// header certainly has, so that whoever reads just these leaves the rest where
// it is.
ProxyHeader ParseProxyHeader(std::string_view bytes);

// Returns whether a connection begins with such a header: it tells an operator
// that the option for it is missing.
bool LooksLikeProxyHeader(std::string_view bytes);

}  // namespace linktor
