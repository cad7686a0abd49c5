// These functions compare results with golden files. A golden file in
// tests/golden holds the result that a test expects. With
// LINKTOR_UPDATE_GOLDEN=1 in the environment, the files are written instead of
// compared; check the differences before you commit them.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace linktor {

// Returns the root folder of the project.
std::string SourceDir();

// Returns the content of the file. Fails the test when it cannot be read.
std::string ReadFile(const std::string& path);

// Returns the sorted paths of the files in a folder whose names end in
// `suffix`. The result is empty when there is no such folder.
std::vector<std::string> ListFiles(const std::string& folder,
                                   std::string_view suffix);

// Compares `actual` with tests/golden/`name`. Fails the test when they differ
// or the file is missing.
void ExpectGolden(const std::string& name, const std::string& actual);

}  // namespace linktor
