// These tests run the commands of the group `keys` against a fake of
// AccessService.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/json.hpp>
#include <filesystem>
#include <sstream>

#include "absl/time/clock.h"
#include "tests/support/proto_matchers.h"
#include "tests/unit/cli/local_server.h"

namespace linktor::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kId[] = "0123456789abcdef";
// The id of the first key that the fake makes.
constexpr char kNewId[] = "00000000000000a1";

class KeysTest : public LocalServerTest {
 protected:
  v1::ApiKey& Keep(const std::string& id, const std::string& text) {
    v1::ApiKey& key = access_.keys[id];
    key = ParseText<v1::ApiKey>(text);
    key.set_id(id);
    return key;
  }
  std::string path() const { return folder_.path() + "/new.key"; }
  std::string Content() const {
    std::ostringstream out;
    out << std::ifstream(path()).rdbuf();
    return out.str();
  }
};

std::int64_t InAbout(const google::protobuf::Timestamp& time) {
  return (time.seconds() - absl::ToUnixSeconds(absl::Now()) + 30) / 60;
}

// ---- Create ----------------------------------------------------------------

TEST_F(KeysTest, CreateAsksForWhatIsGiven) {
  const Outcome outcome =
      RunCli({"keys", "create", "--name", "CRM", "--permission",
              "read-events,send", "--permission", "read-messages", "--channel",
              "ch_a", "--channel", "ch_b", "--expires", "2h"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  ASSERT_EQ(access_.created.size(), 1U);
  v1::ApiKey key = access_.created[0].api_key();
  EXPECT_EQ(InAbout(key.expire_time()), 120);
  key.clear_expire_time();
  EXPECT_THAT(key, EqualsProto(R"pb(name: "CRM"
                                    permissions: PERMISSION_READ_EVENTS
                                    permissions: PERMISSION_SEND
                                    permissions: PERMISSION_READ_MESSAGES
                                    channel_ids: "ch_a"
                                    channel_ids: "ch_b")pb"));
  EXPECT_THAT(access_.created[0].request_id(), StartsWith("cli-"));
}

TEST_F(KeysTest, ScriptGetsTheSecretAlone) {
  const Outcome outcome = RunCli({"keys", "create", "--permission", "send"});
  EXPECT_EQ(outcome.out, absl::StrCat(FakeAccess::kSecret, "\n"));
  EXPECT_THAT(outcome.err, AllOf(HasSubstr(kNewId), HasSubstr("Next:"),
                                 Not(HasSubstr(FakeAccess::kSecret))));
}

TEST_F(KeysTest, PersonGetsTheSecretAmongWords) {
  const Outcome outcome =
      RunCli({"keys", "create", "--permission", "send"}, true);
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("state           live\n"),
                    HasSubstr("shown only now:\nlig_made_secret\n"),
                    HasSubstr(absl::StrCat("linktor-ig keys get ", kNewId))));
  EXPECT_THAT(outcome.err, IsEmpty());
}

TEST_F(KeysTest, MachineGetsTheSecretAsJson) {
  const Outcome outcome =
      RunCli({"keys", "create", "--permission", "send", "--json"}, true);
  const auto json = boost::json::parse(outcome.out);
  EXPECT_EQ(json.at("secret"), FakeAccess::kSecret);
  EXPECT_EQ(json.at("apiKey").at("id"), kNewId);
  EXPECT_THAT(outcome.err, IsEmpty());
}

TEST_F(KeysTest, FileGetsTheSecretAndNobodySeesIt) {
  for (const bool as_json : {false, true}) {
    std::filesystem::remove(path());
    std::vector<std::string> words = {"keys", "create", "--permission",
                                      "send", "--out",  path()};
    if (as_json) words.emplace_back("--json");
    const Outcome outcome = RunCli(words, true);
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(Content(), "lig_made_secret\n");
    EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr(FakeAccess::kSecret)));
    EXPECT_THAT(outcome.out, HasSubstr(as_json ? "\"apiKey\"" : path()));
    struct stat status = {};
    ASSERT_EQ(stat(path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
  }
}

// A file that exists may be the key in use; the server is not asked.
TEST_F(KeysTest, FileIsNotOverwritten) {
  Written("new.key", "old");
  const Outcome outcome =
      RunCli({"keys", "create", "--permission", "send", "--out", path()});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("File exists"));
  EXPECT_EQ(Content(), "old");
  EXPECT_THAT(access_.created, IsEmpty());
}

