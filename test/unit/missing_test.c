/* Missing pieces: what comes in with a catalogue, finding, telling, what follows from it and what must not,
 * and the private page. On both engines. */
#include <dirent.h>
#include <pthread.h>
#include <string.h>

#include "people_kit.h"

#include "desk/box.h"
#include "desk/brands.h"
#include "desk/carrier.h"
#include "desk/catalogue.h"
#include "desk/child.h"
#include "desk/conversation.h"
#include "desk/forget.h"
#include "desk/gesture.h"
#include "desk/listening.h"
#include "desk/missing.h"
#include "desk/people.h"
#include "desk/promise.h"
#include "desk/settings.h"
#include "desk/track.h"
#include "format/lots.h"
#include "jobs/jobs.h"
#include "net/objects.h"
#include "store/job.h"
#include "store/message.h"
#include "store/missing.h"
#include "store/piece_list.h"

static struct {
    struct people_setup_done done;
    struct actor ines;
    int64_t brand;
} w;

static struct catalogue_source file(const char *name, const char *text) {
    return (struct catalogue_source){str_z(name), str_z(text)};
}

static const char products[] = "id,name,theme,year,aliases\n"
                               "5120,Night Ferry,Harbour,2022,Nachtf\xC3\xA4hre\n"
                               "9526,Ultra Sonic Raider,Space,2012,\n"
                               "4127,Harbour Glider,Harbour,2024,\n"
                               "41270,Harbour Tug,Harbour,2025,\n";
static const char figures[] = "id,name\nF-1,Captain Fenn\n";
static const char parts[] = "id,name\n77-1,\"Anchor, black\"\n10-204,Plate 2 \xC3\x97 4\n10-9,=cmd|'x'!A1\n";
static const char contents[] = "product,item,quantity\n5120,F-1,1\n";
static const char colours[] =
    "id,name,rgb,clear\nnavy,Dark blue,24405C,\nglass,Clear amber,#efb43c,1\nbad,Bad,12345,\n";
static const char pieces[] =
    "product,part,quantity,colour,element\n5120,77-1,2,,\n5120,10-204,6,navy,1020411\n"
    "5120,10-204,1,glass,\n5120,10-9,1,,\n5120,10-204,x,navy,\n5120,10-204,-4,navy,\n"
    "5120,10-204,99999999999,navy,\n5120,10-204,1,puce,\n5120,nothing,1,,\n";

static struct catalogue_report import(const struct catalogue_source *files, size_t n) {
    struct catalogue_report r;
    assert_ok(catalogue_import(&kit.d, kit.a, w.brand, files, n, NULL, &r));
    return r;
}

static struct catalogue_report import_all(void) {
    const struct catalogue_source files[] = {file("products.csv", products), file("figures.csv", figures),
                                             file("parts.csv", parts),       file("contents.csv", contents),
                                             file("colours.csv", colours),   file("pieces.csv", pieces)};
    return import(files, sizeof files / sizeof *files);
}

static void world(void) {
    static int64_t made_for;
    int64_t mark = (int64_t)(intptr_t)kit.db;
    missing_forget_tries();
    kit.now += 2 * (int64_t)DAY_MS; /* nobody was mailed today */
    if (made_for == mark) return;
    made_for = mark;
    struct people_setup wanted = {.brand = S("Tidewatch Toys"),
                                  .inbox = S("letters@tidewatch.example"),
                                  .admin = S("ines@tidewatch.example"),
                                  .admin_name = S("Ines"),
                                  .zone = S("Europe/Berlin"),
                                  .language = S("en")};
    assert_ok(people_setup(&kit.d, kit.a, &wanted, &w.done));
    w.brand = w.done.brand.id;
    w.ines = (struct actor){w.brand, w.done.admin.id, S("Ines")};
    import_all();
}

#define WORLD                                                                                                \
    (void)state;                                                                                             \
    SKIP_WITHOUT_DESK;                                                                                       \
    world()

/* ---- the catalogue's pieces ---- */

static void lots_go_round(void **state) {
    (void)state;
    BUF_AUTO buf b = BUF_MAX(10000);
    const struct lot all[] = {{S("3001"), S("0"), S("300126"), 1},
                              {S(""), S(""), S(""), 0},
                              {S("a"), S("b"), S(""), 127},
                              {S("a"), S("b"), S(""), 128},
                              {S("a"), S("b"), S(""), LOT_QUANTITY_MAX},
                              {S("a"), S("b"), S(""), LOT_QUANTITY_MAX + 5}};
    enum { N = sizeof all / sizeof *all };
    for (size_t i = 0; i < N; i++) lots_add(&b, &all[i]);
    str rest = buf_str(&b);
    struct lot got;
    for (size_t i = 0; i < N; i++) {
        assert_true(lots_next(&rest, &got));
        assert_true(str_eq(got.part, all[i].part) && str_eq(got.colour, all[i].colour));
        assert_true(str_eq(got.element, all[i].element));
        assert_int_equal(got.quantity,
                         all[i].quantity > LOT_QUANTITY_MAX ? LOT_QUANTITY_MAX : all[i].quantity);
    }
    assert_int_equal(rest.n, 0);
    assert_false(lots_next(&rest, &got));
    rest = S("\x05"
             "abc");
    assert_false(lots_next(&rest, &got));
    assert_int_equal(rest.n, 4);
    assert_true(lot_key(S("a"), S("b")) != lot_key(S("b"), S("a")));
}

static missing_piece_list pieces_of(const char *code, struct missing_product *ret) {
    struct missing_product p;
    missing_piece_list list = {0};
    assert_ok(missing_product(&kit.d, kit.a, w.brand, str_z(code), &p, &list));
    if (ret) *ret = p;
    return list;
}

