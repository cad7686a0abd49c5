#include "server/state/applier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "server/journal/journal.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::state {
namespace {

using ::testing::HasSubstr;

// ---- What this program knows ------------------------------------------------

journal::Record Known() {
  journal::Record record = MakeNothing();
  record.set_format(kRecordFormat);
  return record;
}

TEST(CheckKnownTest, TakesItsOwnFormatAndBodies) {
  EXPECT_THAT(CheckKnown(Known()), IsOk());
}

TEST(CheckKnownTest, UnknownFormatIsASentence) {
  for (const std::uint32_t format : {0U, kRecordFormat + 1}) {
    journal::Record record = Known();
    record.set_format(format);
    const absl::Status status = CheckKnown(record);
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition));
    EXPECT_THAT(
        std::string(status.message()),
        HasSubstr(absl::StrCat("a record has format ", format,
                               "; this program knows format ", kRecordFormat)));
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("Start the program that wrote it, or a newer one"));
  }
}

TEST(CheckKnownTest, NoBodyIsASentence) {
  journal::Record record = journal::NewRecord(kNowMs);
  record.set_format(kRecordFormat);
  const absl::Status status = CheckKnown(record);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("says something that this program does not know"));
}

// A newer program's body is a field that this one does not know.
TEST(CheckKnownTest, UnknownBodyIsASentence) {
  journal::Record record = journal::NewRecord(kNowMs);
  record.set_format(kRecordFormat);
  std::string bytes = record.SerializeAsString();
  // These bytes are field 1000, which holds an empty message.
  bytes.append("\xc2\x3e\x00", 3);
  ASSERT_TRUE(record.ParseFromString(bytes));
  EXPECT_THAT(CheckKnown(record),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

// ---- Starts and keys --------------------------------------------------------

TEST(ApplierTest, EachStartOfTheInstanceIsCounted) {
  StoreRig rig;
  const journal::Appender first = rig.data().appender();
  EXPECT_EQ(first.instance.size(), 8U);
  EXPECT_EQ(first.incarnation, 1);
  rig.Reopen();
  EXPECT_EQ(rig.data().appender().instance, first.instance);
  EXPECT_EQ(rig.data().appender().incarnation, 2);
  EXPECT_EQ(rig.Number("SELECT incarnation FROM instances"), 2);
}

journal::Record AddKeys(const seal::NewKeys& keys) {
  journal::Record record = journal::NewRecord(kNowMs);
  for (const journal::DataKey& key : keys) {
    *record.mutable_add_data_keys()->add_keys() = key;
  }
  return record;
}

journal::DataKey Key(std::int64_t id, const std::string& user,
                     const std::string& wrapped) {
  journal::DataKey key;
  key.set_id(id);
  key.set_channel_no(kShop.no);
  key.set_user_id(user);
  key.set_wrapped(wrapped);
  return key;
}

TEST(ApplierTest, AScopeMayHaveSeveralKeys) {
  StoreRig rig;
  ASSERT_THAT(rig.Append<Done>(AddKeys(
                  {Key(9, "501", "a"), Key(-4, "501", "b"), Key(5, "", "c")})),
              IsOk());
  for (const auto& [id, wrapped] :
       {std::pair{9, "a"}, std::pair{-4, "b"}, std::pair{5, "c"}}) {
    const auto found = rig.data().state().FindKeyById(id);
    ASSERT_THAT(found, IsOk());
    ASSERT_TRUE(found->has_value()) << id;
    EXPECT_EQ((*found)->wrapped(), wrapped);
  }
  const auto first =
      rig.data().state().FindKey({.channel_no = kShop.no, .user_id = "501"});
  ASSERT_THAT(first, IsOk());
  ASSERT_TRUE(first->has_value());
  EXPECT_EQ((*first)->id(), -4) << "the same one for all copies of the state";
  const auto none =
      rig.data().state().FindKey({.channel_no = kShop.no, .user_id = "502"});
  ASSERT_THAT(none, IsOk());
  EXPECT_FALSE(none->has_value());
}

TEST(ApplierTest, StoredKeyIsNotReplaced) {
  StoreRig rig;
  ASSERT_THAT(rig.Append<Done>(AddKeys({Key(9, "501", "first")})), IsOk());
  ASSERT_THAT(rig.Append<Done>(AddKeys({Key(9, "501", "second")})), IsOk());
  const auto found = rig.data().state().FindKeyById(9);
  ASSERT_THAT(found, IsOk());
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->wrapped(), "first");
}

TEST(ApplierTest, ViewsAreToldOfKeys) {
  StoreRig rig;
  std::vector<std::int64_t> told;
  rig.data().feed().Add([&](auto records) {
    for (const journal::AppliedRecord& one : records) {
      for (const journal::DataKey& key : one.effects.data_keys) {
        told.push_back(key.id());
      }
    }
  });
  ASSERT_THAT(
      rig.Append<Done>(AddKeys({Key(9, "501", "a"), Key(4, "502", "b")})),
      IsOk());
  EXPECT_THAT(told, testing::ElementsAre(9, 4));
}

}  // namespace
}  // namespace linktor::state