TEST_F(KeysTest, RefusedCreationLeavesNoFile) {
  access_.create_status =
      Refused(grpc::StatusCode::PERMISSION_DENIED, "NOT_AUTHORIZED");
  EXPECT_EQ(RunCli({"keys", "create", "--permission", "send", "--out", path()})
                .status,
            1);
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(KeysTest, RepeatedCreationHasNoSecretAndSaysSo) {
  access_.replay = true;
  const Outcome outcome = RunCli({"keys", "create", "--permission", "send",
                                  "--request-id", "r-1", "--out", path()});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(access_.created[0].request_id(), "r-1");
  EXPECT_THAT(outcome.err, HasSubstr("its secret was shown then"));
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(KeysTest, BrokenCreationSaysToLook) {
  access_.create_status = {grpc::StatusCode::UNAVAILABLE, "broken"};
  const Outcome outcome = RunCli({"keys", "create", "--permission", "send"});
  EXPECT_EQ(outcome.status, 4);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("next: linktor-ig keys list"),
                                 HasSubstr("its secret is lost")));
}

TEST_F(KeysTest, WrongOptionsAskNothing) {
  const std::vector<std::vector<std::string>> lines = {
      {"keys", "create"},
      {"keys", "create", "--permission", "sends"},
      {"keys", "create", "--permission", "send", "--expires", "soon"},
      {"keys", "update", kId},
      {"keys", "update", kId, "--channel", "ch", "--all-channels"},
      {"keys", "update", kId, "--expires", "1d", "--no-expiry"},
      {"keys", "update", "lig_0123456789abcdef_secret", "--name", "n"},
      {"keys", "delete", "short"},
      {"keys", "rotate", kId, "--expires-old", "never"},
  };
  for (const auto& line : lines) {
    const Outcome outcome = RunCli(line);
    EXPECT_EQ(outcome.status, 2) << line.back();
    EXPECT_THAT(outcome.err, Not(HasSubstr("secret")));
  }
  EXPECT_THAT(access_.authorizations, IsEmpty());
}

// ---- Look, change and delete -----------------------------------------------

TEST_F(KeysTest, ListShowsAllPagesAsATable) {
  EXPECT_THAT(RunCli({"keys", "list"}).out, HasSubstr("No keys yet"));
  for (const char* id : {"1", "2", "3", "4", "5"}) {
    Keep(id, "permissions: PERMISSION_SEND");
  }
  const Outcome outcome = RunCli({"keys", "list"});
  EXPECT_THAT(outcome.out, AllOf(StartsWith("ID  NAME  PERMISSIONS"),
                                 HasSubstr("\n1 "), HasSubstr("\n5 ")));
  const auto json = boost::json::parse(RunCli({"keys", "list", "--json"}).out);
  EXPECT_EQ(json.at("apiKeys").as_array().size(), 5U);
}

TEST_F(KeysTest, GetShowsOneOrSaysThatThereIsNone) {
  Keep(kId, R"(name: "CRM")");
  EXPECT_THAT(RunCli({"keys", "get", kId}).out,
              HasSubstr("name            CRM"));
  const Outcome none = RunCli({"keys", "get", "ffffffffffffffff"});
  EXPECT_EQ(none.status, 1);
  EXPECT_THAT(none.err, HasSubstr("next: linktor-ig keys list"));
}

TEST_F(KeysTest, UpdateChangesWhatIsGiven) {
  Keep(kId, R"(name: "CRM" expire_time { seconds: 1 })");
  EXPECT_EQ(RunCli({"keys", "update", kId, "--name", "shop", "--permission",
                    "send", "--all-channels", "--no-expiry"})
                .status,
            0);
  ASSERT_EQ(access_.updated.size(), 1U);
  EXPECT_THAT(access_.updated[0], EqualsProto(R"pb(
                api_key {
                  id: "0123456789abcdef"
                  name: "shop"
                  permissions: PERMISSION_SEND
                }
                update_mask {
                  paths: "name"
                  paths: "permissions"
                  paths: "channel_ids"
                  paths: "expire_time"
                })pb"));
}

TEST_F(KeysTest, DisableAndEnable) {
  Keep(kId, "");
  EXPECT_THAT(RunCli({"keys", "disable", kId}).out,
              HasSubstr("state           disabled"));
  EXPECT_THAT(RunCli({"keys", "enable", kId}).out,
              HasSubstr("state           live"));
  EXPECT_THAT(access_.updated[0].update_mask().paths(),
              ElementsAre("disabled"));
}

TEST_F(KeysTest, Delete) {
  Keep(kId, "");
  EXPECT_THAT(RunCli({"keys", "delete", kId}).out, StartsWith("Deleted "));
  EXPECT_THAT(access_.keys, IsEmpty());
}

TEST_F(KeysTest, BrokenChangeSaysToLook) {
  access_.update_status = {grpc::StatusCode::UNAVAILABLE, "broken"};
  const Outcome outcome = RunCli({"keys", "disable", kId});
  EXPECT_EQ(outcome.status, 4);
  EXPECT_THAT(outcome.err,
              HasSubstr(absl::StrCat("next: linktor-ig keys get ", kId)));
}

// ---- Rotate ----------------------------------------------------------------

constexpr char kOld[] = R"(name: "CRM" permissions: PERMISSION_SEND
                           channel_ids: "ch_a")";

