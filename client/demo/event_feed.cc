#include "client/demo/event_feed.h"

#include <chrono>
#include <utility>

namespace linktor::demo {

EventFeed::EventFeed(instagram::Client& client, std::function<void()> news)
    : news_(std::move(news)),
      subscription_(
          client.Subscribe({}, {.on_break =
                                    [this](const instagram::Error& error,
                                           std::chrono::milliseconds /*wait*/) {
                                      {
                                        const std::lock_guard lock(mutex_);
                                        problem_ = error.message;
                                      }
                                      news_();
                                    }})),
      thread_([this] { Read(); }) {}

EventFeed::~EventFeed() {
  subscription_.Stop();
  thread_.join();
}

bool EventFeed::subscribed() {
  const std::lock_guard lock(mutex_);
  return subscribed_;
}

std::vector<v1::Event> EventFeed::Take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(events_, {});
}

std::string EventFeed::problem() {
  const std::lock_guard lock(mutex_);
  return problem_;
}

void EventFeed::Read() {
  while (auto response = subscription_.NextResponse()) {
    {
      const std::lock_guard lock(mutex_);
      subscribed_ = true;
      problem_.clear();
      for (v1::Event& event : *response->mutable_events()) {
        events_.push_back(std::move(event));
      }
    }
    news_();
  }
  if (!subscription_.error().has_value()) return;
  {
    const std::lock_guard lock(mutex_);
    problem_ = instagram::ToString(*subscription_.error());
  }
  news_();
}

}  // namespace linktor::demo