static const struct missing_piece *piece(const missing_piece_list *list, const char *code,
                                         const char *colour) {
    for (size_t i = 0; i < list->n; i++)
        if (str_eq(list->v[i].code, str_z(code)) && str_eq(list->v[i].colour, str_z(colour)))
            return &list->v[i];
    return NULL;
}

static void pieces_come_in(void **state) {
    WORLD;
    struct catalogue_report r = import_all();
    assert_int_equal(r.colours, 2);
    assert_int_equal(r.pieces, 4);
    assert_int_equal(r.nproblems, 6);
    struct missing_product p;
    missing_piece_list list = pieces_of("5120", &p);
    assert_str(p.name, "Night Ferry");
    assert_int_equal(list.n, 5);
    assert_str(list.v[0].name, "Captain Fenn");
    assert_string_equal(list.v[0].kind, "figure");
    const struct missing_piece *plate = piece(&list, "10-204", "Dark blue");
    assert_non_null(plate);
    assert_str(plate->rgb, "24405c");
    assert_str(plate->element, "1020411");
    assert_int_equal(plate->quantity, 6);
    assert_false(plate->clear);
    assert_true(piece(&list, "10-204", "Clear amber")->clear);
    assert_int_equal(piece(&list, "77-1", "")->quantity, 2);
    missing_piece_list none = pieces_of("4127", NULL);
    assert_int_equal(none.n, 0);
    assert_int_equal(missing_product(&kit.d, kit.a, w.brand, S("4711"), &p, &none), ERR_MISSING);
}

static void rebrickable_pieces_of_the_newest_edition(void **state) {
    WORLD;
    struct store_brand other;
    int64_t was = w.brand;
    assert_ok(brand_create(&kit.d, kit.a, S("Bricks"), S("UTC"), S("en"), &other));
    w.brand = other.id;
    const struct catalogue_source files[] = {
        file("sets.csv", "set_num,name,year,theme_id\n90-1,Drifter,2012,1\n"),
        file("parts.csv", "part_num,name\n3001,Brick\n3002,Slope\n"),
        file("inventories.csv", "id,version,set_num\n7,1,90-1\n5,2,90-1\n"),
        file("colors.csv",
             "id,name,rgb,is_trans\n0,Black,05131D,False\n41,Trans,AABBCC,True\n-1,Any,0033B2,False\n"),
        file("elements.csv", "element_id,part_num,color_id\n300126,3001,0\n4300126,3001,0\n1,9999,0\n"),
        file("inventory_parts.csv",
             "inventory_id,part_num,color_id,quantity,is_spare,img_url\n"
             "7,3002,0,9,False,\n5,3001,0,2,False,http://x\n5,3001,0,1,True,\n"
             "5,3001,0,3,False,\n5,3001,41,1,True,\n6,3001,0,1,False,\n5,3003,0,1,False,\n"
             "5,3001,0,-1,False,\n5,3001,0,one,False,\n")};
    struct catalogue_report r = import(files, sizeof files / sizeof *files);
    assert_int_equal(r.colours, 3);
    assert_int_equal(r.nproblems, 4);
    missing_piece_list list = pieces_of("90-1", NULL);
    assert_int_equal(list.n, 2);
    assert_int_equal(piece(&list, "3001", "Black")->quantity, 5); /* without the spare one */
    assert_str(piece(&list, "3001", "Black")->element, "4300126");
    assert_int_equal(piece(&list, "3001", "Trans")->quantity, 1); /* there is none but the spare one */
    w.brand = was;
}

static void retired_parts_stay(void **state) {
    WORLD;
    const struct catalogue_source less[] = {
        file("products.csv", products),
        file("figures.csv", figures),
        file("parts.csv", "id,name\n10-204,Plate 2 \xC3\x97 4\n"),
        file("contents.csv", contents),
        file("colours.csv", colours),
        file("pieces.csv", "product,part,quantity,colour,element\n5120,10-204,6,navy,1020411\n")};
    import(less, sizeof less / sizeof *less);
    missing_piece_list list = pieces_of("5120", NULL);
    assert_non_null(piece(&list, "77-1", ""));
    assert_true(piece(&list, "77-1", "")->retired);
    assert_false(piece(&list, "10-204", "Dark blue")->retired);
    assert_null(piece(&list, "10-204", "Clear amber")); /* the part is made, only not in here any more */
    import(less, sizeof less / sizeof *less);
    list = pieces_of("5120", NULL);
    assert_int_equal(list.n, 4);
    import_all();
    list = pieces_of("5120", NULL);
    assert_int_equal(list.n, 5);
    assert_false(piece(&list, "77-1", "")->retired);
    const struct catalogue_source gone[] = {file("products.csv", "id,name\n9526,Ultra Sonic Raider\n"),
                                            file("parts.csv", parts)};
    import(gone, 2);
    struct missing_product p;
    list = pieces_of("5120", &p);
    assert_true(p.retired);
    assert_true(list.n >= 4);
    import_all();
}

/* ---- finding ---- */

static void finds(const char *query, const char *code) {
    missing_product_list found = {0};
    assert_ok(missing_search(&kit.d, kit.a, w.brand, str_z(query), &found));
    if (!found.n || !str_eq(found.v[0].code, str_z(code)))
        fail_msg("\"%s\" finds \"%.*s\" first, not %s", query,
                 STR_FMT(found.n ? found.v[0].code : S("nothing")), code);
}

