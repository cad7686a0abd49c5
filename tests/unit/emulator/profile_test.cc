// These tests set, read and delete ice breakers at the path messenger_profile.

#include <gtest/gtest.h>

#include "tests/unit/emulator/emulator_fixture.h"

namespace linktor::emulator {
namespace {

constexpr char kEdge[] = "/v25.0/me/messenger_profile?platform=instagram";
constexpr char kRead[] =
    "/v25.0/me/messenger_profile?fields=ice_breakers&platform=instagram";
constexpr char kLocalised[] = R"({"platform":"instagram","ice_breakers":[
    {"locale":"default","call_to_actions":[
        {"question":"Where are you?","payload":"WHERE"}]},
    {"locale":"de_DE","call_to_actions":[
        {"question":"Wo seid ihr?","payload":"WHERE"}]}]})";
constexpr char kFlat[] = R"({"ice_breakers":[
    {"question":"Where are you?","payload":"WHERE"}]})";

class ProfileTest : public EmulatorTest {
 protected:
  json::value Read() { return Graph("GET", kRead).Json(); }
  std::size_t Kept() { return Read().at("data").as_array().size(); }
};

TEST_F(ProfileTest, StartsEmpty) {
  EXPECT_EQ(Read(), *ParseJson(R"({"data":[]})"));
}

TEST_F(ProfileTest, LocalisedFormIsReadBackAsSuch) {
  const Reply reply = Graph("POST", kEdge, kLocalised);
  EXPECT_EQ(reply.Json(), *ParseJson(R"({"result":"success"})"));
  const json::value data = Read().at("data");
  EXPECT_EQ(data, ParseJson(kLocalised)->at("ice_breakers"));
}

TEST_F(ProfileTest, FlatFormIsReadBackAsSuch) {
  EXPECT_EQ(Graph("POST", kEdge, kFlat).status, 200);
  EXPECT_EQ(Read(), *ParseJson(R"({"data":[{"ice_breakers":[
      {"question":"Where are you?","payload":"WHERE"}]}]})"));
}

TEST_F(ProfileTest, IsKeptPerAccount) {
  Graph("POST", "/17841400000000009/messenger_profile", kFlat);
  EXPECT_EQ(Kept(), 0u);
  emulator_->Configure({.account_id = "17841400000000009"});
  EXPECT_EQ(Kept(), 1u);
}

TEST_F(ProfileTest, IsDeletedByBodyOrQuery) {
  Graph("POST", kEdge, kFlat);
  EXPECT_EQ(Graph("DELETE", kEdge, R"({"fields":["ice_breakers"]})").status,
            200);
  EXPECT_EQ(Kept(), 0u);
  Graph("POST", kEdge, kFlat);
  EXPECT_EQ(Graph("DELETE", kRead).status, 200);
  EXPECT_EQ(Kept(), 0u);
  EXPECT_EQ(Graph("DELETE", kRead).status, 200);
}

TEST_F(ProfileTest, RefusesWrongIceBreakers) {
  for (const char* body : {
           "{}",
           R"({"ice_breakers":[]})",
           R"({"ice_breakers":[{"question":"q"}]})",
           R"({"ice_breakers":[{"question":"","payload":"p"}]})",
           R"({"ice_breakers":[{"locale":"en_GB","call_to_actions":[
               {"question":"q","payload":"p"}]}]})",
           R"({"ice_breakers":[{"locale":"default","call_to_actions":[]}]})",
           R"({"ice_breakers":[{"question":"q","payload":"p"},
               {"locale":"default","call_to_actions":[
                   {"question":"q","payload":"p"}]}]})",
           R"({"ice_breakers":[
               {"question":"1","payload":"p"},{"question":"2","payload":"p"},
               {"question":"3","payload":"p"},{"question":"4","payload":"p"},
               {"question":"5","payload":"p"}]})",
       }) {
    EXPECT_EQ(ErrorCode(Graph("POST", kEdge, body)), 100) << body;
  }
  EXPECT_EQ(Kept(), 0u);
}

TEST_F(ProfileTest, RefusesOtherFieldsAndPlatforms) {
  EXPECT_EQ(ErrorCode(Graph("GET", "/me/messenger_profile")), 100);
  EXPECT_EQ(ErrorCode(Graph("GET", "/me/messenger_profile?fields=greeting")),
            100);
  EXPECT_EQ(ErrorCode(Graph("DELETE", kEdge, R"({"fields":["greeting"]})")),
            100);
  EXPECT_EQ(ErrorCode(Graph("POST", "/me/messenger_profile?platform=messenger",
                            kFlat)),
            100);
}

}  // namespace
}  // namespace linktor::emulator
