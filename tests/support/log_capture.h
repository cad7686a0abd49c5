// A LogCapture replaces the log while it exists, so that a test can count the
// lines that were logged, or wait for one.

#pragma once

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/base/mutex.h"

namespace linktor {

class LogCapture {
 public:
  LogCapture() : lines_(std::make_shared<Lines>()) {
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("captured", lines_));
  }
  ~LogCapture() { spdlog::set_default_logger(std::move(before_)); }
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

  // Returns how many lines hold `text`.
  std::size_t Count(std::string_view text) const { return lines_->Count(text); }
  // Waits for a line with `text`. Returns false when none comes within ten
  // seconds.
  bool WaitFor(std::string_view text) const { return lines_->WaitFor(text); }

 private:
  class Lines final : public spdlog::sinks::base_sink<std::mutex> {
   public:
    std::size_t Count(std::string_view text) {
      MutexLock lock(lines_mutex_);
      return CountLocked(text);
    }
    bool WaitFor(std::string_view text) {
      const auto end =
          std::chrono::steady_clock::now() + std::chrono::seconds(10);
      MutexLock lock(lines_mutex_);
      while (CountLocked(text) == 0) {
        const auto left = end - std::chrono::steady_clock::now();
        if (left.count() <= 0) return false;
        added_.WaitFor(lines_mutex_, left);
      }
      return true;
    }

   private:
    void sink_it_(const spdlog::details::log_msg& message) override {
      MutexLock lock(lines_mutex_);
      lines_.emplace_back(message.payload.data(), message.payload.size());
      added_.SignalAll();
    }
    void flush_() override {}
    std::size_t CountLocked(std::string_view text)
        ABSL_EXCLUSIVE_LOCKS_REQUIRED(lines_mutex_) {
      return static_cast<std::size_t>(std::count_if(
          lines_.begin(), lines_.end(), [text](const std::string& line) {
            return line.find(text) != std::string::npos;
          }));
    }

    Mutex lines_mutex_;
    CondVar added_;
    std::vector<std::string> lines_ ABSL_GUARDED_BY(lines_mutex_);
  };

  std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
  const std::shared_ptr<Lines> lines_;
};

}  // namespace linktor
