// Makes signed webhook posts, before the clock of a measurement runs.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace linktor::bench {

// A Target says where posts go.
struct Target {
  // The address looks like "127.0.0.1:8080".
  std::string address;
  // This authority, as PEM text, stands behind the server's certificate; it is
  // empty without TLS.
  std::string trusted;
  std::string path;
  std::string account_id;
  std::string app_secret;
};

// A PostMaker makes messages of customers with about 120 bytes of text each. A
// body with one of them has about 700 bytes. Every message has a mid of its
// own, which ends with its number.
class PostMaker {
 public:
  // `users` customers take turns.
  PostMaker(Target target, int users)
      : target_(std::move(target)), users_(users) {}

  // Returns a whole HTTP request with `items` messages.
  std::string Next(int items = 1);
  std::vector<std::string> Many(std::size_t count, int items = 1);
  // Returns such a body alone.
  std::string Body(int items);
  std::string Request(std::string_view body) const;
  // Returns the number of the next message.
  std::uint64_t next_number() const { return number_; }

 private:
  const Target target_;
  const int users_;
  std::uint64_t number_ = 0;
};

// Returns the mid of the message with that number.
std::string MidOf(std::uint64_t number);

// Returns the number in the mid of an encoded event, without parsing it.
std::uint64_t NumberIn(std::string_view encoded_event);

}  // namespace linktor::bench
