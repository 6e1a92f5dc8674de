#include "format/html_tree.h"

#include <setjmp.h>
#include <string.h>
#include <time.h>

enum { MEMORY_MAX = 96 << 20, CPU_MS_MAX = 4000, CLOCK_EVERY = 512 };

/* Gumbo cannot be stopped and must not be refused memory, but all that it holds is memory: leaving it by a
 * long jump from its allocator and freeing the arena loses nothing. */
struct guard {
    arena *memory;
    size_t count;
    int64_t cpu_ends_ms;
    jmp_buf out;
};

static int64_t cpu_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void *guard_alloc(void *context, size_t n) {
    struct guard *g = context;
    bool late = ++g->count % CLOCK_EVERY == 0 && cpu_ms() > g->cpu_ends_ms;
    if (late || n > MEMORY_MAX || arena_used(g->memory) + n > MEMORY_MAX) longjmp(g->out, 1);
    return arena_alloc(g->memory, n);
}

static void guard_free(void *context, void *p) {
    (void)context;
    (void)p;
}

/* The depth is counted before the tree is built, since the parser walks the open elements for every tag. An
 * element that its follower closes (p, li, td, ...) is not counted; the guard takes what slips through. */
struct depth {
    struct {
        uint32_t name;
        bool mark; /* formatting: stays open past the end of its parent */
    } open[HTML_DEPTH_MAX];
    size_t n;
};

static uint32_t name_hash(str name) {
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < name.n; i++) h = (h ^ (uint32_t)(unsigned char)(name.p[i] | 0x20)) * 16777619u;
    return h;
}

static bool in_set(str name, const char *set) {
    /* " a b c " */
    char key[16];
    if (name.n == 0 || name.n + 2 > sizeof key) return false;
    key[0] = ' ';
    for (size_t i = 0; i < name.n; i++) key[i + 1] = (char)(name.p[i] | 0x20);
    key[name.n + 1] = ' ';
    return str_find(str_z(set), (str){key, name.n + 2}, 0) != SIZE_MAX;
}

static const char no_depth[] =
    " area base br col embed hr img input link meta param source track wbr basefont bgsound "
    "frame keygen p li dd dt option optgroup tbody thead tfoot colgroup caption tr td th "
    "html head body rp rt ";
static const char cell_parts[] = " tr td th caption tbody thead tfoot ";
static const char marks[] = " a b big code em font i nobr s small strike strong tt u ";
static const char raw_text[] = " script style title textarea xmp iframe noembed noframes plaintext ";

static void depth_cut(struct depth *d, size_t to, bool keep_marks) {
    size_t n = to;
    for (size_t i = to; i < d->n; i++)
        if (keep_marks && d->open[i].mark) d->open[n++] = d->open[i];
    d->n = n;
}

static size_t depth_find(const struct depth *d, uint32_t name) {
    for (size_t i = d->n; i > 0; i--)
        if (d->open[i - 1].name == name) return i - 1;
    return SIZE_MAX;
}

static bool depth_open(struct depth *d, str name) {
    if (in_set(name, cell_parts)) {
        /* A new cell or row ends all that is open in the one before. */
        size_t table = depth_find(d, name_hash(S("table")));
        if (table != SIZE_MAX) depth_cut(d, table + 1, false);
        return true;
    }
    if (in_set(name, no_depth)) return true;
    if (d->n == HTML_DEPTH_MAX) return false;
    d->open[d->n].name = name_hash(name);
    d->open[d->n++].mark = in_set(name, marks);
    return true;
}

static void depth_close(struct depth *d, str name) {
    if (in_set(name, cell_parts)) {
        size_t table = depth_find(d, name_hash(S("table")));
        if (table != SIZE_MAX) depth_cut(d, table + 1, false);
        return;
    }
    size_t at = depth_find(d, name_hash(name));
    if (at == SIZE_MAX) return;
    if (d->open[at].mark) {
        memmove(&d->open[at], &d->open[at + 1], (d->n - at - 1) * sizeof *d->open);
        d->n--;
    } else {
        depth_cut(d, at, name_hash(name) != name_hash(S("table")));
    }
}

