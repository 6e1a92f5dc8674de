#!/bin/sh
# poc and embed: what they make, what they refuse. POC, EMBED, LIB and CC may be set; else the tools and the
# library of the asan build are used.
cd "$(dirname "$0")/../.." || exit 1
POC=$(realpath "${POC:-build/tools/poc}")
EMBED=$(realpath "${EMBED:-build/tools/embed}")
LIB=$(realpath "${LIB:-build/asan/liblonghand.a}")
CC=${CC:-gcc}
root=$PWD
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

ok() { passed=$((passed + 1)); }
bad() {
    failed=$((failed + 1))
    echo "FAILED: $1" >&2
}
check() { if eval "$2"; then ok; else bad "$1"; fi; }
build() { "$CC" -std=gnu17 -D_GNU_SOURCE -g -Wall -Wextra -Werror -fsanitize=address,undefined -I"$root/src" "$@"; }

cd "$work" || exit 1

# ---- poc ----
head_of() { # LANGUAGE PLURAL
    printf 'msgid ""\nmsgstr ""\n"Language: %s\\n"\n"X-Language-Name: Name %s\\n"\n"Plural-Forms: %s;\\n"\n\n' "$1" "$1" "$2"
}
cat >a.c <<'END'
/* T("not this") */ // T("nor this")
const char *a = "T(\"nor that\")", *b = T("From C"), *c = FORMAT("no"), *d = T ("With " /* x */ "no part");
const char *e = T("Two "
                  "parts \"quoted\"\n");