TEST_F(KeysTest, RotateMakesTheSameKeyAndLetsTheOldOneExpire) {
  Keep(kId, kOld);
  const Outcome outcome = RunCli({"keys", "rotate", kId}, true);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(access_.created[0].api_key(), EqualsProto(kOld));
  EXPECT_EQ(InAbout(access_.keys[kId].expire_time()), 24 * 60);
  EXPECT_THAT(access_.updated[0].update_mask().paths(),
              ElementsAre("expire_time"));
  EXPECT_THAT(
      outcome.out,
      AllOf(HasSubstr(FakeAccess::kSecret),
            HasSubstr(absl::StrCat("The old key ", kId, " is refused from ")),
            HasSubstr(absl::StrCat("linktor-ig keys delete ", kId))));
}

TEST_F(KeysTest, RotateIntoAFileWithTheExpiriesGiven) {
  Keep(kId, kOld);
  EXPECT_EQ(RunCli({"keys", "rotate", kId, "--out", path(), "--expires-old",
                    "2h", "--expires", "90d"})
                .status,
            0);
  EXPECT_EQ(Content(), "lig_made_secret\n");
  EXPECT_EQ(InAbout(access_.keys[kId].expire_time()), 120);
  EXPECT_EQ(InAbout(access_.keys[kNewId].expire_time()), 90 * 24 * 60);
}

TEST_F(KeysTest, RotateForAMachineIsOneObject) {
  Keep(kId, kOld);
  const Outcome outcome = RunCli({"keys", "rotate", kId, "--json"});
  EXPECT_EQ(boost::json::parse(outcome.out).at("secret"), FakeAccess::kSecret);
  EXPECT_THAT(boost::json::parse(outcome.err).at("notice").as_string().c_str(),
              HasSubstr("The old key"));
}

// Otherwise a rotation would make the old key live longer, or the new one for
// ever, without anybody having said so.
TEST_F(KeysTest, RotateNeverProlongs) {
  const std::int64_t soon = absl::ToUnixSeconds(absl::Now()) + 600;
  Keep(kId, kOld).mutable_expire_time()->set_seconds(soon);
  const Outcome asked = RunCli({"keys", "rotate", kId});
  EXPECT_EQ(asked.status, 2);
  EXPECT_THAT(asked.err, HasSubstr("--expires (such as 90d) or --no-expiry"));
  EXPECT_THAT(access_.created, IsEmpty());
  EXPECT_EQ(RunCli({"keys", "rotate", kId, "--expires", "90d"}).status, 0);
  EXPECT_THAT(access_.updated, IsEmpty());
  EXPECT_EQ(access_.keys[kId].expire_time().seconds(), soon);
}

TEST_F(KeysTest, RotateOfAKeyThatNobodyUsesIsRefused) {
  Keep(kId, kOld).set_disabled(true);
  const Outcome outcome = RunCli({"keys", "rotate", kId});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("is disabled, so that nobody uses it"));
  EXPECT_THAT(access_.created, IsEmpty());
}

TEST_F(KeysTest, RotateThatCannotRetireTheOldKeySaysSoAfterTheSecret) {
  Keep(kId, kOld);
  access_.update_status = {grpc::StatusCode::UNAVAILABLE, "broken"};
  const Outcome outcome = RunCli({"keys", "rotate", kId});
  EXPECT_EQ(outcome.status, 4);
  EXPECT_EQ(outcome.out, absl::StrCat(FakeAccess::kSecret, "\n"));
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr(absl::StrCat("the new key ", kNewId)),
                    HasSubstr("the old one has got no expiry"),
                    HasSubstr(absl::StrCat("linktor-ig keys update ", kId,
                                           " --expires 24h"))));
}

}  // namespace
}  // namespace linktor::cli
