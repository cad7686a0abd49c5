// Reads the PROXY protocol of HAProxy, versions 1 and 2. A load balancer that
// forwards TCP connections sends a PROXY header before the first byte of the
// client. This header says which client the connection comes from. In this
// file, "header" always means a PROXY header and not an HTTP header. The worker
// (worker.h) reads it before the TLS handshake. The functions are pure.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace linktor::http {

// A ProxyHeader says what ParseProxyHeader has found in the first bytes of a
// connection.
struct ProxyHeader {
  enum class State {
    // The bytes are the beginning of a header, and more bytes are needed.
    // `size` is the number of bytes to have before the next call, counted from
    // the beginning of the connection.
    kIncomplete,
    // There is no header, or the header is broken or longer than
    // kMaxProxyHeader.
    kInvalid,
    // The header takes the first `size` bytes. The bytes after it are the
    // client's.
    kComplete,
  };
  State state = State::kInvalid;
  // Its meaning depends on `state`; see there. It is 0 when `state` is
  // kInvalid.
  std::size_t size = 0;
  // It is the client's IP address. It is empty when the header names no client.
  // A load balancer sends such a header for its own connections, such as health
  // checks.
  std::string client;
};

// A header may have at most this many bytes; a longer one is kInvalid. A header
// of version 2 can be longer only when the load balancer adds many extensions
// to it.
inline constexpr std::size_t kMaxProxyHeader = 536;

// Reads the beginning of a connection. `bytes` are all bytes that have come so
// far, and there may be none. It never asks for more bytes than the header
// certainly has. So a caller that reads only the bytes that it is asked for
// never takes a byte that follows the header. Each call reads `bytes` from
// their start again. The calls come to an end, because each kIncomplete asks
// for more bytes than the call before, up to kMaxProxyHeader.
ProxyHeader ParseProxyHeader(std::string_view bytes);

// Returns whether `bytes` begin like a header. A listener without the option
// proxy_protocol (listener.h) asks this when it cannot read a request. The
// refusal then tells an operator that this option is missing.
bool LooksLikeProxyHeader(std::string_view bytes);

}  // namespace linktor::http