static void finding_forgives(void **state) {
    WORLD;
    finds("Ultra sonic raider", "9526");
    finds("ultrasonicraider", "9526");
    finds("raider sonic", "9526");
    finds("Ultra Sonik Raidr", "9526");
    finds("9526", "9526");
    finds("set number 9526", "9526");
    finds("  4127 ", "4127");
    finds("nachtf\xC3\xA4hre", "5120");
    finds("Nachtfahre", "5120");
    finds("captain fenn", "5120");
    missing_product_list found = {0};
    assert_ok(missing_search(&kit.d, kit.a, w.brand, S("4127"), &found));
    assert_int_equal(found.n, 2); /* its beginning finds 41270 as well */
    assert_ok(missing_search(&kit.d, kit.a, w.brand, S("<script>zzz qqq"), &found));
    assert_int_equal(found.n, 0);
    assert_ok(missing_search(&kit.d, kit.a, w.brand, S(""), &found));
    assert_int_equal(found.n, 0);
}

static void filtering_pieces(void **state) {
    WORLD;
    missing_piece_list all = pieces_of("5120", NULL), some;
    missing_filter(kit.a, &all, S("plate 2x4"), &some);
    assert_int_equal(some.n, 2);
    missing_filter(kit.a, &all, S("BLUE plate"), &some);
    assert_int_equal(some.n, 1);
    missing_filter(kit.a, &all, S("1020411"), &some);
    assert_int_equal(some.n, 1);
    missing_filter(kit.a, &all, S("dragon"), &some);
    assert_int_equal(some.n, 0);
    missing_filter(kit.a, &all, S("   "), &some);
    assert_int_equal(some.n, all.n);
}

/* ---- telling ---- */

static struct missing_wish ruth(const char *email) {
    static int n;
    missing_piece_list list = pieces_of("5120", NULL);
    struct missing_wish x = {.brand = w.brand,
                             .product = S("5120"),
                             .words = S("The bag was empty. The dog was not."),
                             .name = S("Ruth Meyer"),
                             .email = str_z(email),
                             .address = S("Hafenstrasse 5\n20457 Hamburg"),
                             .country = S("DE"),
                             .key = str_fmt(kit.a, "key-of-form-%d", ++n),
                             .language = S("en")};
    *list_add(kit.a, &x.pieces) = (struct missing_chosen){piece(&list, "10-204", "Dark blue")->key, 2};
    *list_add(kit.a, &x.pieces) = (struct missing_chosen){piece(&list, "F-1", "")->key, 1};
    return x;
}

static struct missing_told tell(const struct missing_wish *x) {
    struct missing_told told;
    missing_step step;
    assert_ok(missing_tell(&kit.d, kit.a, x, &told, &step));
    return told;
}

static err refused(const struct missing_wish *x, int step) {
    struct missing_told told;
    missing_step at;
    err e = missing_tell(&kit.d, kit.a, x, &told, &at);
    if (e) assert_int_equal(at, step);
    return e;
}

static struct message letter_of(const struct missing_told *told) {
    DB_READ_AUTO db_conn *c = NULL;
    struct message m;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_message_get(c, kit.a, w.brand, told->message, &m));
    return m;
}

static void becomes_a_conversation(void **state) {
    WORLD;
    struct missing_wish x = ruth("ruth@example.org");
    struct missing_told told = tell(&x);
    struct message m = letter_of(&told);
    assert_int_equal(m.channel, CHANNEL_WEB);
    assert_str(m.from_name, "Ruth Meyer");
    assert_true(str_starts(m.text, x.words));
    assert_true(str_find(m.text, S("Night Ferry (5120)"), 0) != SIZE_MAX);
    assert_true(str_find(m.text, S("2 \xC3\x97 Plate 2 \xC3\x97 4, Dark blue (1020411)"), 0) != SIZE_MAX);
    assert_true(str_find(m.text, S("20457 Hamburg"), 0) != SIZE_MAX);
    assert_str(m.subject, "Missing pieces: Night Ferry (5120)");
    struct letter_findings f;
    assert_ok(listening_of(&kit.d, kit.a, w.brand, &m, &f));
    size_t product = 0, part = 0, figure = 0, event = 0;
    for (size_t i = 0; i < f.findings.n; i++) {
        const struct stored_finding *s = &f.findings.v[i];
        product += s->f.kind == FINDING_PRODUCT && str_eq(s->f.value, S("5120"));
        figure += s->f.kind == FINDING_PRODUCT && str_eq(s->f.value, S("F-1"));
        part += s->f.kind == FINDING_PART && str_eq(s->f.value, S("10-204"));
        event += s->f.kind == FINDING_EVENT && str_eq(s->f.value, S("missing"));
    }
    assert_int_equal(event, 1);
    assert_int_equal(product, 1);
    assert_int_equal(figure, 1);
    assert_int_equal(part, 1);
    struct store_box box;
    store_box_item_list items = {0};
    assert_ok(box_get(&kit.d, kit.a, w.brand, told.box, &box, &items, NULL));
    assert_int_equal(box.state, BOX_PROPOSED);
    assert_str(box.address, "Ruth Meyer\nHafenstrasse 5\n20457 Hamburg");
    assert_int_equal(items.n, 2);
    assert_str(items.v[0].item_code, "10-204");
    assert_str(items.v[0].colour, "Dark blue");
    assert_int_equal(items.v[0].quantity, 2);
    DB_READ_AUTO db_conn *c = NULL;
    struct conversation v;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_conversation_get(c, kit.a, w.brand, told.conversation, &v));
    assert_int_equal(v.state, CONVERSATION_US);
    assert_int_equal(v.waiting_since, kit.now);
}

static void offer_all(int64_t conversation, size_t *ret_offers, size_t *ret_clicks, size_t *ret_boxed) {
    struct gesture_offers all;
    *ret_clicks = *ret_boxed = 0;
    assert_ok(gesture_offers(&kit.d, kit.a, &w.ines, conversation, &all));
    for (size_t i = 0; i < all.offers.n; i++) {
        *ret_clicks += all.offers.v[i].within;
        *ret_boxed += all.offers.v[i].boxed;
    }
    *ret_offers = all.offers.n;
}

