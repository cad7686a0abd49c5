#!/bin/sh
# Prints C++ that holds a file: embed.sh HEADER NAMESPACE NAME FILE. The header
# declares "extern const unsigned char NAME[]" and "extern const std::size_t
# NAMESize" in the namespace.
set -eu
header=$1 namespace=$2 name=$3 file=$4
printf '#include "%s"\n\nnamespace %s {\n\n' "$header" "$namespace"
printf 'const unsigned char %s[] = {\n' "$name"
od -An -v -tx1 "$file" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
printf '};\nconst std::size_t %sSize = sizeof(%s);\n\n' "$name" "$name"
printf '}  // namespace %s\n' "$namespace"