static bool name_char(char c) { return c > ' ' && c != '>' && c != '/'; }

/* From behind the tag's name to behind its '>', quotes in attributes minded. */
static size_t tag_end(str html, size_t i) {
    char quote = 0, before = 0;
    for (; i < html.n; i++) {
        char c = html.p[i];
        if (quote) {
            if (c == quote) quote = 0;
        } else if (c == '>') {
            return i + 1;
        } else if ((c == '"' || c == '\'') && before == '=') {
            quote = c;
        }
        if (c > ' ') before = c;
    }
    return html.n;
}

static size_t raw_end(str html, size_t i, str name) {
    while ((i = str_find(html, S("</"), i)) != SIZE_MAX) {
        if (str_eq_nocase(str_slice(html, i + 2, i + 2 + name.n), name)) return i;
        i += 2;
    }
    return html.n;
}

static bool shallow(str html) {
    struct depth d;
    d.n = 0;
    for (size_t i = 0; (i = str_find_char(html, '<', i)) != SIZE_MAX;) {
        str rest = str_slice(html, i, html.n);
        if (str_starts(rest, S("<!--"))) {
            size_t end = str_find(html, S("-->"), i + 2);
            i = end == SIZE_MAX ? html.n : end + 3;
            continue;
        }
        bool closing = rest.n > 1 && rest.p[1] == '/';
        size_t from = i + 1 + closing, to = from;
        while (to < html.n && name_char(html.p[to])) to++;
        str name = str_slice(html, from, to);
        i = to > from ? to : from;
        bool letter = name.n && (name.p[0] | 0x20) >= 'a' && (name.p[0] | 0x20) <= 'z';
        if (!letter) continue;
        i = tag_end(html, to);
        bool self_closed = i >= 2 && html.p[i - 1] == '>' && html.p[i - 2] == '/';
        if (closing)
            depth_close(&d, name);
        else if (in_set(name, raw_text))
            i = raw_end(html, i, name);
        else if (!(self_closed && depth_find(&d, name_hash(S("svg"))) != SIZE_MAX) && !depth_open(&d, name))
            return false;
    }
    return true;
}

static const GumboNode *find_body(const GumboOutput *out) {
    const GumboNode *html = out->root;
    if (!html || html->type != GUMBO_NODE_ELEMENT) return NULL;
    const GumboVector *children = &html->v.element.children;
    for (unsigned i = 0; i < children->length; i++) {
        const GumboNode *child = children->data[i];
        if (child->type == GUMBO_NODE_ELEMENT && child->v.element.tag == GUMBO_TAG_BODY) return child;
    }
    return NULL;
}

err html_tree_parse(str html, size_t max, struct html_tree *ret_tree) {
    if (html.n > max) return err_set(ERR_LIMIT, "The HTML has more than %zu bytes.", max);
    if (!shallow(html))
        return err_set(ERR_LIMIT, "The HTML is nested deeper than %d levels.", HTML_DEPTH_MAX);
    struct guard g = {.memory = arena_new(MEMORY_MAX + (1 << 20)), .cpu_ends_ms = cpu_ms() + CPU_MS_MAX};
    GumboOptions options = kGumboDefaultOptions;
    options.allocator = guard_alloc;
    options.deallocator = guard_free;
    options.userdata = &g;
    options.max_errors = 0;
    if (setjmp(g.out)) {
        arena_free(g.memory);
        return err_set(ERR_LIMIT, "The HTML takes too much memory or time to read.");
    }
    const GumboOutput *out = gumbo_parse_with_options(&options, html.n ? html.p : "", html.n);
    ret_tree->memory = g.memory;
    ret_tree->body = find_body(out);
    return ERR_NONE;
}

void html_tree_free(struct html_tree *tree) {
    arena_free(tree->memory);
    tree->memory = NULL;
    tree->body = NULL;
}