/* The box that the form proposes covers what is missing: one click more would send it twice, or the whole
 * product. */
static void what_is_boxed_is_not_given_again(void **state) {
    WORLD;
    struct policy_form form = {.situation = S("missing"), .answer = ANSWER_REPLACEMENT};
    int64_t policy;
    assert_ok(policy_add(&kit.d, kit.a, &w.ines, &form, &policy));
    struct missing_wish x = ruth("boxed@example.org");
    struct missing_told told = tell(&x);
    size_t offers, clicks, boxed;
    offer_all(told.conversation, &offers, &clicks, &boxed);
    assert_true(offers > 0);
    assert_int_equal(boxed, offers);
    assert_int_equal(clicks, 0);
    struct box_act act = {.box = told.box, .seen_version = -1};
    struct box_done done;
    assert_ok(box_cancel(&kit.d, kit.a, &w.ines, &act, &done));
    offer_all(told.conversation, &offers, &clicks, &boxed);
    assert_int_equal(boxed, 0);
    assert_true(clicks > 0);
}

static void the_same_form_once(void **state) {
    WORLD;
    struct missing_wish x = ruth("twice@example.org");
    struct missing_told one = tell(&x), again = tell(&x);
    assert_true(again.repeated);
    assert_int_equal(one.conversation, again.conversation);
    assert_false(str_eq(one.token, again.token));
    struct track_view v;
    assert_ok(track_open(&kit.d, kit.a, again.token, &v));
    assert_int_equal(v.boxes.n, 1);
    x.words = S("Something else.");
    assert_int_equal(refused(&x, MISSING_STEPS), ERR_CONFLICT);
}

static void what_is_refused(void **state) {
    WORLD;
    struct missing_wish x = ruth("bad@example.org");
    x.pieces.v[0].quantity = -1;
    assert_int_equal(refused(&x, MISSING_PIECES), ERR_INVALID);
    x.pieces.v[0].quantity = 7; /* the product has six */
    assert_int_equal(refused(&x, MISSING_PIECES), ERR_INVALID);
    x.pieces.v[0].quantity = INT64_MAX;
    assert_int_equal(refused(&x, MISSING_PIECES), ERR_INVALID);
    x.pieces.v[0] = (struct missing_chosen){12345, 1};
    assert_int_equal(refused(&x, MISSING_PIECES), ERR_INVALID);
    x = ruth("bad@example.org");
    x.product = S("0000");
    assert_int_equal(refused(&x, MISSING_PRODUCT), ERR_MISSING);
    x = ruth("bad@example.org");
    x.pieces.n = 0;
    assert_int_equal(refused(&x, MISSING_PIECES), ERR_INVALID);
    x.piece_words = S("the one with the round end");
    x.product = S("");
    assert_int_equal(refused(&x, MISSING_PRODUCT), ERR_INVALID);
    x = ruth("no address");
    assert_int_equal(refused(&x, MISSING_WHO), ERR_INVALID);
    x = ruth("bad@example.org\r\nBcc: all@example.org");
    assert_int_equal(refused(&x, MISSING_WHO), ERR_INVALID);
    x = ruth("bad@example.org");
    x.name = S("");
    assert_int_equal(refused(&x, MISSING_WHO), ERR_INVALID);
    x.name = S("Ruth\nBcc: all@example.org");
    assert_int_equal(refused(&x, MISSING_WHO), ERR_INVALID);
    x = ruth("bad@example.org");
    x.address = S("");
    assert_int_equal(refused(&x, MISSING_WHO), ERR_INVALID);
    x.address = S("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13");
    assert_int_equal(refused(&x, MISSING_WHO), ERR_INVALID);
    x = ruth("bad@example.org");
    x.photo = S("<svg onload=alert(1)>");
    assert_int_equal(refused(&x, MISSING_WHO), ERR_INVALID);
    x = ruth("bad@example.org");
    x.key = S("short");
    assert_int_equal(refused(&x, MISSING_STEPS), ERR_INVALID);
    x = ruth("bad@example.org");
    for (int i = 0; i < MISSING_CHOSEN_MAX; i++)
        *list_add(kit.a, &x.pieces) = (struct missing_chosen){(uint64_t)i + 1, 0};
    assert_int_equal(refused(&x, MISSING_PIECES), ERR_LIMIT);
    x = ruth("bad@example.org");
    char *much = arena_alloc(kit.a, MISSING_WORDS_BYTES + 1);
    memset(much, 'a', MISSING_WORDS_BYTES + 1);
    x.words = (str){much, MISSING_WORDS_BYTES + 1};
    assert_true(refused(&x, MISSING_WORDS) != ERR_NONE);
}

