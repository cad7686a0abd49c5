// Reads the PROXY protocol of HAProxy, versions 1 and 2. A load balancer that
// passes connections through sends a header before the first byte of a
// connection. The header says which client the connection comes from. The
// worker reads it before TLS. Pure.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace linktor::http {

// Says what the first bytes of a connection are.
struct ProxyHeader {
  enum class State {
    // More bytes are needed. `size` is the number of bytes to have before the
    // next call, counted from the beginning of the connection.
    kIncomplete,
    // There is no header, or the header is broken or longer than
    // kMaxProxyHeader.
    kInvalid,
    // The header takes the first `size` bytes. The bytes after it are the
    // client's.
    kComplete,
  };
  State state = State::kInvalid;
  std::size_t size = 0;
  // It is the client's IP address. It is empty when the header names no client.
  // A load balancer sends such a header for its own connections, such as health
  // checks.
  std::string client;
};

// Headers of up to this many bytes are read. A header of version 2 could be
// longer, but only with extensions that nobody sends here.
inline constexpr std::size_t kMaxProxyHeader = 536;

// Reads the beginning of a connection. `bytes` are all bytes that have come so
// far, and there may be none. It never asks for more bytes than the header
// certainly has. So a caller that reads exactly as many bytes takes no byte
// that follows the header. Each call reads from the start again. The calls come
// to an end, because each kIncomplete asks for more bytes than the one before,
// up to kMaxProxyHeader.
ProxyHeader ParseProxyHeader(std::string_view bytes);

// Returns whether `bytes` begin with such a header. A listener that expects no
// header asks this, so that an operator learns that the option for it is
// missing.
bool LooksLikeProxyHeader(std::string_view bytes);

}  // namespace linktor::http
