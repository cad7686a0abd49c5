#include "server/http/proxy_protocol.h"

#include <gtest/gtest.h>

#include <string>

namespace linktor::http {
namespace {

using State = ProxyHeader::State;

constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);

std::string Binary(std::string_view head, std::string_view rest) {
  std::string out(kSignature);
  out += head;
  out.push_back(static_cast<char>(rest.size() / 256));
  out.push_back(static_cast<char>(rest.size() % 256));
  out += rest;
  return out;
}

const std::string& Tcp4() {
  static const auto& bytes = *new std::string(
      Binary("\x21\x11", std::string("\xC0\x00\x02\x01\xC0\x00\x02\x02"
                                     "\x0F\xA0\x00\x50",
                                     12)));
  return bytes;
}

struct Case {
  std::string bytes;
  State state;
  const char* client = "";
};

TEST(ProxyProtocolTest, Table) {
  const std::string address6(15, '\0');
  const Case cases[] = {
      {"PROXY TCP4 192.0.2.1 192.0.2.2 4000 80\r\n", State::kComplete,
       "192.0.2.1"},
      {"PROXY TCP6 2001:db8::1 ::1 4000 80\r\n", State::kComplete,
       "2001:db8::1"},
      // A check of health says nothing of a client.
      {"PROXY UNKNOWN\r\n", State::kComplete},
      {"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", State::kComplete},
      {Tcp4(), State::kComplete, "192.0.2.1"},
      {Binary(std::string{'\x21', '\x21'},
              address6 + "\x01" + address6 + "\x01" + "abcd"),
       State::kComplete, "::1"},
      {Binary(std::string_view("\x20\x00", 2), ""), State::kComplete},
      {Binary(std::string_view("\x21\x00", 2), "ignored"), State::kComplete},
      // A header that is longer than its addresses has extensions.
      {Binary("\x21\x11", Tcp4().substr(16) + "extension"), State::kComplete,
       "192.0.2.1"},
      {"PROXY TCP4 192.0.2.1 192.0.2.2 4000\r\n", State::kInvalid},
      {"PROXY TCP4 192.0.2.1 192.0.2.2 4000 80 \r\n", State::kInvalid},
      {"PROXY TCP4 2001:db8::1 ::1 4000 80\r\n", State::kInvalid},
      {"PROXY TCP6 192.0.2.1 192.0.2.2 4000 80\r\n", State::kInvalid},
      {"PROXY TCP4 192.0.2.1 192.0.2.2 4000 x\r\n", State::kInvalid},
      {"PROXY TCP4 a b 1 2\r\n", State::kInvalid},
      {"PROXY UDP4 192.0.2.1 192.0.2.2 4000 80\r\n", State::kInvalid},
      {"PROXY " + std::string(101, 'x'), State::kInvalid},
      {"GET / HTTP/1.1\r\n", State::kInvalid},
      {"\x16\x03\x01", State::kInvalid},
      // These have another version, command or family, are too short for their
      // addresses, or are longer than anybody sends.
      {Binary("\x11\x11", std::string(12, 'a')), State::kInvalid},
      {Binary("\x22\x11", std::string(12, 'a')), State::kInvalid},
      {Binary(std::string{'\x21', '\x31'}, std::string(12, 'a')),
       State::kInvalid},
      {Binary("\x21\x11", std::string(11, 'a')), State::kInvalid},
      {Binary("\x21\x11", std::string(600, 'a')), State::kInvalid},
  };
  for (const Case& one : cases) {
    const ProxyHeader header = ParseProxyHeader(one.bytes);
    EXPECT_EQ(header.state, one.state) << one.bytes;
    EXPECT_EQ(header.client, one.client) << one.bytes;
    if (one.state == State::kComplete) {
      EXPECT_EQ(header.size, one.bytes.size()) << one.bytes;
    }
  }
}

// Whoever reads what is asked for never takes a byte of the client's.
TEST(ProxyProtocolTest, AsksForNoByteBeyondTheHeader) {
  for (const std::string& whole :
       {std::string("PROXY TCP4 192.0.2.1 192.0.2.2 4000 80\r\n"),
        std::string("PROXY UNKNOWN\r\n"), Tcp4(),
        Binary(std::string_view("\x20\x00", 2), "")}) {
    std::string read;
    for (;;) {
      const ProxyHeader header = ParseProxyHeader(read);
      if (header.state == State::kComplete) break;
      ASSERT_EQ(header.state, State::kIncomplete) << read;
      ASSERT_GT(header.size, read.size());
      ASSERT_LE(header.size, whole.size()) << read;
      read = whole.substr(0, header.size);
    }
    EXPECT_EQ(read, whole);
  }
}

TEST(ProxyProtocolTest, LooksLikeOne) {
  EXPECT_TRUE(LooksLikeProxyHeader("PROXY TCP4 rubbish"));
  EXPECT_TRUE(LooksLikeProxyHeader(Tcp4()));
  EXPECT_FALSE(LooksLikeProxyHeader("PROX"));
  EXPECT_FALSE(LooksLikeProxyHeader("GET / HTTP/1.1"));
  EXPECT_FALSE(LooksLikeProxyHeader(""));
}

}  // namespace
}  // namespace linktor::http
