#include "server/http/client.h"

#include <curl/curl.h>

#include <deque>
#include <thread>
#include <unordered_map>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/base/cause_log.h"
#include "server/base/mutex.h"
#include "server/base/strings.h"

namespace linktor::http {
namespace {

// The loop wakes at least this often. It needs no more, because Add and Stop
// wake it, and libcurl's own timers shorten the wait.
constexpr int kPollMilliseconds = 1000;

// curl_global_init is not thread-safe and must precede everything else.
void InitCurlOnce() {
  static const CURLcode kCode = curl_global_init(CURL_GLOBAL_ALL);
  (void)kCode;
}

// This is one call, from Add to its callback. libcurl has pointers into it, so
// it stays where it is until Finish has taken it from the multi handle.
struct Transfer {
  HttpCall call;
  HttpTransport::Callback done;
  HttpResult result;
  // This many bytes of the body have been given to libcurl.
  std::size_t sent = 0;
  std::size_t max_response = 0;
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  char error[CURL_ERROR_SIZE] = {};

  ~Transfer() {
    curl_slist_free_all(headers);
    curl_easy_cleanup(easy);
  }
};

std::size_t ReadBody(char* out, std::size_t size, std::size_t count,
                     void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  const std::size_t n =
      transfer.call.body.copy(out, size * count, transfer.sent);
  transfer.sent += n;
  return n;
}

// libcurl repeats a POST by itself when a kept-alive connection closes after
// the request was taken. Refusing to rewind makes it fail instead, so that an
// unknown outcome is reported as one.
int RefuseRewind(void*, curl_off_t, int) { return CURL_SEEKFUNC_FAIL; }

// Callers read these words. libcurl's own are for the log: they change with its
// versions, and speak of what only this file knows.
const char* WordsFor(CURLcode code, bool nothing_sent) {
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_NOT_BUILT_IN:
      return "the URL cannot be called";
    case CURLE_UNSUPPORTED_PROTOCOL:
      return nothing_sent ? "the URL cannot be called"
                          : "the answer is not HTTP/1.1";
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
      return "the answer is not HTTP/1.1";
    case CURLE_COULDNT_RESOLVE_PROXY:
      return "the proxy's name could not be resolved";
    case CURLE_COULDNT_RESOLVE_HOST:
      return "the host's name could not be resolved";
    case CURLE_COULDNT_CONNECT:
      return "no connection could be made";
    case CURLE_PROXY:
      return "the proxy refused the connection";
    case CURLE_PEER_FAILED_VERIFICATION:
      return "the other side's certificate is not trusted";
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_USE_SSL_FAILED:
      return "no TLS connection could be made";
    case CURLE_OPERATION_TIMEDOUT:
      return nothing_sent ? "no connection could be made in time"
                          : "no answer came in time";
    case CURLE_WRITE_ERROR:
      return "the answer is too long";
    case CURLE_PARTIAL_FILE:
      return "the connection ended within the answer";
    case CURLE_OUT_OF_MEMORY:
      return "this server has no memory left";
    case CURLE_ABORTED_BY_CALLBACK:
      return "the server is shutting down";
    default:
      return "the connection ended before an answer came";
  }
}

// Returns the host and port of a URL, or what stands in their place.
std::string_view HostOf(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  return url.substr(0, url.find_first_of("/?#"));
}

std::size_t WriteBody(char* data, std::size_t size, std::size_t count,
                      void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  if (transfer.result.body.size() + size * count > transfer.max_response) {
    return 0;
  }
  transfer.result.body.append(data, size * count);
  return size * count;
}

std::size_t WriteHeader(char* data, std::size_t size, std::size_t count,
                        void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  const std::string_view line(data, size * count);
  const std::size_t colon = line.find(':');
  if (line.starts_with("HTTP/")) {
    transfer.result.headers.clear();
  } else if (colon != std::string_view::npos) {
    transfer.result.headers.emplace_back(
        absl::AsciiStrToLower(ToAbsl(line.substr(0, colon))),
        std::string(
            absl::StripAsciiWhitespace(ToAbsl(line.substr(colon + 1)))));
  }
  return size * count;
}

// Writes libcurl's own words, which callers do not get. Calls that end because
// this server stops are no failure.
void LogFailure(const Transfer& transfer, CURLcode code) {
  if (code == CURLE_ABORTED_BY_CALLBACK || !Logs(LogLevel::kInfo)) return;
  const std::string host(HostOf(transfer.call.url));
  LogCause(LogLevel::kInfo, "http call failed", absl::StrCat(host, " ", code),
           {{"host", host},
            {"result", std::string(transfer.result.transport.message())},
            {"error", transfer.error[0] != '\0' ? transfer.error
                                                : curl_easy_strerror(code)}});
}

}  // namespace

std::string_view HttpResult::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

