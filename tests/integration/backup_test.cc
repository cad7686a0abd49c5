// Backups of a server at work and at rest, and what is restored from them. What
// decides about files is tested in unit/journal; here are the programs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/base/crypto.h"
#include "server/base/strings.h"
#include "tests/support/gateway.h"
#include "tests/support/sanitized.h"

namespace linktor::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

std::string WebhookUrl(const std::string& address) {
  return absl::StrCat("http://", address, "/webhooks/instagram/", kChannel);
}

// Delivers a text message.
http::HttpCall SignedPost(const std::string& url, const std::string& mid) {
  const std::string body = Gateway::TextBody(mid, "text of " + mid);
  const Digest mac = HmacKey(kAppSecret).Sign(body);
  return {
      .method = "POST",
      .url = url,
      .headers = {{"X-Hub-Signature-256",
                   "sha256=" + absl::BytesToHexString(ToAbsl(AsBytes(mac)))}},
      .body = body};
}

// A server on a data folder, without an Instagram of its own.
class Life {
 public:
  Life(const Gateway& gateway, const std::string& data_dir)
      : server_({.data_dir = data_dir,
                 .master_key_file = gateway.folder() + "/master.key",
                 .graph_url = "http://127.0.0.1:9",
                 .more = {}}),
        http_(http::CurlTransport::Options{}) {
    EXPECT_TRUE(server_.Start()) << server_.output();
    channel_ =
        grpc::CreateChannel(server_.grpc(), grpc::InsecureChannelCredentials());
    stub_ = v1::EventService::NewStub(channel_);
  }

  v1::EventService::Stub& stub() { return *stub_; }
  ServerProcess& server() { return server_; }

  // Delivers a text message, and returns the HTTP status.
  int Post(const std::string& mid) {
    std::promise<int> status;
    http_.Send(SignedPost(WebhookUrl(server_.webhook()), mid),
               [&status](const http::HttpResult& result) {
                 status.set_value(result.status_code);
               });
    return status.get_future().get();
  }

 private:
  ServerProcess server_;
  http::CurlTransport http_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::EventService::Stub> stub_;
};

v1::SubscribeEventsRequest After(const std::string& cursor) {
  v1::SubscribeEventsRequest request;
  request.set_after_cursor(cursor);
  return request;
}

// Everything after a place, up to the end of the log; `status` is OK unless the
// place was refused.
std::vector<v1::Event> ReadOn(v1::EventService::Stub& stub,
                              const v1::SubscribeEventsRequest& request,
                              grpc::Status& status) {
  auto context = Context();
  const auto reader = stub.SubscribeEvents(context.get(), request);
  std::vector<v1::Event> events;
  v1::SubscribeEventsResponse response;
  while (reader->Read(&response)) {
    events.insert(events.end(), response.events().begin(),
                  response.events().end());
    if (!response.caught_up()) continue;
    context->TryCancel();
    while (reader->Read(&response)) {
    }
    (void)reader->Finish();
    status = grpc::Status::OK;
    return events;
  }
  status = reader->Finish();
  EXPECT_FALSE(status.ok()) << "it ended by itself";
  return events;
}

std::vector<std::string> Mids(const std::vector<v1::Event>& events) {
  std::vector<std::string> mids;
  mids.reserve(events.size());
  for (const v1::Event& event : events) {
    mids.push_back(event.message_received().mid());
  }
  return mids;
}

class BackupCommandTest : public ::testing::Test {
 protected:
  BackupCommandTest() { gateway_.CreateChannel(); }

  std::string data() const { return gateway_.folder() + "/data"; }
  std::string key() const { return gateway_.folder() + "/master.key"; }
  std::string backup() const { return gateway_.folder() + "/backup"; }
  std::string restored(int number) const {
    return absl::StrCat(gateway_.folder(), "/restored", number);
  }
  ProcessEnd Backup(const std::string& key_file) const {
    return RunServer({"backup", "--data-dir", data(), "--to", backup(),
                      "--master-key-file", key_file});
  }
  ProcessEnd Backup() const { return Backup(key()); }
  ProcessEnd Restore(const std::string& to) const {
    return RunServer({"restore", "--from", backup(), "--data-dir", to,
                      "--master-key-file", key()});
  }
  void Post(const std::string& mid) {
    ASSERT_EQ(gateway_.Post(Gateway::TextBody(mid, "text of " + mid)), 200);
  }
  // The server on the gateway's folder does not start, and says so.
  void ExpectRefusal(const std::string& why) {
    EXPECT_FALSE(gateway_.server().Start());
    EXPECT_THAT(gateway_.server().output(), HasSubstr(why));
  }

