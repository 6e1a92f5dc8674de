/* Imports into a database: what is new, changed, gone and broken; and the way from there into memory. */
#include "unit/people_kit.h"

#include "base/buf.h"
#include "base/lang.h"
#include "desk/catalogue.h"
#include "format/lots.h"
#include "store/brand.h"
#include "store/catalogue.h"
#include "store/piece_list.h"

static int64_t brands;

static err make_brand(db_conn *c, void *arg) {
    int64_t *id = arg;
    struct store_brand b = {.id = *id,
                            .slug = str_fmt(kit.a, "brand-%" PRId64, *id),
                            .name = S("A brand"),
                            .zone = S("UTC"),
                            .language = S("en"),
                            .next_number = 1,
                            .created_at = kit.now};
    return store_brand_insert(c, kit.a, &b);
}

static int64_t new_brand(void) {
    int64_t id = ++brands;
    assert_ok(db_write(kit.db, make_brand, &id));
    return id;
}

static struct catalogue_source file(const char *name, const char *text) {
    return (struct catalogue_source){str_z(name), str_z(text)};
}

static struct catalogue_report import(int64_t brand, const struct catalogue_source *files, size_t n) {
    struct catalogue_report r;
    assert_ok(catalogue_import(&kit.d, kit.a, brand, files, n, NULL, &r));
    return r;
}
#define IMPORT(brand, ...)                                                                                   \
    import(brand, (struct catalogue_source[]){__VA_ARGS__},                                                  \
           sizeof((struct catalogue_source[]){__VA_ARGS__}) / sizeof(struct catalogue_source))

static void problem_is(const struct catalogue_report *r, size_t at, const char *where, const char *says) {
    assert_true(at < r->problems.n);
    const struct catalogue_problem *p = &r->problems.v[at];
    BUF_AUTO buf b = BUF_MAX(1000);
    lang_fmt(&b, NULL, p->why, &p->detail, 1);
    assert_str(str_fmt(kit.a, "%.*s:%zu", STR_FMT(p->file), p->line), where);
    assert_str(buf_str(&b), says);
}

static store_catalogue_item_list items_of(int64_t brand) {
    store_catalogue_item_list rows;
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_catalogue_items(c, kit.a, brand, &rows));
    return rows;
}

static const struct store_catalogue_item *item(const store_catalogue_item_list *rows, const char *code) {
    for (size_t i = 0; i < rows->n; i++)
        if (str_eq(rows->v[i].code, str_z(code))) return &rows->v[i];
    return NULL;
}

static const char products[] = "id,name,theme,year,aliases\n"
                               "10,Night Ferry,Harbour,2022,Nachtf\xC3\xA4hre|the tub\n"
                               "11,\"Crane, tall\",Harbour,,\n";
static const char parts[] = "id,name\n77-1,Anchor\n";
static const char contents[] = "product,item,quantity\n10,77-1,2\n";

static void comes_in_and_is_loaded(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t brand = new_brand(), version;
    assert_ok(catalogue_version(&kit.d, brand, &version));
    assert_int_equal(version, 0);
    struct catalogue_report r = IMPORT(brand, file("products.csv", products), file("parts.csv", parts),
                                       file("contents.csv", contents), file("notes.csv", "a\nb\nc\n"));
    assert_str(r.format, "own");
    assert_int_equal(r.products, 2);
    assert_int_equal(r.parts, 1);
    assert_int_equal(r.links, 1);
    assert_int_equal(r.aliases, 2);
    assert_int_equal(r.added, 3);
    assert_int_equal(r.nproblems, 0);
    assert_int_equal(r.ignored.n, 1);
    assert_int_equal(r.ignored.v[0].rows, 2);
    assert_int_equal(r.version, 1);
    struct catalogue *c;
    assert_ok(catalogue_load(&kit.d, brand, &c));
    assert_int_equal(catalogue_size(c), 3);
    uint32_t ferry = catalogue_item_of(c, CATALOGUE_PRODUCT, S("10"));
    assert_int_not_equal(ferry, UINT32_MAX);
    assert_int_equal(catalogue_item_at(c, ferry)->year, 2022);
    assert_str(catalogue_item_at(c, ferry)->theme, "Harbour");
    struct text t;
    catalogue_hit_list hits;
    text_of(kit.a, S("The anchor of the Nachtf\xC3\xA4hre set is missing."), S("en"), &t);
    catalogue_find(c, kit.a, &t, &hits);
    assert_int_equal(hits.n, 2);
    assert_str(catalogue_item_at(c, hits.v[0].item)->id, "77-1");
    assert_int_equal(hits.v[1].item, ferry);
    catalogue_free(c);
}

