// Compares with golden files, which hold what a test expects and lie in
// tests/golden. With LINKTOR_UPDATE_GOLDEN=1 in the environment they are
// written instead of compared; read the difference before committing it.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace linktor {

// Returns the project's root.
std::string SourceDir();

// Returns the whole file; fails the test when it cannot be read.
std::string ReadFile(const std::string& path);

// Returns the paths of the files in a folder whose names end in `suffix`,
// sorted; nothing when there is no such folder.
std::vector<std::string> ListFiles(const std::string& folder,
                                   std::string_view suffix);

// Compares `actual` with tests/golden/`name`. A missing file fails the test.
void ExpectGolden(const std::string& name, const std::string& actual);

}  // namespace linktor