static void what_is_taken_as_it_is(void **state) {
    WORLD;
    struct missing_wish x = ruth("odd@example.org");
    x.words = S("<script>alert(1)</script>\n=HYPERLINK(\"http://x\")\n{{ name }} %s %n");
    x.address = S("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12");
    struct missing_told told = tell(&x);
    struct message m = letter_of(&told);
    assert_true(str_starts(m.text, x.words));
    struct store_box box;
    assert_ok(box_get(&kit.d, kit.a, w.brand, told.box, &box, NULL, NULL));
    assert_str(box.address, "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12");
    x = ruth("yuki@example.org");
    x.name = S("\xE5\xB1\xB1\xE7\x94\xB0 \xE9\x9B\xAA");
    x.address = S("\xE3\x80\x92"
                  "150-0001\n\xE6\x9D\xB1\xE4\xBA\xAC\xE9\x83\xBD\xE6\xB8\x8B\xE8\xB0\xB7\xE5\x8C\xBA");
    x.product = S("");
    x.product_words = S("@the boat my aunt had");
    x.pieces.n = 0;
    x.piece_words = S("=1+1 the round thing\nand its lid");
    told = tell(&x);
    store_box_item_list items = {0};
    assert_ok(box_get(&kit.d, kit.a, w.brand, told.box, &box, &items, NULL));
    assert_true(str_find(box.address, x.address, 0) != SIZE_MAX);
    assert_int_equal(items.n, 1);
    assert_str(items.v[0].item_name, "=1+1 the round thing");
    assert_str(items.v[0].item_kind, "");
    m = letter_of(&told);
    assert_str(m.subject, "Missing pieces");
    assert_true(str_find(m.text, S("@the boat my aunt had"), 0) != SIZE_MAX);
}

static void retired_parts_by_words_only(void **state) {
    WORLD;
    struct missing_wish x = ruth("late@example.org");
    missing_piece_list list = pieces_of("5120", NULL);
    x.pieces.v[0] = (struct missing_chosen){piece(&list, "77-1", "")->key, 1};
    const struct catalogue_source less[] = {file("products.csv", products),
                                            file("figures.csv", figures),
                                            file("parts.csv", "id,name\n10-204,Plate\n"),
                                            file("contents.csv", contents),
                                            file("colours.csv", colours),
                                            file("pieces.csv", "product,part,quantity\n5120,10-204,6\n")};
    import(less, sizeof less / sizeof *less);
    assert_int_equal(refused(&x, MISSING_PIECES), ERR_INVALID);
    assert_non_null(strstr(err_text(), "not made any more"));
    x.pieces.n = 0;
    x.piece_words = S("The anchor, please.");
    assert_true(tell(&x).box > 0);
    import_all();
}

static void photos_are_kept(void **state) {
    WORLD;
    struct missing_wish x = ruth("photo@example.org");
    static char large[OBJECT_ROW_BYTES + 100] = "\x89PNG\r\n\x1a\n";
    x.photo = (str){large, sizeof large};
    struct missing_told told = tell(&x);
    DB_READ_AUTO db_conn *c = NULL;
    attachment_list files = {0};
    str bytes;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_attachments_of_message(c, kit.a, w.brand, told.message, &files));
    assert_int_equal(files.n, 1);
    assert_str(files.v[0].name, "photo.png");
    assert_str(files.v[0].type, "image/png");
    assert_ok(object_get(kit.a, kit.d.folder, files.v[0].hash, &bytes));
    assert_int_equal(bytes.n, sizeof large);
    static char huge[MISSING_PHOTO_BYTES + 1] = "\xff\xd8\xff";
    x = ruth("photo@example.org");
    x.photo = (str){huge, sizeof huge};
    assert_int_equal(refused(&x, MISSING_WHO), ERR_LIMIT);
}

/* ---- children ---- */

static void a_child_is_asked_for_no_address(void **state) {
    WORLD;
    struct missing_wish x = ruth("mother@example.org");
    x.child = true;
    x.name = S("Milo");
    struct missing_told told = tell(&x); /* what a browser sent along is not kept either */
    struct message m = letter_of(&told);
    assert_true(str_find(m.text, S("Hamburg"), 0) == SIZE_MAX);
    struct store_box box;
    assert_ok(box_get(&kit.d, kit.a, w.brand, told.box, &box, NULL, NULL));
    assert_str(box.address, "");
    struct store_child k;
    assert_ok(child_get(&kit.d, kit.a, w.brand, told.conversation, &k));
    assert_int_equal(k.state, CHILD_ASKED);
    assert_str(k.ask_email, "mother@example.org");
    struct track_view v;
    assert_ok(track_open(&kit.d, kit.a, told.token, &v));
    assert_true(v.waits_for_grown_up && v.grown_up_asked);
    struct box_done done;
    const struct box_act act = {.box = told.box, .seen_version = -1};
    assert_ok(box_agree(&kit.d, kit.a, &w.ines, &act, &done));
    assert_int_equal(box_pack(&kit.d, kit.a, &w.ines, &act, true, &done), ERR_CONFLICT);
}

/* ---- limits and mail ---- */

static int mails(const char *to, str *ret_text) {
    int n = 0;
    char path[200];
    snprintf(path, sizeof path, "%s/maildir/new", kit.folder);
    DIR *d = opendir(path);
    if (!d) return 0;
    for (struct dirent *e; (e = readdir(d));) {
        str bytes, name = str_fmt(kit.a, "%s/%s", path, e->d_name);
        if (e->d_name[0] == '.' || file_read(kit.a, name, 1 << 20, &bytes)) continue;
        if (str_find(bytes, str_fmt(kit.a, "To: %s", to), 0) == SIZE_MAX) continue;
        if (ret_text) *ret_text = bytes;
        n++;
    }
    closedir(d);
    return n;
}

static void run_jobs(void) {
    int done;
    assert_ok(jobs_run_due(&kit.d, S("/bin/false"), &done));
}