static void again_changes_what_changed(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t brand = new_brand();
    IMPORT(brand, file("products.csv", products), file("parts.csv", parts), file("contents.csv", contents));
    store_catalogue_item_list before = items_of(brand);
    int64_t was = item(&before, "10")->id;
    struct catalogue_report r = IMPORT(brand, file("products.csv", products), file("parts.csv", parts),
                                       file("contents.csv", contents));
    assert_int_equal(r.added + r.changed + r.retired + r.returned, 0);
    assert_int_equal(r.version, 2);
    kit.now += 1000;
    r = IMPORT(brand, file("products.csv", "id,name,year\n10,Night Ferry Two,2023\n12,Pilot Boat,2024\n"));
    assert_int_equal(r.added, 1);
    assert_int_equal(r.changed, 1);
    assert_int_equal(r.retired, 2);
    store_catalogue_item_list rows = items_of(brand);
    assert_int_equal(rows.n, 4);
    assert_int_equal(item(&rows, "10")->id, was);
    assert_str(item(&rows, "10")->name, "Night Ferry Two");
    assert_int_equal(item(&rows, "11")->retired_at, kit.now);
    assert_int_equal(item(&rows, "12")->retired_at, 0);
    r = IMPORT(brand, file("products.csv", products));
    assert_int_equal(r.returned, 1);
    assert_int_equal(r.changed, 1);
    assert_int_equal(r.retired, 1);
    rows = items_of(brand);
    assert_int_equal(item(&rows, "11")->retired_at, 0);
    struct catalogue *c;
    assert_ok(catalogue_load(&kit.d, brand, &c));
    assert_int_equal(catalogue_size(c), 4);
    catalogue_free(c);
}

static void names_of_agents_stay(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t brand = new_brand(), version;
    struct actor who = {.brand = brand, .agent = 5};
    IMPORT(brand, file("products.csv", products));
    assert_ok(catalogue_alias_add(&kit.d, &who, CATALOGUE_PRODUCT, S("10"), S(" Grandad's boat ")));
    assert_int_equal(catalogue_alias_add(&kit.d, &who, CATALOGUE_PRODUCT, S("99"), S("x")), ERR_MISSING);
    assert_int_equal(catalogue_alias_add(&kit.d, &who, CATALOGUE_PRODUCT, S("10"), S("  ")), ERR_INVALID);
    assert_ok(catalogue_version(&kit.d, brand, &version));
    assert_int_equal(version, 2);
    IMPORT(brand, file("products.csv", "id,name\n10,Night Ferry\n"));
    store_catalogue_alias_list rows;
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_catalogue_aliases(c, kit.a, brand, &rows));
    assert_int_equal(rows.n, 1);
    assert_str(rows.v[0].alias, "Grandad's boat");
    assert_int_equal(rows.v[0].agent, 5);
}

static void broken_rows_are_named(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t brand = new_brand();
    struct catalogue_report r = IMPORT(
        brand,
        file("products.csv", "id,name,theme,year\n1,Good,,\n2,\"open,,\n3,,,\n,No id,,\n4,Year,,20x\n5\n"
                             "1,Twice,,\n6,\"a\"b,,\n7,\xFF\xFE,,\n8,Also Good,,1999\n"),
        file("contents.csv", "product,item,quantity\n1,8,1\n1,77,1\n1,8,many\n"));
    assert_int_equal(r.products, 2);
    assert_int_equal(r.links, 1);
    assert_int_equal(r.nproblems, 10);
    problem_is(&r, 0, "products.csv:3", "text stands behind a closing quote"); /* of row 6 */
    problem_is(&r, 1, "products.csv:4", "3 has no name");
    problem_is(&r, 2, "products.csv:5", "it has no id");
    problem_is(&r, 3, "products.csv:6", "the year is no year: 20x");
    problem_is(&r, 4, "products.csv:7", "it has too few fields");
    problem_is(&r, 5, "products.csv:8", "1 was there before");
    problem_is(&r, 6, "products.csv:9", "text stands behind a closing quote");
    problem_is(&r, 7, "products.csv:10", "it is not UTF-8");
    problem_is(&r, 8, "contents.csv:3", "it names 77, which is not in the catalogue");
    problem_is(&r, 9, "contents.csv:4", "the quantity is no number: many");
}

static void says_what_is_no_catalogue(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t brand = new_brand();
    struct catalogue_report r;
    struct catalogue_source wrong = file("letters.csv", "a,b\n"),
                            bare = file("products.csv", "number,name\n1,x\n");
    assert_int_equal(catalogue_import(&kit.d, kit.a, brand, &wrong, 1, NULL, &r), ERR_INVALID);
    assert_int_equal(catalogue_import(&kit.d, kit.a, brand, &bare, 1, NULL, &r), ERR_INVALID);
    assert_string_equal(err_text(), "products.csv has no column \"id\" in its first line.");
    assert_int_equal(catalogue_import(&kit.d, kit.a, brand, NULL, 0, NULL, &r), ERR_INVALID);
    assert_int_equal(items_of(brand).n, 0);
}