f(TN("one thing", "{0} things"), /* l10n: a hint */ T("Hinted"), 'T', '"');
const char *g = T("From C");
END
cat >a.tmpl <<'END'
{% page p(int n) %}{# {{ "not this" }} #}
{{ "From a template" }} {{ "With {0}", T("inner") }} {{ n ~ "one row" ~ "{0} rows, {1}", f("plain") }}
{{ "From C" }} {{ x ? "not" : "either" }} <p title="{{ "Attribute }}" }}"> {# l10n: second hint #}{{ "Hinted too" }}
{% if (is(T("in code"))) %}{% end %}{% end %}
END
"$POC" --extract all.pot a.c a.tmpl
for id in 'From C' 'Two parts \"quoted\"\n' 'one thing' 'Hinted' 'From a template' 'With {0}' 'inner' 'one row' \
    'Attribute }}' 'Hinted too' 'in code'; do
    check "extracts $id" 'grep -qxF "msgid \"$id\"" all.pot'
done
check "extracts nothing else" '[ "$(grep -c "^msgid " all.pot)" = 12 ]'
check "extracts plurals" 'grep -qxF "msgid_plural \"{0} rows, {1}\"" all.pot'
check "extracts hints" 'grep -qxF "#. a hint" all.pot && grep -qxF "#. second hint" all.pot'
check "names both places" '[ "$(grep -B2 -xF "msgid \"From C\"" all.pot | grep -c "^#:")" = 2 ]'
echo 'x = T("");' >empty.c
check "refuses an empty text" '! "$POC" --extract e.pot empty.c 2>/dev/null'

{
    head_of pl 'nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2)'
    printf '# kept remark\nmsgid "From C"\nmsgstr "Z C"\n\nmsgid "gone"\nmsgstr "przepadł"\n'
    printf '\n#, fuzzy\nmsgid "Hinted"\nmsgstr "niepewne"\n\n#~ msgid "inner"\n#~ msgstr "wraca"\n'
} >pl.po
check "merges" '"$POC" --merge all.pot pl.po | grep -q "11 texts, 9 without translation"'
cp pl.po once.po
check "merging again changes nothing" '"$POC" --merge all.pot pl.po >/dev/null && cmp -s pl.po once.po'
check "keeps translations" 'grep -qxF "msgstr \"Z C\"" pl.po && grep -qxF "# kept remark" pl.po'
check "keeps what is gone as obsolete" 'grep -qxF "#~ msgid \"gone\"" pl.po'
check "brings a text back" 'grep -qxF "msgid \"inner\"" pl.po && grep -qxF "msgstr \"wraca\"" pl.po'
check "gives three forms" 'grep -qxF "msgstr[2] \"\"" pl.po'
check "keeps fuzzy" 'grep -qxF "#, fuzzy" pl.po'
check "checks" '"$POC" --check pl.po | grep -q "2 of 11 translated"'
sed 's/^msgstr\[0\] ""/msgstr[0] "jeden"/; s/^msgstr\[1\] ""/msgstr[1] "{0} dwa {1}"/; s/^msgstr\[2\] ""/msgstr[2] "{1} {0} wiele"/' \
    pl.po | grep -v '^#~' >full.po
check "a form may leave out only its number" '! "$POC" --check full.po >/dev/null 2>&1'

# refuse WORDS LINES...
refuse() {
    words=$1
    shift
    { head_of xx 'nplurals=2; plural=(n != 1)' && printf "$@"; } >bad.po
    if "$POC" bad.c bad.po 2>says; then bad "compiled: $*"; elif grep -qF -- "$words" says && grep -q '^bad.po:[0-9]*: error' says; then ok; else bad "wanted $words: $(cat says)"; fi
}
refuse 'the places' 'msgid "a {0}"\nmsgstr "b"\n'
refuse 'the places' 'msgid "a"\nmsgstr "b {1}"\n'
refuse 'the places' 'msgid "a"\nmsgid_plural "{0} {1}"\nmsgstr[0] "b"\nmsgstr[1] "{0} {1}"\n'
refuse 'a plural form has no text' 'msgid "a"\nmsgid_plural "{0}"\nmsgstr[0] "b"\nmsgstr[1] ""\n'
refuse 'more forms' 'msgid "a"\nmsgid_plural "{0}"\nmsgstr[0] "b"\nmsgstr[1] "c"\nmsgstr[2] "d"\n'
refuse 'twice' 'msgid "a"\nmsgstr "b"\nmsgid "a"\nmsgstr "c"\n'
refuse 'a string is broken' 'msgid "a"\nmsgstr "b\n'
refuse 'a string is broken' 'msgid "a"\nmsgstr "\\q"\n'
refuse 'no part of a PO file' 'msgctxt "a"\nmsgid "a"\nmsgstr "b"\n'
refuse 'no UTF-8' 'msgid "a"\nmsgstr "\344"\n'
refuse 'has this number' 'msgid "a"\nmsgid_plural "{0}"\nmsgstr[9] "b"\n'
{ head_of xx 'nplurals=2; plural=(n != 7)'; } >bad.po
check "refuses an unknown rule" '! "$POC" bad.c bad.po 2>says && grep -q "Plural-Forms is missing or unknown" says'
check "refuses a missing file" '! "$POC" bad.c none.po 2>/dev/null'
check "misuse is status 2" '"$POC" 2>/dev/null; [ $? = 2 ]'

head_of pt_BR 'nplurals=2; plural=n > 1' >pt.po
printf 'msgid "say"\nmsgstr "diga \\"{\\" \\\\ ??/ \\n\\t"\nmsgid "later"\nmsgstr ""\n' >>pt.po
"$POC" tables.c pl.po pt.po
cat >lang_main.c <<'END'
#include <stdio.h>
#include "base/lang.h"
int main(void) {
    const struct lang *l = lang_find(S("pt-br"));
    str s = lang_text(l, "say"), t = lang_text(l, "later");
    printf("%s|%s|%d|%.*s|%.*s|%.*s", l->tag, l->name, (int)l->plural, STR_FMT(s), STR_FMT(t),
           STR_FMT(lang_text(lang_find(S("pl")), "Hinted")));
    return lang_find(S("pt")) != NULL;
}
END
check "the tables build and answer" 'build -o lang lang_main.c tables.c "$LIB" -lxxhash -lunistring &&
    [ "$(./lang; echo .)" = "$(printf "pt-BR|Name pt_BR|2|diga \"{\" \\\\ ??/ \n\t|later|Hinted.")" ]'
check "a language half done is not offered" 'grep -q "offered = false" tables.c && ! grep -q "offered = true" tables.c'
"$POC" done.c once.po && sed -n '1,/^$/p' once.po >whole.po && printf 'msgid "a"\nmsgstr "b"\n' >>whole.po && "$POC" done.c whole.po
check "a language that is done is offered" 'grep -q "offered = true" done.c'
"$POC" none.c
check "no language at all builds" 'build -c -o none.o none.c'

# ---- embed ----
mkdir -p assets/deep sql other
printf 'body {}\n' >assets/a.css
printf 'deep' >assets/deep/x.js
printf 'hidden' >assets/.hidden
: >assets/empty.svg
printf 'a\000b' >other/data.bin
printf 'SELECT 1;\n' >sql/0001-start.sql
check "embeds" '"$EMBED" out.c out.h assets sql lib/data.bin=other/data.bin'
cat >embed_main.c <<'END'
#include <stdio.h>
#include <string.h>
#include "base/embedded.h"
int main(void) {
    size_t n;
    const struct embedded_file *f = embedded_all(&n);
    for (size_t i = 0; i < n; i++)
        printf("%s %s %zu %zu %d\n", f[i].path, f[i].type, f[i].n, strlen(f[i].hash), f[i].bytes[f[i].n]);
    const struct embedded_file *data = embedded_find(S("lib/data.bin"));
    if (!data || memcmp(data->bytes, "a\0b", 4) != 0) return 1;
    if (strcmp((const char *)embedded_find(S("sql/0001-start.sql"))->bytes, "SELECT 1;\n") != 0) return 2;
    if (embedded_find(S("")) || embedded_find(S("assets")) || embedded_find(S("zzz"))) return 3;
    printf("%zu\n", strlen(embedded_version()));
    return 0;
}
END
cat >want <<'END'
assets/a.css text/css; charset=utf-8 8 16 0
assets/deep/x.js text/javascript; charset=utf-8 4 16 0
assets/empty.svg image/svg+xml 0 16 0
lib/data.bin application/octet-stream 3 16 0
sql/0001-start.sql text/plain; charset=utf-8 10 16 0
16
END
for mode in "-fPIE -pie -O2" "-fPIC -O0"; do
    check "embedded files build with $mode and are right" 'build $mode -o embed embed_main.c out.c "$LIB" \
        -lxxhash -lunistring && ./embed >got && cmp -s want got'
done
first=$(grep embedded_files_hash out.c)
check "names what it was made from" 'grep -q "^out.c: .*assets/deep/x.js" out.c.d && grep -q "other/data.bin" out.c.d'
printf 'body { }\n' >assets/a.css
"$EMBED" out.c out.h assets sql lib/data.bin=other/data.bin
check "the version follows the content" '[ "$first" != "$(grep embedded_files_hash out.c)" ]'
check "refuses two of a name" '! "$EMBED" out.c out.h assets assets/a.css=other/data.bin 2>/dev/null'
check "refuses a missing file" '! "$EMBED" out.c out.h assets none 2>/dev/null'
printf x >'assets/a"b.css'
check "refuses a name that C would misread" '! "$EMBED" out.c out.h assets 2>/dev/null'
check "misuse is status 2" '"$EMBED" out.c 2>/dev/null; [ $? = 2 ]'

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
