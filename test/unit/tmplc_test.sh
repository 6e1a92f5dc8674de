#!/bin/sh
# tmplc: what it refuses and with which words, what it takes, and what a compiled page prints.
# TMPLC, POC, LIB and CC may be set; else the tools and the library of the asan build are used.
cd "$(dirname "$0")/../.." || exit 1
TMPLC=${TMPLC:-build/tools/tmplc}
LIB=${LIB:-build/asan/liblonghand.a}
CC=${CC:-gcc}
LIBS=$(pkg-config --libs gumbo 2>/dev/null)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

ok() { passed=$((passed + 1)); }
bad() {
    failed=$((failed + 1))
    echo "FAILED: $1" >&2
}

compile() { "$TMPLC" "$1" "$work/out.c" "$work/out.h" 2>"$work/says"; }
body() { printf '{%% page p(str x, int n) %%}\n%s\n{%% end %%}\n' "$1" >"$work/in.tmpl"; }

# refuse WORDS BODY: line 2 of the file must be refused with these words.
refuse() {
    body "$2"
    if compile "$work/in.tmpl"; then
        bad "accepted: $2"
    elif grep -qF "in.tmpl:2: error: " "$work/says" && grep -qF -- "$1" "$work/says"; then
        ok
    else
        bad "wanted \"$1\" for $2, got: $(cat "$work/says")"
    fi
}

# refuse_file WORDS TEXT: the same for a whole file, any line.
refuse_file() {
    printf '%s\n' "$2" >"$work/in.tmpl"
    if compile "$work/in.tmpl"; then
        bad "accepted: $2"
    elif grep -qF -- "$1" "$work/says"; then
        ok
    else
        bad "wanted \"$1\" for $2, got: $(cat "$work/says")"
    fi
}

# c_compiles: does the generated C compile without a warning?
c_compiles() {
    "$CC" -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Werror -Isrc -I"$work" -fsyntax-only "$work/out.c" 2>"$work/says"
}

accept() {
    body "$1"
    if compile "$work/in.tmpl" && c_compiles; then ok; else bad "refused: $1: $(cat "$work/says")"; fi
}

# no_c BODY: passes the template compiler, and the C compiler refuses it with the template's line.
no_c() {
    body "$1"
    if ! compile "$work/in.tmpl"; then
        bad "tmplc itself refused: $1: $(cat "$work/says")"
    elif c_compiles; then
        bad "compiled: $1"
    elif grep -q "in.tmpl:2:" "$work/says"; then
        ok
    else
        bad "the message names no template line: $1: $(head -3 "$work/says")"
    fi
}

# Text that nobody could translate.
refuse 'text must be translated' '<p>Hello</p>'
refuse 'for "Hello "' '<p>Hello {{ x }}</p>'
refuse 'text must be translated' '<p>&hearts; é</p>'
refuse 'text must be translated' '{{ x }} letters'
refuse 'text must be translated' '<code>longhand</code>'
refuse 'text must be translated' '<code class="literal">a</code>b'
refuse 'text must be translated' '<title>Desk</title>'
refuse 'text must be translated' '<textarea>Dear</textarea>'
refuse 'text must be translated' '{% if (n) %}yes{% end %}'
for name in title alt placeholder label aria-label aria-description aria-placeholder aria-roledescription \
    aria-valuetext; do
    refuse "$name is read by people" "<p $name=\"Close\">"
    refuse "$name is read by people" "<p $name='{{ x }} left'>"
done
refuse 'title is read by people' '<p title=Close>'
refuse 'the text of a button must be translated' '<input type="submit" value="Send">'
refuse 'the text of a button must be translated' '<input value="Send" type="button">'
refuse 'write &amp; for' '<p>1 & 2</p>'

