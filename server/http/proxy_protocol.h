// Reads the PROXY protocol of HAProxy, versions 1 and 2: a load balancer that
// passes connections through says before their first byte whom they are from.
// The worker reads it before TLS. Pure.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace linktor::http {

// Says what the beginning of a connection is.
struct ProxyHeader {
  enum class State {
    // `size` bytes of the connection are needed before more can be said.
    kIncomplete,
    // There is no header, or it is broken or longer than kMaxProxyHeader.
    kInvalid,
    // The header takes `size` bytes; what follows is the client's.
    kComplete,
  };
  State state = State::kInvalid;
  std::size_t size = 0;
  // It is the client's IP address; empty when the header names none, which a
  // load balancer does for connections of its own (checks of health).
  std::string client;
};

// Headers up to this size are read, in bytes. Version 2 could be longer, with
// extensions that nobody sends here.
inline constexpr std::size_t kMaxProxyHeader = 536;

// Reads the beginning of a connection; `bytes` are all that have come so far,
// and may be none. It never asks for more bytes than the header certainly has,
// so that a caller who reads just these leaves the rest where it is. Each call
// reads from the start again; it ends after a few calls, because every answer
// of kIncomplete asks for more bytes.
ProxyHeader ParseProxyHeader(std::string_view bytes);

// Returns whether a connection begins with such a header: it tells an operator
// that the option for it is missing.
bool LooksLikeProxyHeader(std::string_view bytes);

}  // namespace linktor::http
