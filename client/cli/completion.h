// A shell asks here what can follow the words of a command line that is being
// typed. It runs `linktor-ig complete WORD…`, where the last word is the one
// under the cursor, and may be empty. The functions are pure, for any thread.

#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace linktor::cli {

// A shell's script runs the program with this word first.
inline constexpr char kCompleteWord[] = "complete";
// It stands for the names of files, which the shell itself knows best.
inline constexpr char kFilesWord[] = ":files";

struct Candidate {
  std::string word;
  // It explains the word in one line, and may be empty.
  std::string meaning;

  bool operator==(const Candidate&) const = default;
};

// Returns what can stand in the place of the last of `words`. `servers` are the
// names of the configuration file.
std::vector<Candidate> Candidates(const CLI::App& app,
                                  const std::vector<std::string>& words,
                                  const std::vector<std::string>& servers);

// Returns one line for each: the word, a tab and the meaning.
std::string ToLines(const std::vector<Candidate>& candidates);

// They are bash, zsh and fish.
std::vector<std::string> Shells();
// Returns what the shell has to read once to complete `linktor-ig`; it is empty
// for a shell that is none of Shells().
std::string CompletionScript(const std::string& shell);

}  // namespace linktor::cli