# Places where nothing may be printed.
refuse '{{ }} is refused inside <script>' '<script>{{ x }}</script>'
refuse '{{ }} is refused inside <script>' '<script>var a = "</b>{{ x }}"</script>'
refuse '{{ }} is refused inside <style>' '<style>{{ x }}</style>'
refuse '{{ }} is refused inside <style>' '<STYLE>{{ x }}</STYLE>'
refuse '{{ }} is refused inside <iframe>' '<iframe>{{ x }}</iframe>'
refuse '{{ }} is refused inside <noembed>' '<noembed>{{ x }}</noembed>'
refuse '{{ }} is refused inside <xmp>' '<xmp>{{ x }}</xmp>'
refuse '<plaintext> cannot be closed' '<plaintext>'
refuse '{% %} is refused inside <script>' '<script>{% if (n) %}1{% end %}</script>'
refuse '<!-- inside <script> is refused' '<script><!-- </script>'
refuse 'does not close it by' '<script/>{{ x }}'
refuse 'does not close it by' '<textarea />{{ x }}'
refuse 'write &lt; inside <textarea>' '<textarea><b>{{ x }}</b></textarea>'
refuse '{{ }} is refused in onclick=' '<p onclick="{{ x }}">'
refuse '{{ }} is refused in onclick=' '<p ONCLICK="go({{ n }})">'
refuse '{{ }} is refused in onfocus=' "<p onfocus='{{ x | json }}'>"
refuse '{{ }} is refused in hx-on:click=' '<p hx-on:click="{{ x }}">'
refuse '{{ }} is refused in style=' '<p style="color: {{ x }}">'
refuse '{{ }} is refused in srcset=' '<img srcset="{{ x | link }}">'
refuse '{{ }} is refused in hx-trigger=' '<p hx-trigger="every {{ n }}s">'
refuse 'hx-vals needs {{ x | json }}' "<p hx-vals='{\"a\": \"{{ x }}\"}'>"
refuse 'hx-headers needs {{ x | json }}' "<p hx-headers='{\"a\": {{ x | path }}}'>"
refuse 'unquoted attribute value' '<p class={{ x }}>'
refuse 'put the value of class in quotes' '<p class=a{{ x }}>'
refuse "'<' begins no tag" '<{{ x }}>'
refuse '{{ }} is refused in a tag name' '<h{{ n }}>'
refuse '{{ }} is refused in a tag outside' '<p {{ x }}="1">'
refuse '{{ }} is refused in a tag outside' '<p data-{{ x }}="1">'
refuse '{{ }} is refused in a tag outside' '<p class="a"{{ x }}>'
refuse 'refused inside an HTML comment' '<!-- {{ x }} -->'
refuse 'refused inside an HTML comment' '<!-- {% if (n) %} -->'
refuse '{{ }} is refused in <!doctype>' '<!doctype {{ x }}>'
refuse "'<' begins no tag" '<?xml {{ x }}?>'
refuse "'<' begins no tag" '<![CDATA[ {{ x }} ]]>'
refuse "'<' begins no tag" '1 < 2'

# URLs.
for name in href src action formaction poster hx-get hx-post; do
    refuse "$name begins with a value" "<p $name=\"{{ x }}\">"
    refuse "$name begins with a value" "<p $name=\"{{ x | path }}\">"
done
refuse 'href begins with a value' '<a href="{{ "a" }}">'
refuse 'href begins with a value' '<a href="/{{ x }}">'
refuse 'href begins with a value' '<a href="//{{ x | path }}/">'
refuse 'href begins with a value' '<a href="https://{{ x | path }}/">'
refuse 'href begins with a value' '<a href="java{{ x }}">'
refuse 'href begins with a value' '<a href="x:{{ x }}">'
refuse 'must not be a javascript URL' '<a href="javascript:go({{ n }})">'
refuse 'must not be a JavaScript URL' '<a href="JavaScript:go()">'
refuse 'must not be a data URL' '<iframe src="data:text/html,{{ x | path }}"></iframe>'
refuse 'address of <meta' '<meta http-equiv="refresh" content="3; URL={{ x | link }}">'
refuse 'must come first in href' '<a href="/c/{{ x | link }}">'
refuse 'href begins with a value' '<a href="{% if (n) %}/c/{% end %}{{ x }}">'
refuse 'href begins with a value' '<a href="{% if (n) %}/c/{% else %}{% end %}{{ x }}">'
refuse 'href begins with a value' '<a href="{% if (n) %}{{ x | link }}{% end %}{{ x }}">'
refuse '| raw is refused in an attribute' '<p class="{{ x | raw }}">'
refuse '| raw is refused inside <textarea>' '<textarea>{{ x | raw }}</textarea>'
refuse '| raw is refused inside <title>' '<title>{{ x | raw }}</title>'
refuse '| srcdoc belongs' '<p>{{ x | srcdoc }}</p>'
refuse 'belong together' '<iframe srcdoc="{{ x }}"></iframe>'
refuse 'belong together' '<p class="{{ x | srcdoc }}">'

