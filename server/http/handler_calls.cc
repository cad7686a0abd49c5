#include "server/http/handler_calls.h"

#include <cstdint>
#include <exception>
#include <list>
#include <new>
#include <utility>

#include "server/base/mutex.h"

namespace linktor::http {

namespace asio = boost::asio;

// This is an answer on its way to the loop. It is made, and has its place in a
// list, before the handler is called, so that to send it needs no memory.
struct HandlerCalls::Letter {
  enum class Kind : std::int8_t {
    kAnswered,
    // The responder went without being called.
    kForgotten,
    // An exception took the responder with it. Our code throws none, so memory
    // has run out.
    kUnwound,
  };

  std::uint64_t id = 0;
  Kind kind = Kind::kForgotten;
  std::optional<HttpResponse> response;
};

// Responders leave their answers here. It outlives HandlerCalls, because a
// responder may be called, or dropped, when the listener has gone.
struct HandlerCalls::Mailbox {
  // Moves the only letter of `from` here and tells the loop; when the loop has
  // ended, the letter stays in `from`. It needs no memory of ours; Asio may
  // want some to be told, and then Retry does it. Any thread calls it.
  void Put(std::list<Letter>& from) {
    MutexLock lock(mutex);
    if (io == nullptr) return;
    letters.splice(letters.end(), from);
    Tell();
  }
  // Posts HandOut to the loop unless it is posted already or there is no
  // letter. The post is made under the mutex, so that the loop cannot go
  // meanwhile; Asio only queues it here.
  void Tell() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    if (told || letters.empty()) return;
    told = true;
    try {
      asio::post(*io, [owner = owner] { owner->HandOut(); });
    } catch (const std::bad_alloc&) {
      // Retry will post it.
      told = false;
    }
  }

  Mutex mutex;
  // It is null when the loop has ended, and so is `owner`.
  asio::io_context* io ABSL_GUARDED_BY(mutex) = nullptr;
  HandlerCalls* owner ABSL_GUARDED_BY(mutex) = nullptr;
  // These answers have not been taken by the loop yet. The loop is told of the
  // first only, since the answers of a commit come together.
  std::list<Letter> letters ABSL_GUARDED_BY(mutex);
  // It is true from the post of HandOut until that has taken the letters.
  bool told ABSL_GUARDED_BY(mutex) = false;
};

// Sends the letter once, also when nobody calls it.
class HandlerCalls::OnceResponder {
 public:
  OnceResponder(std::shared_ptr<Mailbox> mailbox, std::uint64_t id)
      : mailbox_(std::move(mailbox)) {
    letter_.push_back({.id = id});
  }
  OnceResponder(OnceResponder&& other) noexcept = default;
  OnceResponder& operator=(OnceResponder&&) = delete;
  ~OnceResponder() {
    if (letter_.empty()) return;
    if (std::uncaught_exceptions() > 0) {
      letter_.front().kind = Letter::Kind::kUnwound;
    }
    mailbox_->Put(letter_);
  }
  void operator()(HttpResponse response) {
    if (letter_.empty()) return;
    letter_.front().kind = Letter::Kind::kAnswered;
    letter_.front().response = std::move(response);
    mailbox_->Put(letter_);
    // Put has left it here if the loop has ended.
    letter_.clear();
  }

 private:
  std::shared_ptr<Mailbox> mailbox_;
  // It is empty once the letter is sent, and when this has been moved from.
  std::list<Letter> letter_;
};

HandlerCalls::HandlerCalls(asio::io_context& io,
                           const HttpListener::Handler& handler)
    : handler_(handler), mailbox_(std::make_shared<Mailbox>()) {
  MutexLock lock(mailbox_->mutex);
  mailbox_->io = &io;
  mailbox_->owner = this;
}

HandlerCalls::~HandlerCalls() {
  MutexLock lock(mailbox_->mutex);
  mailbox_->io = nullptr;
  mailbox_->owner = nullptr;
}

asio::awaitable<HandlerCalls::Answer> HandlerCalls::Call(HttpRequest request) {
  const std::uint64_t id = next_id_++;
  // All memory is taken here, where a lack of it is an exception of this
  // coroutine. The initiation runs when the coroutine is suspended already, and
  // an exception of it would reach the loop.
  HttpResponder respond(OnceResponder(mailbox_, id));
  waiting_.try_emplace(id);
  auto initiate = [this, id](auto completion, HttpRequest to_handle,
                             HttpResponder to_answer) {
    waiting_.find(id)->second = std::move(completion);
    Handle(std::move(to_handle), std::move(to_answer));
  };
  Answer answer = co_await asio::async_initiate<const asio::use_awaitable_t<>,
                                                void(Answer)>(
      std::move(initiate), asio::use_awaitable, std::move(request),
      std::move(respond));
  co_return answer;
}

void HandlerCalls::Handle(HttpRequest request, HttpResponder respond) const {
  try {
    handler_(std::move(request), std::move(respond));
  } catch (const std::bad_alloc&) {  // NOLINT(*-empty-catch)
    // The responder has gone with the handler's frames, and its letter says
    // so. If the handler had given it away, whoever has it answers.
  }
}

void HandlerCalls::Retry() {
  MutexLock lock(mailbox_->mutex);
  mailbox_->Tell();
}

void HandlerCalls::HandOut() {
  std::list<Letter> letters;
  {
    MutexLock lock(mailbox_->mutex);
    letters.swap(mailbox_->letters);
    mailbox_->told = false;
  }
  for (Letter& letter : letters) {
    auto node = waiting_.extract(letter.id);
    // A request without a continuation ran out of memory before it was
    // suspended.
    if (node.empty() || !node.mapped()) continue;
    try {
      if (letter.kind == Letter::Kind::kForgotten) {
        letter.response = HttpResponse{.status = 500, .body = "no answer\n"};
      }
      node.mapped()(std::move(letter.response));
    } catch (const std::bad_alloc&) {  // NOLINT(*-empty-catch)
      // Its connection has ended. The other letters are for others.
    }
  }
}

}  // namespace linktor::http
