#include <stdio.h>
#include <string.h>

#include "base/embedded.h"
#include "base/zone.h"
#include "cli/cli.h"
#include "cli/demo.h"
#include "cli/serve.h"
#include "desk/catalogue.h"
#include "desk/intake.h"
#include "desk/people.h"
#include "desk/settings.h"
#include "desk/voice.h"
#include "jobs/jobs.h"
#include "mail/send.h"
#include "store/conversation.h"

/* "@" behind "Date:" becomes the time the letter came. */
static str with_date(arena *a, str letter, int64_t at) {
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    size_t mark = str_find(letter, S("\nDate: @\r\n"), 0);
    if (mark == SIZE_MAX) return letter;
    struct local_time t;
    zone_local(zone_utc, at, &t);
    str date = str_fmt(a, "%s, %d %s %lld %02d:%02d:%02d +0000", days[t.weekday], t.day, months[t.month - 1],
                       (long long)t.year, t.hour, t.minute, t.second);
    BUF_AUTO buf b = BUF_MAX(16 << 20);
    buf_add(&b, str_slice(letter, 0, mark + 7));
    buf_add(&b, date);
    buf_add(&b, str_slice(letter, mark + 8, letter.n));
    return str_copy(a, buf_str(&b));
}

/* demo/041-milo.eml came 41 hours ago. */
static err deliver_one(struct cli_desk *c, const struct embedded_file *file, struct intake_inbox to) {
    int64_t hours, at = desk_now(&c->desk), id;
    str path = str_z(file->path);
    if (!str_to_int(str_slice(path, 5, 8), &hours))
        return err_set(ERR_INTERNAL, "%s has no hours.", file->path);
    at -= hours * HOUR_MS + 7 * MINUTE_MS;
    wall_clock then = clock_fixed(&at);
    c->desk.clock = &then;
    str letter = with_date(c->arena, (str){(const char *)file->bytes, file->n}, at);
    err e = intake_keep(&c->desk, c->arena, to, S(""), S("letters@tidewatch.example"), letter, &id);
    c->desk.clock = NULL;
    return e;
}

static err has_letters(struct cli_desk *c, int64_t brand, bool *ret) {
    DB_READ_AUTO db_conn *conn = NULL;
    conversation_list rows = {0};
    TRY(db_read_begin(c->desk.db, &conn));
    TRY(store_conversation_view(conn, c->arena, brand, VIEW_WAITING, 0, (struct page_key){0}, 1, &rows));
    *ret = rows.n > 0;
    return ERR_NONE;
}

/* Before the letters, so that they are read with it. What is there is left alone: it may be the user's own.
 */
static err fill_catalogue(struct cli_desk *c, int64_t brand) {
    enum { MAX = 16 };
    struct catalogue_source files[MAX];
    struct catalogue_report report;
    int64_t version;
    size_t n, used = 0;
    TRY(catalogue_version(&c->desk, brand, &version));
    if (version) return ERR_NONE;
    const struct embedded_file *all = embedded_all(&n);
    str folder = S("demo/catalogue/");
    for (size_t i = 0; i < n && used < MAX; i++) {
        str path = str_z(all[i].path);
        if (!str_starts(path, folder)) continue;
        files[used++] = (struct catalogue_source){str_slice(path, folder.n, path.n),
                                                  {(const char *)all[i].bytes, all[i].n}};
    }
    return catalogue_import(&c->desk, c->arena, brand, files, used, NULL, &report);
}

static const struct {
    enum voice_sort sort;
    const char *name, *text;
} pieces[] = {
    {VOICE_FRAMEWORK, "A piece was lost or is missing",
     "Dear [[their name]],\n\n"
     "[[in your own words: what happened, as they told it, and what it meant to them]]\n\n"
     "[[which piece you packed, and when it will be there]] There is nothing to pay and nothing to send "
     "back.\n\n"
     "[[answer whatever else they asked]]\n\n"
     "[[who signs]]\n"},
    {VOICE_FRAMEWORK, "An invoice is wrong",
     "Dear [[their name]],\n\n"
     "[[in your own words: what is wrong with the invoice, so that they see you have read it]]\n\n"
     "That was our mistake. I have written a new one: [[number and date of the new invoice]]. The old one "
     "does not "
     "count any more.\n\n"
     "[[what you did so that it does not happen again]]\n\n"
     "[[who signs]]\n"},
    {VOICE_FACT, "Changing the lamp of the lighthouse",
     "1. Turn the lantern room to the left until it clicks, and lift it off.\n"
     "2. Pull the old lamp straight up.\n"
     "3. Press the new one in until it sits flush, and put the lantern room back on.\n"},
    {VOICE_FACT, "Small parts",
     "Not suitable for children under three years: small parts can be swallowed.\n"},
};

static err has_voice(struct cli_desk *c, int64_t brand, bool *ret) {
    DB_READ_AUTO db_conn *conn = NULL;
    store_piece_list frameworks = {0}, facts = {0};
    TRY(db_read_begin(c->desk.db, &conn));
    TRY(voice_pieces(conn, c->arena, brand, &frameworks, &facts));
    *ret = frameworks.n + facts.n > 0;
    return ERR_NONE;
}

