/* The world of the brand of `longhand demo`: who speaks there, what is true, which words it uses, and what
 * its printed letters look like. */
#include "base/embedded.h"
#include "cli/demo.h"
#include "desk/look.h"
#include "desk/voice.h"
#include "desk/world.h"

static const struct {
    const char *name, *who, *speaks, *may, *sign_off;
} personas[] = {
    {"Captain Fenn, of the Night Ferry",
     "Steers the Night Ferry (5120) from the harbour to the far side and back before breakfast. Has never "
     "been "
     "late because of fog, only because of whales.",
     "Short sentences and old words for weather. Never hurries anybody. Calls everyone by their name.",
     "May tell what goes on at sea and who was seen on board. Does not talk of money, orders or the post: "
     "that "
     "is for the harbour office, in other words for you.",
     "With a fair wind,\nCaptain Fenn"},
    {"Gull Pepper",
     "The gull on the lighthouse. Has eaten part of nearly every letter and remembers all of them.",
     "In a rush, with many questions, mostly about food.",
     "May be silly, also about herself. Never about the person who wrote.", "Screech,\nPepper"},
};

static const struct {
    const char *title, *text;
} notes[] = {
    {"Juno and Fenn are friends",
     "They went to school on the same island. When the ferry passes the lighthouse at night, Juno blinks "
     "twice "
     "and Fenn sounds the horn once. Children who ask have been right every time."},
    {"Where lost things go", "Everything that falls down a drain in town comes out at the harbour, behind "
                             "the crane. Crane Master Yusuf "
                             "keeps a shelf for it. Nobody has ever been scolded for losing something."},
    {"The tide", "It comes in twice a day and is never anybody's fault."},
    {"What could not be",
     "Nobody in the harbour is ever hurt, fired or left behind. Storms blow over during the same letter."},
};

static const struct {
    const char *word, *instead, *why;
    bool avoid;
} words[] = {
    {"doll", "figure", "They are crew.", true},
    {"customer", "", "We write to people who have names.", true},
    {"item", "the thing itself", "Nobody ever played with an item.", true},
    {"replacement", "another one", "Nobody replaces Keeper Juno.", true},
    {"crew", "the figures", "", false},
    {"harbour", "where all of it takes place", "", false},
};

static const char *const sign_offs[] = {"Warm wishes from the harbour", "Until the next tide"};

static str picture(const char *path) {
    const struct embedded_file *file = embedded_find(str_z(path));
    return file ? (str){(const char *)file->bytes, file->n} : S("");
}

static err fill_words(struct cli_desk *c, const struct actor *who) {
    int64_t id;
    for (size_t i = 0; i < sizeof personas / sizeof *personas; i++) {
        const struct world_persona_form form = {.name = str_z(personas[i].name),
                                                .who = str_z(personas[i].who),
                                                .speaks = str_z(personas[i].speaks),
                                                .may = str_z(personas[i].may),
                                                .sign_off = str_z(personas[i].sign_off),
                                                .everyone = true};
        TRY(world_persona_add(&c->desk, c->arena, who, &form, &id));
    }
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
        const struct voice_form form = {str_z(notes[i].title), str_z(notes[i].text), 0};
        TRY(voice_piece_add(&c->desk, c->arena, who, VOICE_NOTE, &form, &id));
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const struct world_word_form form = {str_z(words[i].word), words[i].avoid, str_z(words[i].instead),
                                             str_z(words[i].why)};
        TRY(world_word_put(&c->desk, c->arena, who, &form));
    }
    for (size_t i = 0; i < sizeof sign_offs / sizeof *sign_offs; i++)
        TRY(world_sign_off_add(&c->desk, c->arena, who, str_z(sign_offs[i]), &id));
    return ERR_NONE;
}

err demo_world(struct cli_desk *c, const struct actor *who) {
    const struct look_form look = {.sender = S("Tidewatch Toys · 3 Harbour Steps · 4020 Harrowmere"),
                                   .foot = S("Tidewatch Toys, 3 Harbour Steps, 4020 Harrowmere\n"
                                             "letters@tidewatch.example"),
                                   .sign_off = S("Warm wishes from the harbour,"),
                                   .accent = S("#2a4999"),
                                   .paper = S("a4"),
                                   .label = S("62x100"),
                                   .picture = PICTURE_NEW,
                                   .mark = picture("demo/mark.png"),
                                   .seen = -1};
    const struct signing_form own = {.role = S("Keeper of the letters"),
                                     .sign_off = S(""),
                                     .picture = PICTURE_NEW,
                                     .png = picture("demo/signature.png")};
    TRY(fill_words(c, who));
    TRY(look_change(&c->desk, c->arena, who, &look));
    return look_sign(&c->desk, c->arena, who, &own);
}
