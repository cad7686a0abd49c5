#!/usr/bin/env bash
# Completes command lines of linktor-ig in bash, zsh and fish. The program comes from
# LINKTOR_BIN_DIR.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

bin=${LINKTOR_BIN_DIR:-$PWD/build/bin}
[ -x "$bin/linktor-ig" ] || die "linktor-ig is not built (make build)"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
touch hat.json
export PATH="$bin:$PATH" HOME=$work XDG_CONFIG_HOME=$work TERM=xterm

in_bash() {
  bash --noprofile --norc -c '
    source <(linktor-ig completion bash)
    read -ra COMP_WORDS <<<"$1"
    [[ $1 != *" " ]] || COMP_WORDS+=("")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _linktor_ig linktor-ig "${COMP_WORDS[COMP_CWORD]}" ""
    printf "%s\n" "${COMPREPLY[@]}"' -- "$1"
}

in_fish() {
  linktor-ig completion fish >"$work/linktor-ig.fish"
  fish --no-config -c 'source $argv[1]; complete -C $argv[2]' \
    "$work/linktor-ig.fish" "$1" | cut -f1
}

# A terminal of its own, in which a tab is typed.
in_zsh() {
  linktor-ig completion zsh >"$work/_linktor-ig"
  zsh -f -c '
    zmodload zsh/zpty
    zpty line zsh -f -i
    zpty -w line "PS1=; fpath=($1 \$fpath); autoload -U compinit; compinit -u"
    zpty -w line "zstyle \":completion:*\" list-prompt \"\"; LISTMAX=1000; setopt nolistbeep"
    zpty -w line "print READY"
    zpty -r -m line heard "*READY*READY*"
    zpty -n -w line "$2"$'"'\t\t\t'"'
    text=
    while zpty -r -t line heard || (( ++tries < 30 )); do
      text+=$heard; heard=
      [[ $text == *$3* ]] && break
      sleep 0.1
    done
    print -r -- "$text"
    zpty -d line' -- "$work" "$1" "$2" 2>/dev/null
}

# offers LINE WORD: each shell offers WORD when the tab key is pressed after LINE.
# The words are kept first: a grep that stops at its first match would end the
# shell that still writes, and pipefail would call that a failure.
offers() {
  in_bash "$1" >"$work/words" || die "bash cannot complete '$1'"
  grep -qxF -- "$2" "$work/words" || die "bash: '$1' does not offer '$2'"
  in_fish "$1" >"$work/words" || die "fish cannot complete '$1'"
  grep -qxF -- "$2" "$work/words" || die "fish: '$1' does not offer '$2'"
  in_zsh "$1" "$2" >"$work/words" || die "zsh cannot complete '$1'"
  grep -qF -- "$2" "$work/words" || die "zsh: '$1' does not offer '$2'"
}

offers 'linktor-ig ev' events
offers 'linktor-ig events tail --from-' --from-start
offers 'linktor-ig events tail --type instagram.' instagram.postback
offers 'linktor-ig errors CURSOR_' CURSOR_EXPIRED
offers 'linktor-ig send json ch_shop 61 ' hat.json
say "bash, zsh and fish complete linktor-ig"
