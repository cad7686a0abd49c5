#!/bin/sh
# Prints linktor/instagram/constants.h: the reasons of errors and the types of
# events as the wire spells them. constants.sh ERROR_REASON_PROTO EVENT_PROTO.
set -eu

# Makes "MESSAGE_RECEIVED" or "message.received" to kMessageReceived, and
# "instagram.postback" to kPostback.
constants() {
  awk '{
    name = "k"
    text = tolower($0)
    sub(/^instagram\./, "", text)
    count = split(text, words, /[_.]/)
    for (i = 1; i <= count; ++i) {
      name = name toupper(substr(words[i], 1, 1)) substr(words[i], 2)
    }
    printf "inline constexpr char %s[] = \"%s\";\n", name, $0
    all = all (NR == 1 ? "" : ", ") name
  }
  END { printf "inline constexpr const char* kAll[] = {%s};\n", all }'
}

printf '// tools/build/constants.sh makes this file from protos/.\n\n#pragma once\n\n'
printf '// These are the reasons of errors, as Error::reason and MessageError.reason\n'
printf '// spell them. The set is open: a newer server may have others.\n'
printf 'namespace linktor::instagram::reason {\n\n'
sed -n 's/^ *ERROR_REASON_\([A-Z0-9_]*\) = [1-9].*/\1/p' "$1" | constants
printf '\n}  // namespace linktor::instagram::reason\n\n'
printf '// These are the types of events, as Event.type and the filter of\n'
printf '// SubscribeEvents spell them. The set is open, too.\n'
printf 'namespace linktor::instagram::event_type {\n\n'
tr '\n' ' ' <"$2" | grep -o '(event_type) = "[a-z._]*"' |
  sed 's/.*"\(.*\)"/\1/' | constants
printf '\n}  // namespace linktor::instagram::event_type\n'
