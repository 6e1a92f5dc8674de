/* A brand with people, a small catalogue and letters, for the tests of gestures, policies and judgements. */
#ifndef LONGHAND_TEST_GESTURE_KIT_H
#define LONGHAND_TEST_GESTURE_KIT_H

#include <string.h>

#include "people_kit.h"

#include "desk/catalogue.h"
#include "desk/conversation.h"
#include "desk/gesture.h"
#include "desk/people.h"
#include "desk/reply.h"

static struct {
    int64_t brand;
    struct actor ines, lea, omar, ada, bo, pia; /* administrator, lead, three agents, packer */
    int letters, keys;
} w;

static const char kit_figures[] = "id,name,aliases\nF-011,Keeper Juno,Juno\nF-012,Captain Fenn,Fenn\n";
static __attribute__((unused)) const char kit_figures_later[] = "id,name,aliases\nF-011,Keeper Juno,Juno\n";

static void world_catalogue(const char *figures) {
    struct catalogue_source files[] = {
        {S("products.csv"), S("id,name,theme,year,aliases\n4127,Harbour Glider,Harbour,2024,Glider\n")},
        {S("figures.csv"), str_z(figures)},
        {S("parts.csv"), S("id,name,aliases\n88-204,\"Right door, red\",right door\n")},
        {S("contents.csv"), S("product,item,quantity\n4127,F-011,1\n4127,88-204,1\n")}};
    struct catalogue_report report;
    assert_ok(catalogue_import(&kit.d, kit.a, w.brand, files, 4, NULL, &report));
    assert_int_equal(report.nproblems, 0);
}

static struct actor world_person(const char *name, enum role role) {
    struct people_invited made;
    str email = kit_email(name);
    assert_ok(people_invite(&kit.d, kit.a, w.brand, email, str_z(name), role, &made));
    return (struct actor){w.brand, made.agent.id, str_z(name)};
}

static void world(void) {
    static int64_t made_for;
    int64_t mark = (int64_t)(intptr_t)kit.db;
    if (made_for == mark) return;
    made_for = mark;
    struct people_setup_done done;
    struct people_setup wanted = {.brand = S("Tidewatch Toys"),
                                  .inbox = S("letters@tidewatch.example"),
                                  .admin = S("ines@tidewatch.example"),
                                  .admin_name = S("Ines"),
                                  .zone = S("Europe/Berlin"),
                                  .language = S("en")};
    assert_ok(people_setup(&kit.d, kit.a, &wanted, &done));
    w.brand = done.brand.id;
    w.ines = (struct actor){w.brand, done.admin.id, S("Ines")};
    w.lea = world_person("Lea", ROLE_LEAD);
    w.omar = world_person("Omar", ROLE_AGENT);
    w.ada = world_person("Ada", ROLE_AGENT);
    w.bo = world_person("Bo", ROLE_AGENT);
    w.pia = world_person("Pia", ROLE_PACKER);
    world_catalogue(kit_figures);
}

static int64_t world_letter(const char *text) {
    int64_t conversation, message;
    world();
    kit.now += 1000;
    struct typed_letter l = {
        .channel = CHANNEL_PAPER, .name = S("Milo"), .address = kit_email("child"), .text = str_z(text)};
    assert_ok(conversation_type_in(&kit.d, kit.a, &w.ines, &l, &conversation, &message));
    return conversation;
}

/* A wish for one Keeper Juno that was lost, at 4.50, outside policy; a key of its own. */
static inline struct gesture_wish world_wish(int64_t conversation) {
    return (struct gesture_wish){.conversation = conversation,
                                 .seen_gestures = -1,
                                 .kind = GESTURE_REPLACEMENT,
                                 .situation = S("lost"),
                                 .concerns = {S("figure"), S("F-011")},
                                 .quantity = 1,
                                 .cost = 450,
                                 .judgement = S("He slept beside it every night."),
                                 .key = str_fmt(kit.a, "wish-key-%d", ++w.keys)};
}

static inline struct allowance_room world_room(const struct actor *who) {
    struct allowance_room r;
    assert_ok(gesture_room(&kit.d, kit.a, who, &r));
    return r;
}

static inline struct store_gesture world_gesture(int64_t id) {
    struct store_gesture g;
    store_step_list steps;
    assert_ok(gesture_get(&kit.d, kit.a, w.brand, id, &g, &steps));
    assert_int_equal(steps.n, g.steps);
    return g;
}

#define assert_says(call, code, part)                                                                        \
    do {                                                                                                     \
        err code_ = (call);                                                                                  \
        if (code_ != (code)) fail_msg("%s: %s: %s", #call, err_name(code_), err_text());                     \
        if (!strstr(err_text(), part)) fail_msg("%s says \"%s\"", #call, err_text());                        \
    } while (0)

#endif
