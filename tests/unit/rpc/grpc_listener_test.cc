// These tests run the listener with a real server. No test sleeps: each one
// waits for a byte, for the end of a connection or for a call.

#include "server/rpc/grpc_listener.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/ipv6.h"
#include "tests/support/log_capture.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/rpc/grpc_rig.h"

namespace linktor::rpc {
namespace {

using grpc::StatusCode;
using testing::HasSubstr;
using testing::StartsWith;

GrpcRig::Setup Limits(std::size_t total, std::size_t per_address) {
  return {.listener = {.host = "127.0.0.1",
                       .max_connections = total,
                       .max_connections_per_address = per_address}};
}

// Tells whether a connection is served before long, once there is room for it.
bool IsServedEventually(const std::string& address) {
  return Eventually([&] { return RawPeer(address).IsServed(); });
}

std::size_t OpenDescriptors() {
  std::size_t count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/self/fd")) {
    (void)entry;
    ++count;
  }
  return count;
}

TEST(GrpcListenerTest, ServesIpv4) {
  const GrpcRig rig;
  EXPECT_THAT(rig.address(), StartsWith("127.0.0.1:"));
  EXPECT_EQ(Call(rig.Channel()), StatusCode::OK);
}

TEST(GrpcListenerTest, ServesIpv6) {
  if (!MachineHasIpv6Loopback()) {
    ASSERT_TRUE(MaySkipTests()) << "this machine has no IPv6";
    GTEST_SKIP() << "this machine has no IPv6";
  }
  const GrpcRig rig({.listener = {.host = "::1"}});
  EXPECT_THAT(rig.address(), StartsWith("[::1]:"));
  EXPECT_EQ(Call(rig.Channel()), StatusCode::OK);
}

TEST(GrpcListenerTest, AnyIpv6AddressServesIpv4Too) {
  if (!MachineHasIpv6Loopback()) {
    ASSERT_TRUE(MaySkipTests()) << "this machine has no IPv6";
    GTEST_SKIP() << "this machine has no IPv6";
  }
  GrpcRig::Setup setup = Limits(10, 1);
  setup.listener.host = "::";
  const GrpcRig rig(setup);
  const std::string address =
      absl::StrCat("127.0.0.1", rig.address().substr(rig.address().rfind(':')));
  RawPeer first(address);
  EXPECT_TRUE(first.IsServed());
  EXPECT_TRUE(RawPeer(address).IsRefused());
}

TEST(GrpcListenerTest, NameServesEachOfItsAddresses) {
  const GrpcRig rig({.listener = {.host = "localhost"}});
  const std::string port = rig.address().substr(rig.address().rfind(':'));
  EXPECT_TRUE(RawPeer(absl::StrCat("127.0.0.1", port)).IsServed());
}

TEST(GrpcListenerTest, TakenPortIsASentence) {
  const GrpcRig rig;
  const auto port = static_cast<std::uint16_t>(
      std::stoi(rig.address().substr(rig.address().rfind(':') + 1)));
  const auto second = GrpcListener::Bind({.host = "127.0.0.1", .port = port});
  EXPECT_THAT(second, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(second.status().message(),
            absl::StrCat("cannot listen on ", rig.address(),
                         ": Address already in use"));
}

TEST(GrpcListenerTest, WhatIsNoAddressIsRefused) {
  const auto listener = GrpcListener::Bind({.host = "127.0.0.300"});
  EXPECT_THAT(listener, StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(GrpcListenerTest, AddressOfAnotherMachineIsRefused) {
  const auto listener = GrpcListener::Bind({.host = "192.0.2.1"});
  EXPECT_THAT(listener, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(std::string(listener.status().message()),
              HasSubstr("Cannot assign requested address"));
}

class UnixListenerTest : public testing::Test {
 protected:
  GrpcListener::Options options() const { return {.unix_path = path_}; }
  bool Exists() const { return std::filesystem::exists(path_); }
  static std::string Message(
      const absl::StatusOr<std::unique_ptr<GrpcListener>>& listener) {
    return std::string(listener.status().message());
  }

  TempFolder folder_;
  const std::string path_ = folder_.path() + "/grpc.sock";
};

TEST_F(UnixListenerTest, Serves) {
  const GrpcRig rig({.listener = options()});
  EXPECT_EQ(rig.address(), "unix:" + path_);
  EXPECT_EQ(Call(rig.Channel()), StatusCode::OK);
}

TEST_F(UnixListenerTest, OnlyTheServersUserMayConnect) {
  const mode_t before = umask(0);
  const auto listener = GrpcListener::Bind(options());
  umask(before);
  struct stat info {};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0600U);
}

TEST_F(UnixListenerTest, FileOfADeadServerIsReplaced) {
  {
    auto dead = GrpcListener::Bind(options());
    ASSERT_THAT(dead, IsOk());
    // Its own file is out of its reach, as if it had been killed.
    std::filesystem::rename(path_, path_ + ".kept");
  }
  std::filesystem::rename(path_ + ".kept", path_);
  const GrpcRig rig({.listener = options()});
  EXPECT_EQ(Call(rig.Channel()), StatusCode::OK);
}

TEST_F(UnixListenerTest, LiveServerIsNotReplaced) {
  const GrpcRig rig({.listener = options()});
  const auto second = GrpcListener::Bind(options());
  EXPECT_THAT(second, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(Message(second), "another server listens on unix:" + path_);
  EXPECT_EQ(Call(rig.Channel()), StatusCode::OK);
}

TEST_F(UnixListenerTest, FileThatIsNoSocketIsKept) {
  std::ofstream(path_) << "precious";
  const auto listener = GrpcListener::Bind(options());
  EXPECT_THAT(listener, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(Message(listener),
            path_ + " exists and is no socket; the server does not replace it");
  EXPECT_TRUE(Exists());
}

TEST_F(UnixListenerTest, LongPathIsRefused) {
  const auto listener =
      GrpcListener::Bind({.unix_path = path_ + std::string(100, 'x')});
  EXPECT_THAT(listener, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Message(listener), HasSubstr("is longer than 107 bytes"));
}

TEST_F(UnixListenerTest, FolderThatIsMissingIsASentence) {
  const auto listener =
      GrpcListener::Bind({.unix_path = folder_.path() + "/none/grpc.sock"});
  EXPECT_THAT(Message(listener), HasSubstr("No such file or directory"));
}

TEST_F(UnixListenerTest, StoppingRemovesTheFile) {
  GrpcRig rig({.listener = options()});
  EXPECT_TRUE(Exists());
  rig.listener().StopAccepting();
  EXPECT_FALSE(Exists());
  EXPECT_EQ(RawPeer("unix:" + path_).error(), ENOENT);
}

TEST_F(UnixListenerTest, StoppingKeepsTheFileOfASuccessor) {
  GrpcRig rig({.listener = options()});
  std::filesystem::rename(path_, path_ + ".old");
  const auto successor = GrpcListener::Bind(options());
  rig.listener().StopAccepting();
  EXPECT_TRUE(Exists());
}

TEST_F(UnixListenerTest, TotalIsLimited) {
  GrpcListener::Options limited = options();
  limited.max_connections = 2;
  limited.max_connections_per_address = 1;
  const GrpcRig rig({.listener = limited});
  RawPeer first(rig.address());
  EXPECT_TRUE(first.IsServed());
  {
    RawPeer second(rig.address());
    EXPECT_TRUE(second.IsServed());
    EXPECT_TRUE(RawPeer(rig.address()).IsRefused());
  }
  EXPECT_TRUE(IsServedEventually(rig.address()));
}

TEST(GrpcListenerTest, TotalIsLimited) {
  const GrpcRig rig(Limits(2, 2));
  RawPeer first(rig.address(), "127.0.0.1");
  EXPECT_TRUE(first.IsServed());
  {
    RawPeer second(rig.address(), "127.0.0.2");
    EXPECT_TRUE(second.IsServed());
    EXPECT_TRUE(RawPeer(rig.address(), "127.0.0.3").IsReset());
  }
  EXPECT_TRUE(IsServedEventually(rig.address()));
}

TEST(GrpcListenerTest, ConnectionsOfAnAddressAreLimited) {
  const GrpcRig rig(Limits(100, 2));
  RawPeer first(rig.address());
  EXPECT_TRUE(first.IsServed());
  {
    RawPeer second(rig.address());
    EXPECT_TRUE(second.IsServed());
    EXPECT_TRUE(RawPeer(rig.address()).IsRefused());
    EXPECT_TRUE(RawPeer(rig.address(), "127.0.0.2").IsServed());
  }
  EXPECT_TRUE(IsServedEventually(rig.address()));
}

TEST(GrpcListenerTest, RefusalsAreLoggedOnceInAWhile) {
  const LogCapture log;
  const GrpcRig rig(Limits(1, 1));
  RawPeer first(rig.address());
  EXPECT_TRUE(first.IsServed());
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(RawPeer(rig.address()).IsRefused());
  }
  EXPECT_TRUE(log.WaitFor("the limit of connections is reached"));
  EXPECT_EQ(log.Count("the limit of connections is reached"), 1);
}

TEST(GrpcListenerTest, CountsWhatIsOpen) {
  GrpcRig rig;
  {
    std::vector<RawPeer> peers;
    for (std::size_t i = 1; i <= 5; ++i) {
      peers.emplace_back(rig.address());
      EXPECT_TRUE(peers.back().IsServed());
      EXPECT_EQ(rig.listener().connections(), i);
    }
  }
  EXPECT_TRUE(Eventually([&] { return rig.listener().connections() == 0; }));
}

TEST(GrpcListenerTest, EndedConnectionsLeaveNoDescriptors) {
  GrpcRig rig(Limits(20, 20));
  EXPECT_EQ(Call(rig.Channel()), StatusCode::OK);
  EXPECT_TRUE(Eventually([&] { return rig.listener().connections() == 0; }));
  const std::size_t before = OpenDescriptors();
  {
    std::vector<RawPeer> peers;
    peers.reserve(20);
    for (int i = 0; i < 20; ++i) peers.emplace_back(rig.address());
    for (RawPeer& peer : peers) EXPECT_TRUE(peer.IsServed());
    for (int i = 0; i < 20; ++i) {
      EXPECT_TRUE(RawPeer(rig.address()).IsRefused());
    }
  }
  EXPECT_TRUE(Eventually([&] { return OpenDescriptors() <= before; }));
}

TEST(GrpcListenerTest, ConnectionsBeforeStartAreServedAfterIt) {
  GrpcRig rig({.start = false});
  RawPeer early(rig.address());
  EXPECT_EQ(early.error(), 0);
  rig.listener().Start();
  EXPECT_TRUE(early.IsServed());
}

TEST(GrpcListenerTest, ConnectionsThatWereNeverStartedAreEnded) {
  std::optional<RawPeer> early;
  {
    const GrpcRig rig({.start = false});
    early.emplace(rig.address());
  }
  EXPECT_TRUE(early->IsRefused());
}

TEST(GrpcListenerTest, StoppingRefusesNewConnectionsAndKeepsOldOnes) {
  GrpcRig rig;
  const auto channel = rig.Channel();
  ASSERT_EQ(Call(channel), StatusCode::OK);
  rig.listener().StopAccepting();
  EXPECT_EQ(RawPeer(rig.address()).error(), ECONNREFUSED);
  EXPECT_EQ(Call(channel), StatusCode::OK);
  EXPECT_EQ(Call(rig.Channel()), StatusCode::UNAVAILABLE);
}

TEST(GrpcListenerTest, StoppingFreesThePort) {
  GrpcRig rig;
  const auto channel = rig.Channel();
  ASSERT_EQ(Call(channel), StatusCode::OK);
  rig.listener().StopAccepting();
  const auto port = static_cast<std::uint16_t>(
      std::stoi(rig.address().substr(rig.address().rfind(':') + 1)));
  EXPECT_THAT(GrpcListener::Bind({.host = "127.0.0.1", .port = port}), IsOk());
}

TEST(GrpcListenerTest, StoppingLeavesOneDescriptorForEachConnection) {
  GrpcRig rig;
  std::vector<RawPeer> peers;
  for (int i = 0; i < 3; ++i) {
    peers.emplace_back(rig.address());
    EXPECT_TRUE(peers.back().IsServed());
  }
  const std::size_t before = OpenDescriptors();
  rig.listener().StopAccepting();
  // The listening socket and the epoll set go, too.
  EXPECT_LE(OpenDescriptors(), before - 3 - 2);
  EXPECT_EQ(rig.listener().connections(), 0);
}

TEST(GrpcListenerTest, PeerThatStaysSilentIsClosedAfterTheHandshakeTimeout) {
  const GrpcRig rig({.handshake_timeout_ms = 50});
  EXPECT_TRUE(RawPeer(rig.address()).IsClosed());
}

// Lets this process open `more` further descriptors while it lives.
class FewDescriptors {
 public:
  explicit FewDescriptors(rlim_t more) {
    getrlimit(RLIMIT_NOFILE, &before_);
    // Descriptors are numbered from the lowest that is free.
    const UniqueFd next(open("/dev/null", O_RDONLY | O_CLOEXEC));
    const rlimit few{.rlim_cur = static_cast<rlim_t>(next.get()) + more,
                     .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &few);
  }
  ~FewDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;

 private:
  rlimit before_{};
};

TEST(GrpcListenerTest, AcceptsAgainAfterRunningOutOfDescriptors) {
  const LogCapture log;
  const GrpcRig rig;
  std::optional<RawPeer> waiting;
  {
    // The peer's own socket takes it, so that none is left for the server.
    const FewDescriptors few(1);
    waiting.emplace(rig.address());
    ASSERT_EQ(waiting->error(), 0);
    ASSERT_TRUE(log.WaitFor("Too many open files"));
  }
  EXPECT_TRUE(waiting->IsServed());
  EXPECT_EQ(Call(rig.Channel()), StatusCode::OK);
}

TEST(GrpcListenerTest, ConnectionThatCannotBeWatchedIsRefused) {
  const LogCapture log;
  GrpcRig rig;
  {
    // The peer takes one, and the server would need two.
    const FewDescriptors few(2);
    EXPECT_TRUE(RawPeer(rig.address()).IsRefused());
  }
  EXPECT_TRUE(log.WaitFor("Too many open files"));
  EXPECT_EQ(rig.listener().connections(), 0);
  EXPECT_TRUE(RawPeer(rig.address()).IsServed());
}

}  // namespace
}  // namespace linktor::rpc
