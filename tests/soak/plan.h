// Which items are delivered, in which posts and in which order. Made of a seed;
// bodies are made when they are wanted.

#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "tests/soak/catalogue.h"

namespace linktor::testing {

// What the server must count for a post.
struct PostCounts {
  std::int64_t bytes = 0;
  std::int64_t items = 0;
  std::int64_t ignored = 0;
  std::int64_t issues = 0;

  bool operator<(const PostCounts& other) const {
    return std::tie(bytes, items, ignored, issues) <
           std::tie(other.bytes, other.items, other.ignored, other.issues);
  }
};

// A Plan does not change after its construction.
class Plan {
 public:
  struct Options {
    std::uint64_t seed = 1;
    // Items in all posts together, repeats included.
    std::size_t deliveries = 100'000;
    // So many deliveries of 100 are repeats: half of them in posts that are
    // delivered again byte for byte, half within other posts.
    std::size_t repeats_percent = 30;
    // This is the time of the first item.
    std::int64_t base_ms = 0;
  };

  explicit Plan(const Options& options);

  const Catalogue& catalogue() const { return catalogue_; }
  // Distinct items that become events.
  std::size_t events() const { return events_; }
  std::size_t items() const { return items_; }
  // Posts to send, in this order; those that are redelivered are there again.
  const std::vector<std::uint32_t>& order() const { return order_; }
  // Returns how many posts are not the same as another.
  std::size_t distinct_posts() const { return posts_.size(); }

  // The same for the same post whenever it is called.
  std::string Body(std::uint32_t post) const;
  PostCounts CountsOf(std::uint32_t post) const;
  // Returns the items of a post, in the order of the post.
  std::vector<std::uint32_t> ItemsOf(std::uint32_t post) const;

 private:
  // Items [begin, end) of placed_.
  struct Post {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t size() const { return end - begin; }
  };

  std::size_t Below(std::size_t end);
  // Log-uniform: as many of 1 to 10 items as of 100 to 1,000.
  std::size_t RandomSize();
  void CutIntoPosts();
  // How many items of `budget` are left over.
  std::size_t Redeliver(std::size_t budget);
  void AddPost(std::size_t items);

  std::mt19937_64 random_;
  const std::uint64_t seed_;
  const Catalogue catalogue_;
  std::vector<std::uint32_t> placed_;
  std::vector<Post> posts_;
  std::vector<std::uint32_t> order_;
  std::size_t events_ = 0;
  std::size_t items_ = 0;
};

}  // namespace linktor::testing