# Statements and markup that do not fit together.
refuse 'the branches end in different places' '{% if (n) %}<p class="{% end %}'
refuse 'the branches end in different places' '{% if (n) %}<pre>{% else %}<p>{% end %}'
refuse 'the branches end in different places' '{% if (n) %}<textarea>{% end %}'
refuse '{% %} is refused inside <script>' '{% if (n) %}<script>{% end %}'
refuse 'the loop ends in another place' '{% for (; n; n--) %}<p {% end %}'
refuse 'the loop ends in another place' '<p {% for (; n; n--) %}a{% end %}>'
refuse 'white space is missing' '<scr{% if (n) %}ipt{% end %}>'
refuse 'white space is missing' '<p {% if (n) %}a{% end %}b>'
refuse 'white space is missing' '<p class="a"b>'
refuse 'without white space around' '<p class = "a">'
refuse 'without white space around' '<p class= "a">'
refuse 'refused in an unquoted' '<p class=a{% if (n) %}b{% end %}>'
refuse 'may print markup' '<p class="{% do page_when(o, 0) %}">'
refuse 'may print markup' '<title>{% do page_when(o, 0) %}</title>'
refuse 'else %} without' '{% else %}'
refuse 'else %} without' '{% if (n) %}{% else %}{% else %}{% end %}'
refuse 'else %} without' '{% for (; n; n--) %}{% else %}{% end %}'
refuse 'write {% if (...) %}' '{% if n %}{% end %}'
refuse 'closing bracket' '{% if (n) + (n) %}{% end %}{% if (n)) %}{% end %}'
refuse 'bracket' '{% if (n) { } if (n) %}{% end %}'
refuse 'unknown statement "while (n)"' '{% while (n) %}{% end %}'
refuse 'write {% let' '{% let int a %}'
refuse 'belongs before the first page' '{% include "a.h" %}'
refuse 'a page cannot stand inside' '{% page q() %}{% end %}'
refuse '</pre> without' '</pre>'
refuse 'is not closed' '{{ x'
refuse 'is not closed' '{% if (n)'
refuse 'is not closed' '{# x'
refuse_file 'in.tmpl:1: error: <!-- is not closed' '{% page p() %}<!-- x'
refuse 'a string is not closed' '{{ "x }}'
refuse_file 'the page ends inside a tag' '{% page p() %}<p {% end %}'
refuse_file 'the page ends inside a tag' '{% page p() %}<pre>{% end %}'
refuse_file 'the page ends inside a tag' '{% page p() %}<code class="literal">{% end %}'
refuse_file 'in.tmpl:1: error: the block that begins here' '{% page p() %}'
refuse_file 'in.tmpl:2: error: the block that begins here' '{% page p() %}
{% if (1) %}'
refuse_file 'a statement outside of a page' '{% page p() %}{% end %}
{% end %}'
refuse_file 'outside of a page' 'x'
refuse_file 'no {% page %}' '{# nothing #}'
refuse_file 'write {% page name(arguments) %}' '{% page p %}{% end %}'

# Printing and translated text.
refuse '{{ }} is empty' '{{ }}'
refuse 'the value before | is empty' '{{ | raw }}'
refuse 'unknown filter "safe"' '{{ x | safe }}'
refuse 'prints one value' '{{ x, n }}'
refuse 'unknown filter "3"' '{{ n | 3 }}'
refuse 'a text to translate is empty' '{{ "" }}'
refuse '{1} has no argument' '{{ "{0} and {1}", x }}'
refuse '{0} has no argument' '{{ "{0}" }}'
refuse 'an argument is used nowhere' '{{ "{0}", x, n }}'
refuse 'an argument is empty' '{{ "{0}", }}'
refuse 'only a comma' '{{ "a" | raw }}'
refuse 'only a comma' '{{ "a" x }}'
refuse 'a plural needs two texts' '{{ n ~ "one" }}'
refuse '{1} has no argument' '{{ n ~ "one" ~ "{0} of {1}" }}'
no_c '{{ o->out->failed }}'
no_c '{{ &n }}'
no_c '{{ o }}'
no_c '{{ *o }}'
no_c '{{ o->out }}'
no_c '{{ 1.5 }}'
no_c '{{ x.p[0] }}'
no_c '{{ (struct safe_html){x} }}'
no_c '{{ x | raw }}'
no_c '{{ n | raw }}'
no_c '{{ n | link }}'
no_c '{{ (struct safe_html){x} | link }}'
no_c '{{ (struct safe_html){x} | path }}'
no_c '<iframe srcdoc="{{ x | srcdoc }}"></iframe>'
no_c '{{ "{0}", (struct safe_html){x} }}'
no_c '{{ "{0}", &n }}'
no_c '{{ x ~ "one" ~ "{0} many" }}'
no_c '{{ nobody }}'
no_c '{% if (nobody) %}{% end %}'
no_c '{% let int unused = n %}'

