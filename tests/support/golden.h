// Golden files: what a test expects, kept beside it in tests/golden. With
// LINKTOR_UPDATE_GOLDEN=1 in the environment they are written instead of
// compared; read the difference before committing it.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace linktor {

// The project's root.
std::string SourceDir();

// The whole file; fails the test when it cannot be read.
std::string ReadFile(const std::string& path);

// Paths of the files in a folder whose names end in `suffix`, sorted; empty
// when there is no such folder.
std::vector<std::string> ListFiles(const std::string& folder,
                                   std::string_view suffix);

// Compares `actual` with tests/golden/`name`. A missing file fails.
void ExpectGolden(const std::string& name, const std::string& actual);

}  // namespace linktor
