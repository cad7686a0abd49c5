#include "server/http/handler_calls.h"

#include <utility>
#include <vector>

#include "server/base/mutex.h"

namespace linktor {
namespace {

namespace asio = boost::asio;

// Calls the inner responder with 500 if nobody else did.
class OnceResponder {
 public:
  explicit OnceResponder(absl::AnyInvocable<void(HttpResponse)> respond)
      : respond_(std::move(respond)) {}
  OnceResponder(OnceResponder&& other) noexcept
      : respond_(std::exchange(other.respond_, nullptr)) {}
  OnceResponder& operator=(OnceResponder&&) = delete;
  ~OnceResponder() {
    if (respond_) respond_(HttpResponse{.status = 500, .body = "no answer\n"});
  }
  void operator()(HttpResponse response) {
    std::exchange(respond_, nullptr)(std::move(response));
  }

 private:
  absl::AnyInvocable<void(HttpResponse)> respond_;
};

}  // namespace

// Responders leave their answers here. It outlives HandlerCalls, because a
// responder may be called, or dropped, when the listener has gone.
struct HandlerCalls::Mailbox {
  struct Letter {
    std::uint64_t id = 0;
    HttpResponse response;
  };

  Mutex mutex;
  // Null when the loop has ended.
  asio::io_context* io ABSL_GUARDED_BY(mutex) = nullptr;
  // The answers that the loop has not taken yet. It is called for the first
  // only, since the answers of a commit come together.
  std::vector<Letter> letters ABSL_GUARDED_BY(mutex);
};

HandlerCalls::HandlerCalls(asio::io_context& io,
                           const HttpListener::Handler& handler)
    : handler_(handler), mailbox_(std::make_shared<Mailbox>()) {
  MutexLock lock(mailbox_->mutex);
  mailbox_->io = &io;
}

HandlerCalls::~HandlerCalls() {
  MutexLock lock(mailbox_->mutex);
  mailbox_->io = nullptr;
}

asio::awaitable<HttpResponse> HandlerCalls::Call(HttpRequest request) {
  auto initiate = [this](auto completion, HttpRequest to_handle) {
    const std::uint64_t id = next_id_++;
    waiting_.emplace(id, std::move(completion));
    // It may be called on any thread; the completion runs on the loop's.
    OnceResponder once([this, id, mailbox = mailbox_](HttpResponse response) {
      MutexLock lock(mailbox->mutex);
      if (mailbox->io == nullptr) return;
      mailbox->letters.push_back({id, std::move(response)});
      if (mailbox->letters.size() == 1) {
        asio::post(*mailbox->io, [this] { HandOut(); });
      }
    });
    handler_(std::move(to_handle), HttpResponder(std::move(once)));
  };
  return asio::async_initiate<const asio::use_awaitable_t<>,
                              void(HttpResponse)>(
      std::move(initiate), asio::use_awaitable, std::move(request));
}

void HandlerCalls::HandOut() {
  std::vector<Mailbox::Letter> letters;
  {
    MutexLock lock(mailbox_->mutex);
    letters.swap(mailbox_->letters);
  }
  for (Mailbox::Letter& letter : letters) {
    auto node = waiting_.extract(letter.id);
    if (!node.empty()) node.mapped()(std::move(letter.response));
  }
}

}  // namespace linktor