static void the_mail_has_fixed_words(void **state) {
    WORLD;
    struct missing_wish x = ruth("victim@example.org");
    x.name = S("Cheap pills");
    x.words = S("Buy at http://pills.example now");
    x.product = S("");
    x.product_words = S("pills.example");
    x.pieces.n = 0;
    x.piece_words = S("pills.example");
    struct missing_told told = tell(&x);
    run_jobs();
    str text = S("");
    assert_int_equal(mails("victim@example.org", &text), 1);
    assert_true(str_find(text, S("pills"), 0) == SIZE_MAX);
    assert_true(str_find(text, S("Cheap"), 0) == SIZE_MAX);
    assert_true(str_find(text, S("Auto-Submitted"), 0) != SIZE_MAX);
    assert_true(str_find(text, S("https://desk.example/your/"), 0) != SIZE_MAX);
    assert_true(str_find(text, told.token, 0) == SIZE_MAX); /* a link of its own */
    run_jobs();
    assert_int_equal(mails("victim@example.org", NULL), 1);
    /* A second letter within a day brings no second mail, whoever sends it. */
    x = ruth("victim@example.org");
    x.peer = S("203.0.113.9");
    tell(&x);
    run_jobs();
    assert_int_equal(mails("victim@example.org", NULL), 1);
    kit.now += 25 * (int64_t)HOUR_MS;
    x = ruth("victim@example.org");
    tell(&x);
    run_jobs();
    assert_int_equal(mails("victim@example.org", NULL), 2);
}

static void forged_forms_mail_little(void **state) {
    WORLD;
    enum { FORMS = 520, ADDRESSES = 4 };
    for (int i = 0; i < 40; i++) {
        struct missing_wish x = ruth("");
        x.email = str_fmt(kit.a, "forged%d@example.org", i % ADDRESSES);
        x.name = S("Win pills now");
        x.words = S("pills.example");
        tell(&x);
    }
    run_jobs();
    for (int i = 0; i < ADDRESSES; i++) {
        str text = S("");
        assert_int_equal(mails(str_cstr(kit.a, str_fmt(kit.a, "forged%d@example.org", i)), &text), 1);
        assert_true(str_find(text, S("pills"), 0) == SIZE_MAX);
    }
    for (int i = 0; i < FORMS; i++) {
        struct missing_wish x = ruth("");
        x.email = str_fmt(kit.a, "many%d@example.org", i);
        tell(&x);
    }
    DB_READ_AUTO db_conn *c = NULL;
    int64_t to_address, of_brand;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_missing_mail_count(c, w.brand, S("nobody's"), kit.now - DAY_MS, &to_address, &of_brand));
    assert_int_equal(to_address, 0);
    assert_int_equal(of_brand, MISSING_MAILS_OF_BRAND);
}

/* Who says to be a child names a grown-up to be asked: that is mail to an address somebody typed, too. */
static void forged_children_mail_little(void **state) {
    WORLD;
    enum { MORE = 3 };
    int asked = 0;
    for (int i = 0; i < MISSING_MAILS_OF_BRAND + MORE; i++) {
        struct missing_wish x = ruth("");
        x.email = str_fmt(kit.a, "grown%d@example.org", i);
        x.child = true;
        struct missing_told told = tell(&x);
        struct store_child k;
        assert_ok(child_get(&kit.d, kit.a, w.brand, told.conversation, &k));
        asked += k.state == CHILD_ASKED;
        if (i < MISSING_MAILS_OF_BRAND) continue;
        /* It is kept, and locked all the same. */
        struct track_view v;
        assert_int_equal(k.state, CHILD_SET);
        assert_true(told.box != 0);
        assert_ok(track_open(&kit.d, kit.a, told.token, &v));
        assert_true(v.waits_for_grown_up);
        assert_false(v.grown_up_asked); /* and is not told that we had */
    }
    assert_int_equal(asked, MISSING_MAILS_OF_BRAND);
}

/* "a+1@" and "a+2@" are one mailbox. */
static void a_mailbox_has_one_mail_a_day(void **state) {
    WORLD;
    for (int i = 0; i < 3; i++) {
        struct missing_wish x = ruth("");
        x.email = str_fmt(kit.a, "plus+%d@example.org", i);
        tell(&x);
    }
    run_jobs();
    assert_int_equal(mails("plus+0@example.org", NULL), 1);
    assert_int_equal(mails("plus+1@example.org", NULL), 0);
    assert_int_equal(mails("plus+2@example.org", NULL), 0);
}

static void *press_send(void *arg) {
    const struct missing_wish *x = arg;
    arena *a = arena_new(0);
    struct missing_told *told = calloc(1, sizeof *told);
    missing_step step;
    if (missing_tell(&kit.d, a, x, told, &step)) told->conversation = -1;
    arena_free(a);
    return told;
}

static void two_clicks_at_once(void **state) {
    WORLD;
    enum { CLICKS = 8 };
    struct missing_wish x = ruth("clicks@example.org");
    pthread_t thread[CLICKS];
    int64_t first = 0, fresh = 0;
    for (int i = 0; i < CLICKS; i++) assert_int_equal(pthread_create(&thread[i], NULL, press_send, &x), 0);
    for (int i = 0; i < CLICKS; i++) {
        struct missing_told *told;
        pthread_join(thread[i], (void **)&told);
        assert_true(told->conversation > 0);
        if (!first) first = told->conversation;
        assert_int_equal(told->conversation, first);
        fresh += !told->repeated;
        free(told);
    }
    assert_int_equal(fresh, 1);
}

static void odd_forms_bring_no_mail(void **state) {
    WORLD;
    struct missing_wish x = ruth("trap@example.org");
    x.odd = true;
    struct missing_told told = tell(&x);
    assert_true(told.conversation > 0 && told.box > 0);
    run_jobs();
    assert_int_equal(mails("trap@example.org", NULL), 0);
}

