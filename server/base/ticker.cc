#include "server/base/ticker.h"

#include <utility>

namespace linktor {

Ticker::Ticker(std::chrono::milliseconds period, std::function<void()> work)
    : period_(period), work_(std::move(work)), thread_([this] { Run(); }) {}

Ticker::~Ticker() {
  stop_.Set();
  thread_.join();
}

void Ticker::Run() {
  while (stop_.Rest(period_)) work_();
}

}  // namespace linktor