static void reads_rebrickable(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t brand = new_brand();
    struct catalogue_report r = IMPORT(
        brand, file("themes.csv", "id,name,parent_id\n1,Sea,\n2,Deep,1\n3,Loop,3\n"),
        file("sets.csv",
             "set_num,name,year,theme_id,num_parts\r\n90-1,Drifter,2012,2,3\r\n91-1,Pack,2013,1,3\r\n"),
        file("minifigs.csv", "fig_num,name,num_parts\nfig-1,Vim QX,4\n"),
        file("parts.csv", "part_num,name,part_cat_id\n3001,Brick,1\n"),
        file("inventories.csv", "id,version,set_num\n1,1,90-1\n2,2,90-1\n3,1,91-1\n4,1,fig-1\n"),
        file("inventory_minifigs.csv", "inventory_id,fig_num,quantity\n1,fig-1,1\n2,fig-1,2\n9,fig-1,1\n"),
        file("inventory_sets.csv", "inventory_id,set_num,quantity\n3,90-1,1\n"),
        file("inventory_parts.csv",
             "inventory_id,part_num,color_id,quantity\n1,3001,1,2\n1,3001,2,3\n4,3001,1,1\n"),
        file("colors.csv", "id,name\n1,Red\n"));
    assert_str(r.format, "rebrickable");
    assert_int_equal(r.products, 2);
    assert_int_equal(r.figures, 1);
    assert_int_equal(r.links, 2);
    assert_int_equal(r.pieces, 3);
    assert_int_equal(r.colours, 1);
    assert_int_equal(r.nproblems, 1);
    problem_is(&r, 0, "inventory_minifigs.csv:4", "there is no inventory 9");
    assert_int_equal(r.ignored.n, 0);
    store_catalogue_item_list rows = items_of(brand);
    assert_str(item(&rows, "90-1")->theme, "Sea / Deep");
    store_catalogue_link_list links;
    DB_READ_AUTO db_conn *c = NULL;
    assert_ok(db_read_begin(kit.db, &c));
    assert_ok(store_catalogue_links(c, kit.a, brand, &links));
    for (size_t i = 0; i < links.n; i++) {
        bool holder = links.v[i].holder == item(&rows, "90-1")->id;
        if (holder && links.v[i].item == item(&rows, "fig-1")->id) assert_int_equal(links.v[i].quantity, 2);
    }
    struct store_lots lots;
    assert_ok(store_lots_of(c, kit.a, brand, item(&rows, "90-1")->id, &lots));
    assert_int_equal(lots.n, 2);
    struct lot lot;
    int64_t sum = 0;
    while (lots_next(&lots.lots, &lot)) sum += lot.quantity;
    assert_int_equal(sum, 5);
    /* In memory a product holds its pieces like everything else in it. */
    struct catalogue *catalogue;
    struct text t;
    catalogue_hit_list hits;
    assert_ok(catalogue_load(&kit.d, brand, &catalogue));
    text_of(kit.a, S("The brick of my Drifter set is missing."), S("en"), &t);
    catalogue_find(catalogue, kit.a, &t, &hits);
    assert_int_equal(hits.n, 2);
    assert_str(catalogue_item_at(catalogue, hits.v[0].item)->id, "3001");
    catalogue_free(catalogue);
}

static void brands_are_apart(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    int64_t one = new_brand(), other = new_brand();
    IMPORT(one, file("products.csv", products));
    IMPORT(other, file("products.csv", "id,name\n10,Something Else\n"));
    store_catalogue_item_list rows = items_of(one);
    assert_int_equal(rows.n, 2);
    assert_str(item(&rows, "10")->name, "Night Ferry");
    struct catalogue_report r = IMPORT(one, file("products.csv", "id,name\n11,x\n"));
    assert_int_equal(r.retired, 1);
    rows = items_of(other);
    assert_int_equal(item(&rows, "10")->retired_at, 0);
}

static size_t told, told_total;
static void tell(void *context, const char *stage, size_t done, size_t total) {
    (void)context, (void)stage;
    assert_true(done <= total);
    told++;
    told_total = total;
}

/* More than one transaction, and the rows that do not fill a statement. */
static void many_rows(void **state) {
    (void)state;
    SKIP_WITHOUT_DESK;
    enum { ROWS = 20003 };
    int64_t brand = new_brand();
    BUF_AUTO buf b = BUF_MAX(8 << 20);
    buf_add(&b, S("id,name\n"));
    for (int i = 0; i < ROWS; i++) buf_add_fmt(&b, "%d,Thing number %d\n", i, i);
    struct catalogue_source source = {S("products.csv"), buf_str(&b)};
    struct catalogue_progress progress = {tell, NULL};
    struct catalogue_report r;
    assert_ok(catalogue_import(&kit.d, kit.a, brand, &source, 1, &progress, &r));
    assert_int_equal(r.added, ROWS);
    assert_int_equal(items_of(brand).n, ROWS);
    assert_true(told > 4);
    assert_int_equal(told_total, ROWS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KIT_TEST(comes_in_and_is_loaded),    KIT_TEST(again_changes_what_changed),
        KIT_TEST(names_of_agents_stay),      KIT_TEST(broken_rows_are_named),
        KIT_TEST(says_what_is_no_catalogue), KIT_TEST(reads_rebrickable),
        KIT_TEST(brands_are_apart),          KIT_TEST(many_rows),
    };
    return KIT_RUN(tests);
}