static void limits_hold(void **state) {
    WORLD;
    for (int i = 0; i < MISSING_TELLS_OF_ADDRESS; i++) {
        struct missing_wish x = ruth("often@example.org");
        x.peer = str_fmt(kit.a, "198.51.100.%d", i);
        tell(&x);
    }
    struct missing_wish x = ruth("often@example.org");
    x.peer = S("198.51.100.99");
    assert_int_equal(refused(&x, MISSING_STEPS), ERR_LIMIT);
    missing_forget_tries();
    for (int i = 0; i < MISSING_TELLS_AN_HOUR; i++) {
        x = ruth("");
        x.email = kit_email("many");
        x.peer = str_fmt(kit.a, "2001:db8:1:2::%x", i + 1); /* one network */
        tell(&x);
    }
    x = ruth("");
    x.email = kit_email("many");
    x.peer = S("2001:db8:1:2:ffff::1");
    assert_int_equal(refused(&x, MISSING_STEPS), ERR_LIMIT);
    x.peer = S("2001:db8:1:3::1");
    tell(&x);
    kit.now += 61 * (int64_t)MINUTE_MS;
    x = ruth("");
    x.email = kit_email("many");
    x.peer = S("2001:db8:1:2::1");
    tell(&x);
}

static void the_service_is_off_until_switched_on(void **state) {
    WORLD;
    struct store_brand b;
    assert_int_equal(missing_brand(&kit.d, kit.a, S("tidewatch-toys"), &b), ERR_MISSING);
    assert_ok(setting_change(&kit.d, kit.a, w.brand, S("missing_pieces"), S("1")));
    assert_ok(missing_brand(&kit.d, kit.a, S("tidewatch-toys"), &b));
    assert_int_equal(b.id, w.brand);
    assert_int_equal(missing_brand(&kit.d, kit.a, S("nobody"), &b), ERR_MISSING);
    assert_ok(setting_change(&kit.d, kit.a, w.brand, S("missing_pieces"), S("")));
}

/* ---- the private page ---- */

static void the_page_follows_the_box(void **state) {
    WORLD;
    struct missing_wish x = ruth("follows@example.org");
    struct missing_told told = tell(&x);
    struct track_view v;
    struct box_done done;
    struct box_act act = {.box = told.box, .seen_version = -1};
    assert_ok(track_open(&kit.d, kit.a, told.token, &v));
    assert_str(v.first_name, "Ruth");
    assert_str(v.brand_name, "Tidewatch Toys");
    assert_int_equal(v.boxes.v[0].box.state, BOX_PROPOSED);
    assert_int_equal(v.boxes.v[0].items.n, 2);
    int64_t carrier;
    assert_ok(carrier_put(&kit.d, kit.a, &w.ines, 0, S("Gull Post"), S("https://gull.example/{tracking}"),
                          &carrier));
    assert_ok(box_agree(&kit.d, kit.a, &w.ines, &act, &done));
    assert_ok(track_open(&kit.d, kit.a, told.token, &v));
    assert_int_equal(v.boxes.v[0].box.state, BOX_TO_PICK);
    assert_ok(box_pack(&kit.d, kit.a, &w.ines, &act, true, &done));
    const struct box_sending sending = {S("Gull Post"), S("GP 1"), 20270401};
    assert_ok(box_send(&kit.d, kit.a, &w.ines, &act, &sending, &done));
    assert_ok(track_open(&kit.d, kit.a, told.token, &v));
    assert_int_equal(v.boxes.v[0].box.state, BOX_SENT);
    assert_int_equal(v.boxes.v[0].box.due_day, 20270401);
    assert_str(v.boxes.v[0].url, "https://gull.example/GP1");
    assert_ok(box_arrived(&kit.d, kit.a, &w.ines, &act, &done));
    assert_ok(track_open(&kit.d, kit.a, told.token, &v));
    assert_int_equal(v.boxes.v[0].box.state, BOX_ARRIVED);
    x = ruth("cancelled@example.org");
    told = tell(&x);
    act.box = told.box;
    assert_ok(box_cancel(&kit.d, kit.a, &w.ines, &act, &done));
    assert_ok(track_open(&kit.d, kit.a, told.token, &v));
    assert_int_equal(v.boxes.n, 0);
}

/* A mail of ours leads whoever's address was typed to a page of ours. */
static void the_page_repeats_no_strangers_words(void **state) {
    WORLD;
    const char *const names[] = {"www.pills.example", "pills.example Pay", "+4917012345", "http://x/",
                                 "a@b.example"};
    struct missing_wish x = ruth("repeats@example.org");
    struct missing_told told;
    struct track_view v;
    x.product = S("");
    x.product_words = S("Something");
    x.pieces.n = 0;
    x.piece_words = S("Call 0170 12345, your account is locked");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        x.key = str_fmt(kit.a, "repeats-%zu-%lld", i, (long long)kit.now);
        x.name = str_z(names[i]);
        told = tell(&x);
        assert_ok(track_open(&kit.d, kit.a, told.token, &v));
        assert_str(v.first_name, "");
        assert_str(v.boxes.v[0].items.v[0].item_name, "");
    }
    /* Once somebody of us has read and agreed, it says what is in the box. */
    const struct box_act act = {.box = told.box, .seen_version = -1};
    struct box_done done;
    assert_ok(box_agree(&kit.d, kit.a, &w.ines, &act, &done));
    assert_ok(track_open(&kit.d, kit.a, told.token, &v));
    assert_str(v.boxes.v[0].items.v[0].item_name, "Call 0170 12345, your account is locked");
}