  Gateway gateway_;
};

// Posts at a steady rate until it goes, and expects each to be answered 200.
class Load {
 public:
  static constexpr int kPostsPerSecond = kSanitized ? 500 : 2000;

  // `webhook` is the address of a server's port.
  explicit Load(const std::string& webhook)
      : url_(WebhookUrl(webhook)),
        http_(http::CurlTransport::Options{}),
        thread_([this] { Run(); }) {}
  ~Load() { Stop(); }

  // Ends when everything is answered.
  void Stop() {
    if (stopping_.exchange(true)) return;
    thread_.join();
    WaitFor(posted_);
    EXPECT_EQ(refused_, 0);
  }
  int answered() const { return answered_; }
  void WaitFor(int answered) const {
    while (answered_ < answered) std::this_thread::yield();
  }

 private:
  void Run() {
    auto next = std::chrono::steady_clock::now();
    while (!stopping_) {
      PostOne(absl::StrCat("load.", ++posted_));
      next += std::chrono::nanoseconds(1'000'000'000 / kPostsPerSecond);
      std::this_thread::sleep_until(next);  // the rate, not a wait
    }
  }
  void PostOne(const std::string& mid) {
    http_.Send(SignedPost(url_, mid), [this](const http::HttpResult& result) {
      if (result.status_code != 200) ++refused_;
      ++answered_;
    });
  }

  const std::string url_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> posted_{0};
  std::atomic<int> answered_{0};
  std::atomic<int> refused_{0};
  http::CurlTransport http_;
  std::thread thread_;
};

// ---- Several lives ----------------------------------------------------------

constexpr int kLarge = 100;

// The backup's last event divides the cursors of the first life; both restored
// ones have one event of their own.
TEST_F(BackupCommandTest, AtLoadRestoredTwiceNoLifeTakesTheCursorOfAnother) {
  // Else the copy is made in a few steps.
  for (int i = 0; i < kLarge; ++i) {
    const std::string text(200'000, 'x');
    ASSERT_EQ(gateway_.Post(Gateway::TextBody(absl::StrCat("large.", i), text)),
              200);
  }
  Load load(gateway_.server().webhook());
  load.WaitFor(200);
  const auto begin = std::chrono::steady_clock::now();
  const int answered_before = load.answered();
  const ProcessEnd made = Backup();
  ASSERT_EQ(made.status, 0) << made.output;
  const int meanwhile = load.answered() - answered_before;
  const std::chrono::duration<double> took =
      std::chrono::steady_clock::now() - begin;
  load.WaitFor(load.answered() + 50);
  load.Stop();
  std::cout << meanwhile << " posts in " << took.count() << " s of backup\n";
  // Else the load was not what this test claims.
  EXPECT_GT(meanwhile, 0.5 * Load::kPostsPerSecond * took.count());
  EXPECT_THAT(made.output, ContainsRegex("with the events up to [0-9]+, in "));
  for (int number : {1, 2}) {
    const ProcessEnd end = Restore(restored(number));
    ASSERT_EQ(end.status, 0) << end.output;
    EXPECT_THAT(end.output,
                AllOf(ContainsRegex("the backup of 20[0-9-]+T[0-9:]+Z"),
                      HasSubstr("Request ids"),
                      HasSubstr("sends its message "
                                "again")));
  }
  Life one(gateway_, restored(1));
  Life two(gateway_, restored(2));
  ASSERT_EQ(one.Post("only.1"), 200);
  ASSERT_EQ(two.Post("only.2"), 200);
  grpc::Status status;
  const auto earliest = Gateway::From(v1::POSITION_EARLIEST);
  const std::vector<v1::Event> first =
      ReadOn(gateway_.events(), earliest, status);
  std::vector<v1::Event> of_one = ReadOn(one.stub(), earliest, status);
  std::vector<v1::Event> of_two = ReadOn(two.stub(), earliest, status);
  ASSERT_FALSE(of_one.empty() || of_two.empty());
  EXPECT_EQ(of_one.back().message_received().mid(), "only.1");
  EXPECT_EQ(of_two.back().message_received().mid(), "only.2");
  const std::size_t shared = of_one.size() - 1;
  // What was answered before the backup was asked for is in it.
  EXPECT_GE(shared, static_cast<std::size_t>(kLarge + answered_before));
  EXPECT_LT(shared, first.size());
  std::cout << shared << " events in the backup, " << first.size()
            << " in the end\n";
  of_one.pop_back();
  of_two.pop_back();
  EXPECT_EQ(Mids(of_one), Mids(of_two));
  EXPECT_EQ(Mids(of_one),
            Mids({first.begin(),
                  first.begin() + static_cast<std::ptrdiff_t>(shared)}));

  // Cursors of before are taken by all, those of after by none of the others.
  const auto check_all = [&](const std::string& cursor, Life* own,
                             bool before) {
    for (Life* life : {&one, &two}) {
      const std::vector<v1::Event> rest =
          ReadOn(life->stub(), After(cursor), status);
      if (before || life == own) {
        EXPECT_TRUE(status.ok()) << status.error_message();
        continue;
      }
      ASSERT_EQ(status.error_code(), grpc::StatusCode::OUT_OF_RANGE);
      const google::rpc::ErrorInfo info = ErrorInfoOf(status);
      EXPECT_EQ(info.reason(), "CURSOR_REWOUND");
      // From there on the life has exactly what the holder has not seen.
      const std::vector<v1::Event> again = ReadOn(
          life->stub(), After(info.metadata().at("restart_cursor")), status);
      EXPECT_TRUE(status.ok()) << status.error_message();
      ASSERT_EQ(again.size(), 1);
      EXPECT_EQ(again.front().message_received().mid(),
                life == &one ? "only.1" : "only.2");
    }
  };
  for (const std::size_t at : {std::size_t{0}, shared / 2, shared - 1}) {
    check_all(first[at].cursor(), nullptr, true);
  }
  for (const std::size_t at : {shared, first.size() - 1}) {
    check_all(first[at].cursor(), nullptr, false);
  }
  const std::vector<v1::Event> last_of_one =
      ReadOn(one.stub(), After(of_one.back().cursor()), status);
  ASSERT_EQ(last_of_one.size(), 1);
  check_all(last_of_one.front().cursor(), &one, false);
  // Nor does the first life, to which its holder may come back.
  (void)ReadOn(gateway_.events(), After(last_of_one.front().cursor()), status);
  EXPECT_EQ(ErrorInfoOf(status).reason(), "CURSOR_REWOUND");
  const std::vector<v1::Event> missed = ReadOn(
      gateway_.events(),
      After(ErrorInfoOf(status).metadata().at("restart_cursor")), status);
  EXPECT_EQ(missed.size(), first.size() - shared);
}

// ---- The commands -----------------------------------------------------------

TEST_F(BackupCommandTest, OfAStoppedServerIsRestoredWithEverything) {
  Post("m1");
  grpc::Status status;
  (void)gateway_.Send("an answer", "r1", status);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(gateway_.server().Terminate().status, 0);
  const ProcessEnd made = Backup();
  ASSERT_EQ(made.status, 0) << made.output;
  ASSERT_EQ(Restore(restored(1)).status, 0);
  fs::remove_all(data());
  fs::rename(restored(1), data());
  gateway_.Restart();
  EXPECT_EQ(gateway_.AllEvents().front().message_received().mid(), "m1");
  // A request id that was used before the backup sends nothing again.
  const int sends = gateway_.SendsReceived();
  (void)gateway_.Send("an answer", "r1", status);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(gateway_.SendsReceived(), sends);
}

TEST_F(BackupCommandTest, SocketIsItsUsersAloneAndGoesWithTheServer) {
  const std::string path = data() + "/backup.sock";
  struct stat info {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_TRUE(S_ISSOCK(info.st_mode));
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  ASSERT_EQ(gateway_.server().Terminate().status, 0);
  EXPECT_FALSE(fs::exists(path));
}

// A killed server leaves its socket behind.
TEST_F(BackupCommandTest, StaleSocketIsInNobodysWay) {
  Post("m1");
  gateway_.server().Kill();
  ASSERT_TRUE(fs::exists(data() + "/backup.sock"));
  ASSERT_EQ(Backup().status, 0);
  fs::remove_all(backup());
  gateway_.Restart();
  EXPECT_EQ(Backup().status, 0);
}

TEST_F(BackupCommandTest, RefusalsAreSentencesAndLeaveNothing) {
  const std::string other = gateway_.folder() + "/other.key";
  std::ofstream(other) << std::string(64, 'a');
  ProcessEnd end = Backup(other);
  EXPECT_EQ(end.status, 1);
  EXPECT_THAT(end.output, HasSubstr("master key is not the one"));
  EXPECT_FALSE(fs::exists(backup()));
  end = Restore(data());
  EXPECT_EQ(end.status, 1);
  EXPECT_THAT(end.output, HasSubstr("is no backup"));
  ASSERT_EQ(Backup().status, 0);
  end = Backup();
  EXPECT_EQ(end.status, 1);
  EXPECT_THAT(end.output, HasSubstr("has a backup already"));
  end = Restore(data());
  EXPECT_EQ(end.status, 1);
  EXPECT_THAT(end.output, HasSubstr("in use by another process"));
  ASSERT_EQ(gateway_.server().Terminate().status, 0);
  end = Restore(data());
  EXPECT_EQ(end.status, 1);
  EXPECT_THAT(end.output, HasSubstr("holds a database already"));
}

// The server's paths are not the asker's.
TEST_F(BackupCommandTest, RelativeFolderIsTheAskers) {
  const std::string relative = fs::relative(backup()).string();
  ASSERT_NE(relative.front(), '/');
  const ProcessEnd end = RunServer({"backup", "--data-dir", data(), "--to",
                                    relative, "--master-key-file", key()});
  EXPECT_EQ(end.status, 0) << end.output;
  EXPECT_TRUE(fs::exists(backup() + "/backup.manifest"));
}

TEST_F(BackupCommandTest, CommandsNeedTheirFolder) {
  for (const char* command : {"backup", "restore"}) {
    const ProcessEnd end =
        RunServer({command, "--data-dir", data(), "--master-key-file", key()});
    EXPECT_EQ(end.status, 2);
    EXPECT_THAT(end.output, ContainsRegex("--(to|from) is required"));
  }
}

TEST_F(BackupCommandTest, SocketPathThatIsTooLongIsSaidOnBothSides) {
  const std::string deep =
      absl::StrCat(gateway_.folder(), "/", std::string(100, 'd'));
  Life life(gateway_, deep);
  EXPECT_THAT(life.server().output(), HasSubstr("no backup can be asked for"));
  const ProcessEnd end = RunServer({"backup", "--data-dir", deep, "--to",
                                    backup(), "--master-key-file", key()});
  EXPECT_EQ(end.status, 1);
  EXPECT_THAT(end.output, HasSubstr("is longer than 107 bytes"));
}

// ---- Starts that are refused ------------------------------------------------

TEST_F(BackupCommandTest, FolderOfWhichHalfIsMissingDoesNotStartEmpty) {
  Post("m1");
  ASSERT_EQ(gateway_.server().Terminate().status, 0);
  fs::rename(data() + "/gateway.marker", data() + "/marker.away");
  ExpectRefusal("gateway.marker is missing");
  fs::rename(data() + "/marker.away", data() + "/gateway.marker");
  fs::rename(data() + "/gateway.db", data() + "/db.away");
  ExpectRefusal("gateway.db is missing or empty");
  const ProcessEnd check =
      RunServer({"check", "--data-dir", data(), "--master-key-file", key(),
                 "--grpc-listen", "127.0.0.1:0", "--webhook-listen",
                 "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"});
  EXPECT_EQ(check.status, 2);
  EXPECT_THAT(check.output, HasSubstr("gateway.db is missing or empty"));
  fs::rename(data() + "/db.away", data() + "/gateway.db");
  gateway_.Restart();
  EXPECT_EQ(gateway_.AllEvents().size(), 1);
}

}  // namespace
}  // namespace linktor::testing
