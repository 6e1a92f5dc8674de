#!/bin/sh
# Every hostile payload of test/lib/hostile.mjs through the sanitiser: what comes out is safe letter by letter, and
# sanitising it again changes nothing.
set -eu
cd "$(dirname "$0")/../.."
fuzzer=build/asan/test/fuzz/html_fuzz
[ -x "$fuzzer" ] || make --no-print-directory -s MODE=asan "$fuzzer"
work=$(mktemp -d "${TMPDIR:-/tmp}/lh-hostile.XXXXXX")
trap 'rm -rf "$work"' EXIT
node test/lib/hostile.mjs "$work"
"$fuzzer" "$work"
