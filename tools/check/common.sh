# Shared by the checks: messages, the tree's root and its files.
# Source it, do not run it.

. "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/../setup/common.sh"
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# tree_files [PATTERN…]: what git has or would take, one a line.
tree_files() {
  git ls-files --cached --others --exclude-standard --deduplicate -- "$@" |
    while IFS= read -r file; do
      if [ -f "$file" ]; then printf '%s\n' "$file"; fi
    done
}
