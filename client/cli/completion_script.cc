// These are the completion scripts of the shells. Each script passes the words
// up to the cursor to `linktor-ig complete`, and offers the words that this
// command prints.

#include "client/cli/completion.h"

namespace linktor::cli {
namespace {

constexpr char kBash[] = R"(# bash completion of linktor-ig
_linktor_ig() {
  local current=${COMP_WORDS[COMP_CWORD]} word meaning
  COMPREPLY=()
  while IFS=$'\t' read -r word meaning; do
    if [ "$word" = :files ]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r word; do
        COMPREPLY+=("$word")
      done < <(compgen -f -- "$current")
    else
      COMPREPLY+=("$word")
    fi
  done < <("$1" complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _linktor_ig linktor-ig
)";

constexpr char kZsh[] = R"(#compdef linktor-ig
# zsh completion of linktor-ig
_linktor-ig() {
  local line
  local -a candidates
  while IFS= read -r line; do
    if [[ $line == :files* ]]; then
      _files
    else
      candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    fi
  done < <("$words[1]" complete "${(@)words[2,CURRENT]}" 2>/dev/null)
  (( $#candidates )) && _describe 'linktor-ig' candidates
}
if [[ $funcstack[1] == _linktor-ig ]]; then
  _linktor-ig "$@"
else
  compdef _linktor-ig linktor-ig
fi
)";

constexpr char kFish[] = R"(# fish completion of linktor-ig
function __linktor_ig_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] complete $words[2..-1] 2>/dev/null)
        if string match -q ':files*' -- $line
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c linktor-ig -f -a '(__linktor_ig_complete)'
)";

}  // namespace

std::vector<std::string> Shells() { return {"bash", "zsh", "fish"}; }

std::string CompletionScript(const std::string& shell) {
  if (shell == "bash") return kBash;
  if (shell == "zsh") return kZsh;
  if (shell == "fish") return kFish;
  return "";
}

}  // namespace linktor::cli
