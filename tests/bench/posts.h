// Signed webhook posts, made before the clock runs.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace linktor::bench {

// Where posts go.
struct Target {
  // "127.0.0.1:8080".
  std::string address;
  // PEM: the authority behind the server's certificate; empty without TLS.
  std::string trusted;
  std::string path;
  std::string account_id;
  std::string app_secret;
};

// Makes texts of customers, about 120 bytes of text each, in bodies of about
// 700 bytes with one item. Every message has a mid of its own, "b" and its
// number.
class PostMaker {
 public:
  // `users`: how many customers take turns.
  PostMaker(Target target, int users)
      : target_(std::move(target)), users_(users) {}

  // A whole HTTP request with `items` messages.
  std::string Next(int items = 1);
  std::vector<std::string> Many(std::size_t count, int items = 1);
  // The body alone.
  std::string Body(int items);
  std::string Request(std::string_view body) const;
  // Returns the number of the next message.
  std::uint64_t next_number() const { return number_; }

 private:
  const Target target_;
  const int users_;
  std::uint64_t number_ = 0;
};

// The mid of the message with that number.
std::string MidOf(std::uint64_t number);

// The number in an event's encoded mid; nothing is parsed.
std::uint64_t NumberIn(std::string_view encoded_event);

}  // namespace linktor::bench