static err fill_voice(struct cli_desk *c, const struct people_setup_done *done) {
    const struct actor ines = {done->brand.id, done->admin.id, done->admin.name};
    bool filled;
    int64_t id;
    TRY(has_voice(c, done->brand.id, &filled));
    for (size_t i = 0; !filled && i < sizeof pieces / sizeof *pieces; i++) {
        const struct voice_form form = {str_z(pieces[i].name), str_z(pieces[i].text), 0};
        TRY(voice_piece_add(&c->desk, c->arena, &ines, pieces[i].sort, &form, &id));
    }
    return ERR_NONE;
}

/* Through the same door as every letter: kept first, read by the job. */
static err fill(struct cli_desk *c, const struct people_setup_done *made) {
    int64_t brand = made->brand.id;
    bool filled;
    TRY(has_letters(c, brand, &filled));
    TRY(fill_catalogue(c, brand));
    if (filled) return ERR_NONE;
    TRY(fill_voice(c, made));
    TRY(demo_world(c, &(struct actor){brand, made->admin.id, made->admin.name}));
    TRY(demo_status(c, &(struct actor){brand, made->admin.id, made->admin.name}));
    TRY(demo_leeway(c, &(struct actor){brand, made->admin.id, made->admin.name}));
    TRY(demo_stock(c, &(struct actor){brand, made->admin.id, made->admin.name}));
    TRY(setting_change(&c->desk, c->arena, brand, S("missing_pieces"), S("1")));
    struct intake_inbox to;
    TRY(intake_find(&c->desk, c->arena, S("letters@tidewatch.example"), &to));
    size_t n;
    const struct embedded_file *all = embedded_all(&n);
    /* Oldest first, so that the order of ids is the order of arrival. */
    for (size_t i = n; i-- > 0;)
        if (str_starts(str_z(all[i].path), S("demo/")) && str_ends(str_z(all[i].path), S(".eml")))
            TRY(deliver_one(c, &all[i], to));
    int done;
    return jobs_run_due(&c->desk, S("/proc/self/exe"), &done);
}

struct ready {
    struct cli_desk *c;
    str email, password;
};

static void say_ready(void *context, int port) {
    struct ready *r = context;
    printf("\nLonghand, with the invented brand Tidewatch Toys:\n\n  http://127.0.0.1:%d\n\n  sign in with  "
           "%.*s\n",
           port, STR_FMT(r->email));
    if (r->password.n)
        printf("  password      %.*s\n", STR_FMT(r->password));
    else
        printf(
            "  password      as printed when this folder was made; `longhand agent reset` makes a new one\n");
    printf("\nReplies do not leave this machine; they go into %.*s/maildir. Ctrl-C stops the desk.\n\n",
           STR_FMT(r->c->desk.folder));
    fflush(stdout);
}

enum { OPT_DATA, OPT_HTTP, OPT_LMTP, OPT_PREPARE };
static const struct cli_option options[] = {
    {"data", false, "the data folder (./data)"},
    {"http", false, "where the pages are served (127.0.0.1:8080)"},
    {"lmtp", false, "where letters come in (127.0.0.1:2424)"},
    {"prepare", true, "only make the brand and its letters, do not serve"},
    {0},
};

static const struct people_setup tidewatch = {.brand = {"Tidewatch Toys", 14},
                                              .inbox = {"letters@tidewatch.example", 25},
                                              .admin = {"ines@tidewatch.example", 22},
                                              .admin_name = {"Ines Duarte", 11},
                                              .zone = {"Europe/Lisbon", 13},
                                              .language = {"en", 2}};

int verb_demo(int argc, char **argv) {
    struct cli_args args;
    int status;
    if (!cli_parse(cli_verb("demo"), options, 0, 0, argc, argv, &args, &status)) return status;
    CLI_DESK_AUTO struct cli_desk c;
    if (cli_desk_open(args.value[OPT_DATA], NULL, 0, &c)) return cli_fail("demo", NULL);
    if (args.value[OPT_HTTP]) c.config.http = str_z(args.value[OPT_HTTP]);
    if (args.value[OPT_LMTP]) c.config.lmtp = str_z(args.value[OPT_LMTP]);
    c.config.public_url = c.desk.public_url = str_fmt(c.arena, "http://%.*s", STR_FMT(c.config.http));
    struct people_setup_done done;
    if (people_setup(&c.desk, c.arena, &tidewatch, &done) || fill(&c, &done) ||
        cli_config_write(c.arena, c.desk.folder, &c.config))
        return cli_fail("demo", NULL);
    struct ready ready = {&c, done.admin.email, done.first_password};
    if (args.value[OPT_PREPARE]) {
        say_ready(&ready, 0);
        return EXIT_DONE;
    }
    return serve_run(&c, say_ready, &ready) ? cli_fail("demo", NULL) : EXIT_DONE;
}