accept '<p>1, 2: (3) &amp; &#8217; &rarr; - / ; !</p>'
accept '<p title="12 &middot; 3">{{ x }}</p>'
accept '{{ "Text" }} {{ "{0} {1}", x, n }} {{ n ~ "one" ~ "{0} many" }}'
accept '{{ "a" " and b" }}'
accept '{{ "say \"{0}\" }} {% %}", x }}'
accept '{{ (str){"}}", 2} }}'
accept '{{ n ? x : S("") }}'
accept '{{ (n | 1) }} {{ n || n }} {{ ~n }}'
accept '{{ (struct safe_html){x} | raw }}'
accept '<a href="{{ x | link }}">1</a><a href="{{ x | link }}?a={{ n }}#b">2</a>'
accept '<a href="/c/{{ n }}/{{ x }}">1</a><a href="?page={{ n }}">2</a><a href="#c{{ n }}">3</a>'
accept '<a href="/{{ x | path }}">1</a><a href="mailto:{{ x | path }}">2</a><a href="https://example.org/{{ x }}">3</a>'
accept '<a href="{% if (n) %}/a/{% else %}/b/{% end %}{{ x }}">1</a>'
accept '<a href="{% if (n) %}{{ x | link }}{% else %}/{% end %}">1</a>'
accept '<input {% if (n) %}checked{% end %}><input{% if (n) %} checked{% else %} disabled{% end %}>'
accept '<p {% for (int i = 0; i < n; i++) %}data-a {% end %}>'
accept '<input type="hidden" value="waiting"><input type="submit" value="{{ "Send" }}">'
accept '<input type="checkbox" value="yes" {% if (n) %}checked{% end %} />'
accept '<button title="{{ "Close" }}" aria-label='"'{{ \"Close {0}\", x }}'"'>&times;</button>'
accept '<script src="/a.js"></script><style>p { color: red }</style>'
accept '<svg viewBox="0 0 1 1" aria-hidden="true"><path d="M0 0h1"/></svg>'
accept '<code class="literal">longhand serve --data {{ x }}</code>'
accept '{% if (n) %}<p>{% else %}<p class="a">{% end %}{{ x }}</p>'
accept '<!-- {not} code, "x -->'
accept '<p class=a id=b>{# {{ nobody }} "x #}</p>'
accept '{% if (n == '"'%'"') %}{{ "%}" }}{% end %}'
accept '{% let int twice = n * 2 %}{{ twice }}{% do page_when(o, n) %}'
accept '{% for (int i = 0; i < n; i++) %}{% if (i) %},{% end %}{{ i }}{% end %}'
accept '<p hx-vals='"'"'{"a": {{ x | json }}, "n": {{ n | json }}}'"'"'>'

# A page with every feature, run.
cp test/unit/tmplc/views.h test/unit/tmplc/sample_main.c "$work"
if "$TMPLC" test/unit/tmplc/sample.tmpl "$work/sample.tmpl.c" "$work/sample.tmpl.h" --strings "$work/sample.pot" &&
    "$CC" -std=gnu17 -D_GNU_SOURCE -g -Wall -Wextra -Werror -Wshadow -Wmissing-prototypes -fsanitize=address,undefined \
        -Isrc -I"$work" -o "$work/sample" "$work/sample_main.c" "$work/sample.tmpl.c" "$LIB" $LIBS -lunistring \
        -lxxhash -lm -pthread; then
    "$work/sample" >"$work/page"
    if diff -u test/unit/tmplc/expected.html "$work/page" >&2; then ok; else bad "the sample page differs"; fi
else
    bad "the sample does not build"
fi
for id in 'Open {0}' '{0} wrote about {1}' 'one letter, {1}' 'Longhand' 'Send' 'kept'; do
    if grep -qF "msgid \"$id\"" "$work/sample.pot"; then ok; else bad "--strings has no \"$id\""; fi
done
if grep -qF 'msgid_plural "{0} letters, {1}"' "$work/sample.pot"; then ok; else bad "--strings has no plural"; fi

# Misuse and files that cannot be read or written.
"$TMPLC" 2>/dev/null
if [ $? = 2 ]; then ok; else bad "misuse is not status 2"; fi
if "$TMPLC" "$work/none.tmpl" "$work/out.c" "$work/out.h" 2>/dev/null; then bad "read a missing file"; else ok; fi
if "$TMPLC" test/unit/tmplc/sample.tmpl "$work/no/out.c" "$work/out.h" 2>/dev/null; then bad "wrote nowhere"; else ok; fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
