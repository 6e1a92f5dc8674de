/* language_of: by script, by words, and when it must not say anything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>
#include <time.h>

#include "letter/listen.h"

struct said {
    const char *tag, *text;
};

static void check(const struct said *v, size_t n) {
    for (size_t i = 0; i < n; i++) {
        str tag = language_of(str_z(v[i].text));
        if (!str_eq(tag, str_z(v[i].tag)))
            fail_msg("\"%s\" is told as \"%.*s\", not \"%s\"", v[i].text, STR_FMT(tag), v[i].tag);
    }
}

static void scripts(void **state) {
    (void)state;
    static const struct said v[] = {
        {"ja", "注文した商品がまだ届きません。いつ届きますか？"},
        {"zh", "我的包裹还没有到，请帮我查一下。"},
        {"ko", "주문한 상품이 아직 도착하지 않았습니다."},
        {"he", "שלום, ההזמנה שלי עדיין לא הגיעה."},
        {"el", "Καλημέρα, το πακέτο μου δεν έχει φτάσει."},
        {"th", "สวัสดีครับ ของที่สั่งยังไม่มาถึง"},
        {"hi", "नमस्ते, मेरा पार्सल अभी तक नहीं आया है।"},
        {"ar", "مرحبا، لم يصل الطرد الخاص بي حتى الآن، أين هو؟ شكرا على المساعدة في حل هذه المشكلة يا سيدي"},
        {"fa", "سلام، بسته من هنوز نرسیده است. لطفا کمک کنید."},
        {"ru", "Здравствуйте, моя посылка ещё не пришла, что мне делать?"},
        {"uk", "Добрий день, моя посилка ще не прийшла, що мені робити?"},
        {"bg", "Здравейте, пратката ми още не е дошла, какво да правя?"},
        {"ka", "გამარჯობა, ჩემი ამანათი ჯერ არ მოსულა."},
    };
    check(v, sizeof v / sizeof *v);
}

static void latin(void **state) {
    (void)state;
    static const struct said v[] = {
        {"en", "I lost my little figure in the shop and I am really upset. Can you send me a new one?"},
        {"de",
         "Ich habe meine Figur im Laden verloren und bin sehr traurig. Können Sie mir eine neue schicken?"},
        {"de", "Ich bin traurig, weil das Paket nicht da ist"},
        {"de", "koennen sie mir bitte sagen wo mein paket ist"},
        {"de", "Das Paket kam an, aber der rote Motor fehlt leider."},
        {"de", "Vielen Dank für die schnelle Hilfe!"},
        {"fr", "Bonjour, mon colis n'est pas arrivé. Pouvez-vous m'aider ?"},
        {"es", "Hola, mi pedido no ha llegado todavía. ¿Pueden ayudarme?"},
        {"nl", "Hallo, mijn pakket is nog niet aangekomen. Kunt u mij helpen?"},
        {"it", "Buongiorno, il mio pacco non è ancora arrivato. Potete aiutarmi?"},
        {"pt", "Olá, a minha encomenda ainda não chegou. Podem ajudar-me?"},
        {"sv", "Hej, mitt paket har inte kommit än. Kan ni hjälpa mig?"},
        {"da", "Hej, min pakke er ikke kommet endnu. Kan I hjælpe mig?"},
        {"nb", "Hei, pakken min har ikke kommet ennå. Kan dere hjelpe meg?"},
        {"fi", "Hei, pakettini ei ole vielä saapunut. Voitteko auttaa minua?"},
        {"pl", "Dzień dobry, moja paczka jeszcze nie dotarła. Czy możecie mi pomóc?"},
        {"cs", "Dobrý den, můj balík ještě nedorazil. Můžete mi prosím pomoct?"},
        {"tr", "Merhaba, paketim hâlâ gelmedi. Bana yardım edebilir misiniz, lütfen?"},
        {"hu", "Jó napot, a csomagom még nem érkezett meg. Tudnak segíteni?"},
        {"ro", "Bună ziua, coletul meu nu a ajuns încă. Mă puteți ajuta, vă rog?"},
    };
    check(v, sizeof v / sizeof *v);
}

static void says_nothing(void **state) {
    (void)state;
    static const struct said v[] = {
        {"", ""},
        {"", "OK"},
        {"", "9449 9449-1 4711"},
        {"", "Jay ZX"},
        {"", "http://www.example.com/the/and/of/with/this.html"},
        {"", "name.of.the.person@with.this.example"},
        {"", "\xff\xfe\xfd\xc3"},
        {"", "Danke"},
        {"", "The parcel is not there and I am sad. Das Paket ist nicht da und ich bin traurig."},
    };
    check(v, sizeof v / sizeof *v);
}

static void other_names_do_not_matter(void **state) {
    (void)state;
    static const struct said v[] = {
        {"de", "Der Ultrasonic Raider von LEGO Ninjago ist weg, bitte helft mir, der Spinjitzu Master ist "
               "auch weg"},
        {"ja", "Thunderbird 128 をインストールしましたが、メールを受信できません。Windows 11 です。"},
        {"en", "Can\xE2\x80\x99t you send me the name of the man at Müller & Söhne, who has my order?"},
    };
    check(v, sizeof v / sizeof *v);
}

/* Only the beginning counts, and a letter of any length is told in the same time. */
static void looks_at_the_beginning(void **state) {
    (void)state;
    enum { MANY = 1 << 20 };
    ARENA_AUTO arena *a = arena_new(0);
    char *p = arena_alloc(a, MANY);
    const char *begin = "Ich weiß nicht, was ich noch machen soll, und bitte um Hilfe. ",
               *rest = "This is the end of it. ";
    for (size_t n = 0; n < MANY; n++) p[n] = n < 2400 ? begin[n % strlen(begin)] : rest[n % strlen(rest)];
    assert_true(str_eq(language_of((str){p, MANY}), S("de")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scripts),
        cmocka_unit_test(latin),
        cmocka_unit_test(says_nothing),
        cmocka_unit_test(other_names_do_not_matter),
        cmocka_unit_test(looks_at_the_beginning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
