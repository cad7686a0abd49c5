// A shell asks here which words can complete a command line that the user is
// still typing. It runs `linktor-ig complete WORD…`. The last word is the word
// under the cursor, and it may be empty. The functions are pure, for any
// thread.

#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace linktor::cli {

// The completion script of a shell runs the program with this word first.
inline constexpr char kCompleteWord[] = "complete";
// A candidate with this word stands for all names of files. The shell lists the
// files itself, because it knows best how.
inline constexpr char kFilesWord[] = ":files";

struct Candidate {
  std::string word;
  // It explains the word in one line, and may be empty.
  std::string meaning;

  bool operator==(const Candidate&) const = default;
};

// Returns the words that can replace the last word. `servers` are the names of
// the servers in the configuration file.
std::vector<Candidate> Candidates(const CLI::App& app,
                                  const std::vector<std::string>& words,
                                  const std::vector<std::string>& servers);

// Returns one line for each candidate: the word, a tab and the meaning.
std::string ToLines(const std::vector<Candidate>& candidates);

// Returns the shells that have a script: bash, zsh and fish.
std::vector<std::string> Shells();
// Returns the script that the shell has to read once to complete `linktor-ig`.
// The script is empty for a shell that is not one of Shells().
std::string CompletionScript(const std::string& shell);

}  // namespace linktor::cli