// Owns the multi handle and the thread that drives it. Add and Stop are called
// from any thread and only leave work behind; everything that touches libcurl's
// handles but curl_multi_wakeup happens on the thread. Callbacks run there too,
// without the mutex.
class CurlTransport::Loop {
 public:
  explicit Loop(Options options)
      : options_(std::move(options)), multi_(curl_multi_init()) {
    curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS,
                      options_.max_connections_per_host);
    thread_ = std::thread([this] { Run(); });
  }

  ~Loop() {
    Stop();
    curl_multi_cleanup(multi_);
  }

  void Stop() {
    {
      MutexLock lock(mutex_);
      stopping_ = true;
    }
    curl_multi_wakeup(multi_);
    if (thread_.joinable()) thread_.join();
  }

  void Add(HttpCall call, Callback done) {
    auto transfer = std::make_unique<Transfer>();
    transfer->call = std::move(call);
    transfer->done = std::move(done);
    transfer->max_response = options_.max_response_bytes;
    if (Take(transfer)) {
      curl_multi_wakeup(multi_);
      return;
    }
    HttpResult result;
    result.transport = absl::UnavailableError("the server is shutting down");
    result.nothing_sent = true;
    transfer->done(std::move(result));
  }

 private:
  // Returns false, and `transfer` stays, when the loop is stopping. A transfer
  // that was taken is called back by the thread, at the latest by Abandon.
  bool Take(std::unique_ptr<Transfer>& transfer) {
    MutexLock lock(mutex_);
    if (stopping_) return false;
    waiting_.push_back(std::move(transfer));
    return true;
  }

  // This is the thread's loop. It takes what waits and looks at the stop under
  // one lock, and begins what it took before it ends. So every transfer that
  // Take took is in active_ when Abandon runs.
  void Run() {
    for (;;) {
      std::deque<std::unique_ptr<Transfer>> fresh;
      bool stopping = false;
      {
        MutexLock lock(mutex_);
        fresh.swap(waiting_);
        stopping = stopping_;
      }
      for (auto& transfer : fresh) Begin(std::move(transfer));
      if (stopping) return Abandon();
      int running = 0;
      curl_multi_perform(multi_, &running);
      Collect();
      curl_multi_poll(multi_, nullptr, 0, kPollMilliseconds, nullptr);
    }
  }

  // Hands a transfer to libcurl, which sends it at once or when a connection is
  // free. From here on it is in active_ and ends by Finish.
  void Begin(std::unique_ptr<Transfer> owned) {
    Transfer& transfer = *owned;
    CURL* easy = transfer.easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, transfer.call.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.error);
    curl_easy_setopt(easy, CURLOPT_PROXY, options_.proxy.c_str());
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
    curl_easy_setopt(
        easy, CURLOPT_TIMEOUT_MS,
        static_cast<long>(absl::ToInt64Milliseconds(transfer.call.timeout)));
    curl_easy_setopt(
        easy, CURLOPT_CONNECTTIMEOUT_MS,
        static_cast<long>(absl::ToInt64Milliseconds(options_.connect_timeout)));
    curl_easy_setopt(
        easy, CURLOPT_MAXAGE_CONN,
        static_cast<long>(absl::ToInt64Seconds(options_.max_idle)));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, WriteBody);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, WriteHeader);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
    if (transfer.call.method == "GET") {
      curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    } else {
      curl_easy_setopt(easy, CURLOPT_POST, 1L);
      curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST,
                       transfer.call.method.c_str());
      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                       static_cast<curl_off_t>(transfer.call.body.size()));
      curl_easy_setopt(easy, CURLOPT_READFUNCTION, ReadBody);
      curl_easy_setopt(easy, CURLOPT_READDATA, &transfer);
      curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, RefuseRewind);
    }
    // An empty header keeps libcurl from sending "Expect: 100-continue", which
    // costs a round trip.
    transfer.headers = curl_slist_append(nullptr, "Expect:");
    for (const auto& [name, value] : transfer.call.headers) {
      transfer.headers = curl_slist_append(
          transfer.headers, absl::StrCat(name, ": ", value).c_str());
    }
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.headers);
    active_.emplace(easy, std::move(owned));
    curl_multi_add_handle(multi_, easy);
  }

  // Finishes the transfers that libcurl has come to the end of.
  void Collect() {
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      Finish(message->easy_handle, message->data.result);
    }
  }

  // Takes the transfer from libcurl and from active_, fills its result and
  // calls back, on the thread and without the mutex. `code` is libcurl's
  // result. The transfer is gone when this returns; its connection stays in
  // libcurl's pool.
  void Finish(CURL* easy, CURLcode code) {
    auto node = active_.extract(easy);
    Transfer& transfer = *node.mapped();
    curl_multi_remove_handle(multi_, easy);
    long status = 0;
    long request_bytes = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &request_bytes);
    transfer.result.status_code = static_cast<int>(status);
    if (code != CURLE_OK) {
      transfer.result.nothing_sent = request_bytes == 0 && transfer.sent == 0;
      transfer.result.transport =
          absl::UnavailableError(WordsFor(code, transfer.result.nothing_sent));
      LogFailure(transfer, code);
    }
    transfer.done(std::move(transfer.result));
  }

  // Ends all transfers at the stop. Nobody can know how those end that have
  // sent something; for the others nothing_sent says so.
  void Abandon() {
    while (!active_.empty()) {
      Finish(active_.begin()->first, CURLE_ABORTED_BY_CALLBACK);
    }
  }

  const Options options_;
  CURLM* const multi_;
  Mutex mutex_;
  std::deque<std::unique_ptr<Transfer>> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // These are with libcurl. Only the thread touches them.
  std::unordered_map<CURL*, std::unique_ptr<Transfer>> active_;
  std::thread thread_;
};

CurlTransport::CurlTransport(const Options& options) {
  InitCurlOnce();
  loop_ = std::make_unique<Loop>(options);
}

CurlTransport::~CurlTransport() = default;

void CurlTransport::Stop() { loop_->Stop(); }

void CurlTransport::Send(HttpCall call, Callback done) {
  loop_->Add(std::move(call), std::move(done));
}

}  // namespace linktor::http
