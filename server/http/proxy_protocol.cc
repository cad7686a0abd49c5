#include "server/http/proxy_protocol.h"

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <vector>

#include "absl/strings/str_split.h"
#include "server/base/strings.h"

namespace linktor::http {
namespace {

namespace ip = boost::asio::ip;

constexpr std::string_view kText = "PROXY ";
// The shortest header is "PROXY UNKNOWN\r\n"; the longest has TCP6 and two
// addresses of full length.
constexpr std::size_t kShortestText = 15;
constexpr std::size_t kLongestText = 107;
constexpr std::string_view kEnd = "\r\n";

constexpr std::string_view kBinary("\r\n\r\n\0\r\nQUIT\n", 12);
// The head has the signature, a byte each for version and command and for
// family and protocol, and the length of what follows.
constexpr std::size_t kBinaryHead = 16;
constexpr std::uint8_t kVersion2 = 0x20;
constexpr std::uint8_t kLocal = 0;
constexpr std::uint8_t kProxy = 1;
constexpr std::uint8_t kUnspecified = 0x00;
constexpr std::uint8_t kTcp4 = 0x11;
constexpr std::uint8_t kTcp6 = 0x21;
// Two addresses and two ports follow the head.
constexpr std::size_t kAddresses4 = 12;
constexpr std::size_t kAddresses6 = 36;

ProxyHeader Incomplete(std::size_t needed) {
  return {.state = ProxyHeader::State::kIncomplete, .size = needed};
}

ProxyHeader Complete(std::size_t size, std::string client) {
  return {.state = ProxyHeader::State::kComplete,
          .size = size,
          .client = std::move(client)};
}

bool IsPort(absl::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

// `line` is without its end.
ProxyHeader ParseLine(std::string_view line) {
  const std::vector<std::string> parts = absl::StrSplit(ToAbsl(line), ' ');
  const std::size_t size = line.size() + kEnd.size();
  if (parts.size() >= 2 && parts[1] == "UNKNOWN") return Complete(size, "");
  constexpr std::size_t kParts = 6;
  if (parts.size() != kParts) return {};
  boost::system::error_code error;
  const ip::address client = ip::make_address(parts[2], error);
  if (error) return {};
  const ip::address server = ip::make_address(parts[3], error);
  if (error) return {};
  const bool v4 = client.is_v4() && server.is_v4() && parts[1] == "TCP4";
  const bool v6 = client.is_v6() && server.is_v6() && parts[1] == "TCP6";
  if ((!v4 && !v6) || !IsPort(parts[4]) || !IsPort(parts[5])) return {};
  return Complete(size, client.to_string());
}

ProxyHeader ParseText(std::string_view bytes) {
  const std::size_t end = bytes.substr(0, kLongestText).find(kEnd);
  if (end != std::string_view::npos) return ParseLine(bytes.substr(0, end));
  if (bytes.size() >= kLongestText) return {};
  if (bytes.size() < kShortestText) return Incomplete(kShortestText);
  // A line that has ended with "\r" lacks one byte, any other at least two.
  return Incomplete(bytes.size() + (bytes.back() == '\r' ? 1 : 2));
}

std::uint8_t ByteAt(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

ProxyHeader ParseBinary(std::string_view bytes) {
  if (bytes.size() < kBinaryHead) return Incomplete(kBinaryHead);
  const std::uint8_t command = ByteAt(bytes, 12);
  const std::uint8_t family = ByteAt(bytes, 13);
  const std::size_t size =
      kBinaryHead + std::size_t{ByteAt(bytes, 14)} * 256U + ByteAt(bytes, 15);
  if ((command & 0xF0U) != kVersion2 || size > kMaxProxyHeader) return {};
  if ((command & 0x0FU) > kProxy) return {};
  if (bytes.size() < size) return Incomplete(size);
  if ((command & 0x0FU) == kLocal || family == kUnspecified) {
    return Complete(size, "");
  }
  const std::string_view addresses = bytes.substr(kBinaryHead, size);
  if (family == kTcp4 && size >= kBinaryHead + kAddresses4) {
    ip::address_v4::bytes_type raw{};
    std::copy_n(addresses.begin(), raw.size(), raw.begin());
    return Complete(size, ip::address_v4(raw).to_string());
  }
  if (family == kTcp6 && size >= kBinaryHead + kAddresses6) {
    ip::address_v6::bytes_type raw{};
    std::copy_n(addresses.begin(), raw.size(), raw.begin());
    return Complete(size, ip::address_v6(raw).to_string());
  }
  return {};
}

bool Begins(std::string_view bytes, std::string_view with) {
  const std::size_t size = std::min(bytes.size(), with.size());
  return bytes.substr(0, size) == with.substr(0, size);
}

}  // namespace

ProxyHeader ParseProxyHeader(std::string_view bytes) {
  // The shorter one's least size is asked for first.
  if (bytes.empty()) return Incomplete(kShortestText);
  if (Begins(bytes, kText)) return ParseText(bytes);
  if (Begins(bytes, kBinary)) return ParseBinary(bytes);
  return {};
}

bool LooksLikeProxyHeader(std::string_view bytes) {
  // A listener that does not expect the header has skipped the empty lines with
  // which the binary one begins.
  constexpr std::size_t kEmptyLines = 4;
  return bytes.starts_with(kText) || bytes.starts_with(kBinary) ||
         bytes.starts_with(kBinary.substr(kEmptyLines));
}

}  // namespace linktor::http
