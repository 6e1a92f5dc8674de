/* Hostile letters cost what their size costs: for each shape, a letter and one of twice its size, as the
 * reading child reads them. Prints how much longer the larger takes; the limit is 2.2, and above it the
 * program fails. Each time is the middle of several. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "format/html.h"
#include "format/mime.h"
#include "kit.h"

enum { TRIES = 9 };

static void times(buf *b, const char *what, size_t n) {
    for (size_t i = 0; i < n; i++) buf_add_z(b, what);
}

/* Shapes: `n` is what is doubled. */
static void nested(buf *b, size_t n) {
    buf_add_z(b, "Content-Type: text/html\n\n");
    for (size_t i = 0; i < n / 200; i++) {
        times(b, "<div>", 200);
        times(b, "</div>", 200);
    }
}
static void marks(buf *b, size_t n) {
    buf_add_z(b, "Content-Type: text/html\n\n");
    times(b, "<p><b><i>x", n);
}
static void tables(buf *b, size_t n) {
    buf_add_z(b, "Content-Type: text/html\n\n<table>");
    times(b, "<tr><td>x<b>y", n);
}
static void attributes(buf *b, size_t n) {
    buf_add_z(b, "Content-Type: text/html\n\n<p ");
    for (size_t i = 0; i < n; i++) buf_add_fmt(b, "a%zu=\"x\" ", i % 60);
    buf_add_z(b, ">x</p>");
}
static void entities(buf *b, size_t n) {
    buf_add_z(b, "Content-Type: text/html\n\n");
    times(b, "&amp;&lt;&#x41;&nosuch;", n);
}
static void comments(buf *b, size_t n) {
    buf_add_z(b, "Content-Type: text/html\n\n");
    times(b, "<!--x--><!-- <", n);
}
static void many_parts(buf *b, size_t n) {
    buf_add_z(b, "Content-Type: multipart/mixed; boundary=b\n\n");
    times(b, "--b\nContent-Type: text/plain; name=x.txt\n\nx\n", n);
}
static void deep_parts(buf *b, size_t n) {
    for (size_t i = 0; i < n; i++)
        buf_add_fmt(b, "Content-Type: multipart/mixed; boundary=b%zu\n\n--b%zu\n", i, i);
}
static void long_header(buf *b, size_t n) {
    times(b, "X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", n);
    buf_add_z(b, "Subject: x\n\nx\n");
}
static void addresses(buf *b, size_t n) {
    buf_add_z(b, "To: a@b.example");
    times(b, ",\n \"x (y) <z>\" <a.b@c.example>", n);
    buf_add_z(b, "\n\nx\n");
}
static void words(buf *b, size_t n) {
    buf_add_z(b, "Subject: ");
    times(b, "=?utf-8?q?=C3=A4?=\n ", n);
    buf_add_z(b, "\n\nx\n");
}
static void letters_in_letters(buf *b, size_t n) {
    times(b, "Subject: x\nContent-Type: message/rfc822\n\n", n);
}
static void calendar(buf *b, size_t n) {
    buf_add_z(b, "Content-Type: text/calendar\n\nBEGIN:VCALENDAR\n");
    times(b, "BEGIN:VEVENT\nSUMMARY:x\n y\n  z\nDTSTART;TZID=\"a;b\":20260101T100000\nEND:VEVENT\n", n);
}
static void quotes(buf *b, size_t n) {
    buf_add_z(b, "Content-Type: text/plain; format=flowed\n\n");
    times(b, ">>>> >> > x \n", n);
}

static const struct shape {
    const char *name;
    void (*write)(buf *b, size_t n);
    size_t n;
} shapes[] = {
    {"nested elements", nested, 40000}, {"marks left open", marks, 2000},
    {"table cells", tables, 3000},      {"attributes", attributes, 20000},
    {"entities", entities, 20000},      {"comments", comments, 30000},
    {"parts", many_parts, 400},         {"parts in parts", deep_parts, 4000},
    {"header", long_header, 6000},      {"addresses", addresses, 5000},
    {"encoded words", words, 20000},    {"letters in letters", letters_in_letters, 400},
    {"calendar", calendar, 3000},       {"quoted lines", quotes, 30000},
};

/* What the child does with a letter. */
static double read_once(str raw) {
    ARENA_AUTO arena *a = arena_new(1 << 30);
    struct mime_letter l;
    double began = seconds(CLOCK_THREAD_CPUTIME_ID);
    if (mime_read(a, raw, &mime_default_limits, &l)) return 0;
    for (size_t i = 0; i < l.html_parts.n; i++) {
        safe_html safe;
        int remote;
        (void)!html_sanitise(a, l.html_parts.v[i], &safe, &remote);
    }
    return seconds(CLOCK_THREAD_CPUTIME_ID) - began;
}

static void fill(const struct shape *s, size_t n, buf *b) {
    buf_add_z(b, "From: a@b.example\nMIME-Version: 1.0\n");
    s->write(b, n);
}

/* The middle of several pairs, each measured at one time, so that what else runs counts on both sides. */
static double longer(const struct shape *s, double *ret_seconds) {
    BUF_AUTO buf one = BUF_MAX(64 << 20), two = BUF_MAX(64 << 20);
    double ratios[TRIES], large[TRIES];
    fill(s, s->n, &one);
    fill(s, s->n * 2, &two);
    for (int i = 0; i < TRIES; i++) {
        double once = read_once(buf_str(&one));
        large[i] = read_once(buf_str(&two));
        ratios[i] = once > 0 ? large[i] / once : 0;
    }
    qsort(ratios, TRIES, sizeof *ratios, by_size);
    qsort(large, TRIES, sizeof *large, by_size);
    *ret_seconds = large[TRIES / 2];
    return ratios[TRIES / 2];
}

int main(void) {
    int bad = 0;
    double worst = 0, slowest = 0;
    const char *which = "", *slow = "";
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        double took, times_longer = longer(&shapes[i], &took);
        printf("%-20s doubled takes %.2f times as long, %.2f ms\n", shapes[i].name, times_longer, took * 1e3);
        if (times_longer > worst) worst = times_longer, which = shapes[i].name;
        if (took > slowest) slowest = took, slow = shapes[i].name;
        bad += times_longer > 2.2;
    }
    printf("| hostile letters: twice the size takes at most so many times as long | ≤ 2.2 | %.2f (%s) |\n",
           worst, which);
    printf("| the slowest of them | ≤ 1 s | %.0f ms (%s) |\n", slowest * 1e3, slow);
    return bad ? 1 : 0;
}