static void links_end(void **state) {
    WORLD;
    struct missing_wish x = ruth("links@example.org");
    struct missing_told told = tell(&x);
    struct track_view v;
    str more;
    const char *const wrong[] = {
        "", " ", "*", "%", "AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAA'", "../../etc/passwd"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(track_open(&kit.d, kit.a, str_z(wrong[i]), &v), ERR_MISSING);
    assert_ok(track_make(&kit.d, kit.a, &w.ines, told.conversation, &more));
    assert_ok(track_open(&kit.d, kit.a, more, &v));
    assert_false(v.ended);
    store_track_list links = {0};
    {
        DB_READ_AUTO db_conn *c = NULL;
        assert_ok(db_read_begin(kit.db, &c));
        assert_ok(track_list(c, kit.a, w.brand, told.conversation, &links));
    }
    assert_int_equal(links.n, 2);
    assert_str(links.v[0].agent_name, "Ines");
    assert_ok(track_revoke(&kit.d, kit.a, &w.ines, told.conversation, links.v[0].id));
    assert_int_equal(track_revoke(&kit.d, kit.a, &w.ines, told.conversation, links.v[0].id), ERR_MISSING);
    assert_ok(track_open(&kit.d, kit.a, more, &v));
    assert_true(v.ended);
    assert_int_equal(v.boxes.n, 0);
    assert_str(v.first_name, "");
    assert_ok(track_open(&kit.d, kit.a, told.token, &v));
    assert_false(v.ended);
    kit.now = v.expires_at;
    assert_ok(track_open(&kit.d, kit.a, told.token, &v));
    assert_true(v.ended);
    kit.now += 31 * (int64_t)DAY_MS;
    assert_ok(track_sweep(&kit.d));
    assert_int_equal(track_open(&kit.d, kit.a, told.token, &v), ERR_MISSING);
    assert_int_equal(track_make(&kit.d, kit.a, &w.ines, 12345, &more), ERR_MISSING);
    struct actor stranger = {w.brand + 1, 1, S("")};
    assert_int_equal(track_make(&kit.d, kit.a, &stranger, told.conversation, &more), ERR_MISSING);
    assert_int_equal(track_revoke(&kit.d, kit.a, &stranger, told.conversation, 0), ERR_MISSING);
}

static void a_known_name_is_not_told(void **state) {
    WORLD;
    struct missing_wish x = ruth("known@example.org");
    tell(&x);
    x = ruth("known@example.org");
    x.name = S("Somebody Else"); /* who types another person's address */
    struct missing_told told = tell(&x);
    struct track_view v;
    assert_ok(track_open(&kit.d, kit.a, told.token, &v));
    assert_str(v.first_name, "Somebody");
}

static void the_blocked_wait_nowhere(void **state) {
    WORLD;
    struct missing_wish x = ruth("blocked@example.org");
    struct missing_told told = tell(&x);
    assert_ok(conversation_junk(&kit.d, kit.a, &w.ines, told.conversation, true, -1));
    x = ruth("blocked@example.org");
    kit.now += 2 * (int64_t)DAY_MS;
    told = tell(&x);
    assert_int_equal(told.box, 0);
    DB_READ_AUTO db_conn *c = NULL;
    struct conversation v;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_conversation_get(c, kit.a, w.brand, told.conversation, &v));
    assert_int_equal(v.closed_kind, CLOSED_JUNK);
}

static err forget(db_conn *c, void *arg) { return track_forget(c, w.brand, *(const int64_t *)arg); }

static void forgetting_takes_links_along(void **state) {
    WORLD;
    struct missing_wish x = ruth("forget@example.org");
    struct missing_told told = tell(&x);
    struct track_view v;
    assert_ok(db_write(kit.db, forget, &told.conversation));
    assert_int_equal(track_open(&kit.d, kit.a, told.token, &v), ERR_MISSING);
    run_jobs();
    assert_int_equal(mails("forget@example.org", NULL), 0);
}

/* Somebody sees only in the letter that a child wrote; by then the mail with its link has gone. */
static void forgetting_takes_the_mail_along(void **state) {
    WORLD;
    struct missing_wish x = ruth("forgetmail@example.org");
    struct missing_told told = tell(&x);
    run_jobs();
    assert_int_equal(mails("forgetmail@example.org", NULL), 1);
    assert_ok(child_set(&kit.d, kit.a, &w.ines, told.conversation, true, -1));
    assert_ok(forget_now(&kit.d, kit.a, &w.ines, told.conversation));
    run_jobs();
    struct store_child k;
    assert_ok(child_get(&kit.d, kit.a, w.brand, told.conversation, &k));
    assert_true(k.forgotten_at != 0);
    assert_int_equal(mails("forgetmail@example.org", NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(lots_go_round),
        KIT_TEST(pieces_come_in),
        KIT_TEST(rebrickable_pieces_of_the_newest_edition),
        KIT_TEST(retired_parts_stay),
        KIT_TEST(finding_forgives),
        KIT_TEST(filtering_pieces),
        KIT_TEST(becomes_a_conversation),
        KIT_TEST(what_is_boxed_is_not_given_again),
        KIT_TEST(the_same_form_once),
        KIT_TEST(what_is_refused),
        KIT_TEST(what_is_taken_as_it_is),
        KIT_TEST(retired_parts_by_words_only),
        KIT_TEST(photos_are_kept),
        KIT_TEST(a_child_is_asked_for_no_address),
        KIT_TEST(the_mail_has_fixed_words),
        KIT_TEST(forged_forms_mail_little),
        KIT_TEST(forged_children_mail_little),
        KIT_TEST(a_mailbox_has_one_mail_a_day),
        KIT_TEST(two_clicks_at_once),
        KIT_TEST(odd_forms_bring_no_mail),
        KIT_TEST(limits_hold),
        KIT_TEST(the_service_is_off_until_switched_on),
        KIT_TEST(the_page_follows_the_box),
        KIT_TEST(the_page_repeats_no_strangers_words),
        KIT_TEST(links_end),
        KIT_TEST(a_known_name_is_not_told),
        KIT_TEST(the_blocked_wait_nowhere),
        KIT_TEST(forgetting_takes_links_along),
        KIT_TEST(forgetting_takes_the_mail_along),
    };
    return KIT_RUN(tests);
}
