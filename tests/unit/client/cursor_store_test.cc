#include "linktor/instagram/cursor_store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/temp_folder.h"

namespace linktor::instagram {
namespace {

void Write(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

TEST(FileCursorStoreTest, HoldsWhatWasSavedLast) {
  const TempFolder folder;
  const std::string path = folder.path() + "/cursor";
  FileCursorStore store(path);
  EXPECT_EQ(*store.Load(), "");
  for (const std::string cursor : {"one", "a longer one", "two"}) {
    EXPECT_FALSE(store.Save(cursor).has_value());
    EXPECT_EQ(*FileCursorStore(path).Load(), cursor);
  }
  EXPECT_EQ(
      std::filesystem::status(path).permissions(),
      std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const std::filesystem::directory_iterator files(folder.path());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1) << "something is left";
}

TEST(FileCursorStoreTest, FilesItCannotUse) {
  const TempFolder folder;
  Write(folder.path() + "/empty", "\n");
  Write(folder.path() + "/long", std::string(5000, 'x'));
  for (const std::string name : {"/empty", "/long", ""}) {
    const auto cursor = FileCursorStore(folder.path() + name).Load();
    ASSERT_FALSE(cursor.ok()) << name;
    EXPECT_EQ(cursor.error().kind, Error::Kind::kStore);
    EXPECT_NE(cursor.error().message.find(folder.path()), std::string::npos);
  }
  const auto error = FileCursorStore(folder.path() + "/no/cursor").Save("one");
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->kind, Error::Kind::kStore);
}

// A crash in the middle of a save leaves the second file, and the first whole.
TEST(FileCursorStoreTest, AfterACrash) {
  const TempFolder folder;
  FileCursorStore store(folder.path() + "/cursor");
  ASSERT_FALSE(store.Save("one").has_value());
  Write(folder.path() + "/cursor.tmp", "tw");
  EXPECT_EQ(*store.Load(), "one");
  ASSERT_FALSE(store.Save("two").has_value());
  EXPECT_EQ(*store.Load(), "two");
}

}  // namespace
}  // namespace linktor::instagram
