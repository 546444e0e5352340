#!/bin/sh
# Verifies an export of Ringfence's journal with jq, sha256sum, base64 and awk: verify.sh EXPORT [SEQ:HASH of a message]…
set -eu
export LC_ALL=C
file=$1
shift
seen=$(mktemp)
trap 'rm -f "$seen"' EXIT
fault() {
    echo "$1"
    faults=$((faults + 1))
}
faults=0 entries=0 due=1 previous=$(printf '%064d' 0)

# One line an entry, `-` for what is not there; salt and content as base64, so that no shell changes an octet of them.
jq -r '[.seq, .time, .kind, .commitment, .hash, (.previous // "-"), (.withheld // false),
        (if .content == null then "-" else (.salt + "\n" + .content | @base64) end),
        (if .kind == "retention" and .content != null then (.content | fromjson | "\(.from) \(.to)") else "- -" end)]
       | join(" ")' "$file" >"$seen.rows" || { rm -f "$seen.rows"; echo "not JSON, an entry a line"; exit 1; }
trap 'rm -f "$seen" "$seen.rows"' EXIT

while read -r seq time kind commitment hash before withheld content from to; do
    if [ "$entries" = 0 ] && [ "$seq" != 1 ] && [ "$before" != - ]; then # an excerpt begins later
        due=$seq previous=$before
    fi
    [ "$seq" = "$due" ] || fault "entry $due is missing, or entry $seq is out of its place"
    is=$(printf 'ringfence-journal-1\n%s\n%s\n%s\n%s\n%s\n' "$seq" "$time" "$kind" "$commitment" "$previous" | sha256sum)
    [ "${is%% *}" = "$hash" ] || fault "entry $seq: changed, or the one before it"
    if [ "$content" != - ]; then
        is=$(printf '%s' "$content" | base64 -d | sha256sum)
        [ "${is%% *}" = "$commitment" ] || fault "entry $seq: content or salt changed"
    elif [ "$kind" = retention ]; then
        fault "entry $seq: the content of a retention entry is gone"
    elif [ "$withheld" = false ]; then
        echo "gone $seq" >>"$seen"
    fi
    [ "$from" = - ] || echo "retention $from $to" >>"$seen"
    echo "hash $seq:$hash" >>"$seen"
    previous=$hash entries=$((entries + 1)) due=$((seq + 1))
done <"$seen.rows"

# What is gone, and what a later retention entry accounts for.
lost=$(awk '$1 == "gone" { gone[$2] } $1 == "retention" { for (seq in gone) if (seq + 0 >= $2 && seq + 0 <= $3) delete gone[seq] }
            END { for (seq in gone) print seq }' "$seen" | sort -n | head -n 20)
for seq in $lost; do
    fault "entry $seq: its content is gone, and no retention entry says so"
done
for copy; do
    grep -qxF "hash $copy" "$seen" || fault "$copy: not what the message says"
done
[ "$entries" -gt 0 ] || fault "no entry"
[ "$faults" = 0 ] || exit 1
echo "whole: $entries entries, head $((due - 1)):$previous"
