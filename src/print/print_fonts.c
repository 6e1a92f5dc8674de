/* Fonts: one configuration of our own for the process, so that neither a user's settings nor the environment
 * decide how a letter looks; one font map a print, since a map belongs to one thread. */
#include "print/print_own.h"

#include <fontconfig/fontconfig.h>
#include <pango/pangofc-fontmap.h>
#include <pthread.h>

/* Fonts of bitmaps (the emoji) come in one size: they are scaled to the one asked for. */
static const char config_text[] =
    "<?xml version=\"1.0\"?><fontconfig>"
    "<dir>/usr/share/fonts</dir><dir>/usr/local/share/fonts</dir>"
    "<cachedir>/var/cache/fontconfig</cachedir>"
    "<match target=\"font\"><test name=\"outline\"><bool>false</bool></test>"
    "<edit name=\"pixelsizefixupfactor\" mode=\"assign\">"
    "<divide><name target=\"pattern\">pixelsize</name><name target=\"font\">pixelsize</name></divide></edit>"
    "<edit name=\"matrix\" mode=\"assign\"><times><name>matrix</name><matrix>"
    "<name>pixelsizefixupfactor</name><double>0</double><double>0</double><name>pixelsizefixupfactor</name>"
    "</matrix></times></edit>"
    "<edit name=\"size\" mode=\"assign\">"
    "<divide><name>size</name><name>pixelsizefixupfactor</name></divide></edit>"
    "</match></fontconfig>";

static pthread_once_t config_once = PTHREAD_ONCE_INIT;
static FcConfig *config; /* read only once made */

static void make_config(void) {
    FcConfig *c = FcConfigCreate();
    if (!c) return;
    if (!FcConfigParseAndLoadFromMemory(c, (const FcChar8 *)config_text, FcTrue) || !FcConfigBuildFonts(c)) {
        FcConfigDestroy(c);
        return;
    }
    config = c;
}

err print_fonts_open(PangoFontMap **ret_fonts) {
    pthread_once(&config_once, make_config);
    const FcFontSet *set = config ? FcConfigGetFonts(config, FcSetSystem) : NULL;
    if (!set || !set->nfont)
        return err_set(ERR_MISSING, "There are no fonts on this system: install fonts-noto-core to print.");
    PangoFontMap *fonts = pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT);
    if (!fonts) return err_set(ERR_INTERNAL, "The fonts could not be opened.");
    pango_fc_font_map_set_config(PANGO_FC_FONT_MAP(fonts), config);
    pango_cairo_font_map_set_resolution(PANGO_CAIRO_FONT_MAP(fonts), 72);
    *ret_fonts = fonts;
    return ERR_NONE;
}

#define REST ", Noto Color Emoji, Noto Sans Symbols, Noto Sans Symbols2, Noto Sans Math, DejaVu Sans"
#define SERIF(a, b, c, d)                                                                                    \
    "Noto Serif, Noto Naskh Arabic, Noto Serif Hebrew, Noto Serif CJK " a ", Noto Serif CJK " b              \
    ", Noto Serif CJK " c ", Noto Serif CJK " d REST
#define SANS(a, b, c, d)                                                                                     \
    "Noto Sans, Noto Sans Arabic, Noto Sans Hebrew, Noto Sans CJK " a ", Noto Sans CJK " b                   \
    ", Noto Sans CJK " c ", Noto Sans CJK " d REST

const char *print_families(bool sans, enum print_han han) {
    static const char *const families[HANS][2] = {
        [HAN_SIMPLIFIED] = {SERIF("SC", "TC", "JP", "KR"), SANS("SC", "TC", "JP", "KR")},
        [HAN_TRADITIONAL] = {SERIF("TC", "SC", "JP", "KR"), SANS("TC", "SC", "JP", "KR")},
        [HAN_JAPANESE] = {SERIF("JP", "SC", "TC", "KR"), SANS("JP", "SC", "TC", "KR")},
        [HAN_KOREAN] = {SERIF("KR", "SC", "TC", "JP"), SANS("KR", "SC", "TC", "JP")},
    };
    return families[han][sans];
}

static bool is_language(str language, str name) {
    return str_starts_nocase(language, name) && (language.n == name.n || language.p[name.n] == '-');
}

/* Signs that only one of the languages writes: kana, the postal mark, Japan's own shapes of "prefecture" and
 * "block", and the alphabets of Korean and of Taiwan. */
static bool told_by(uint32_t c, enum print_han *ret_han) {
    if ((c >= 0x3041 && c <= 0x30ff) || c == 0x3012 || c == 0x3005 || c == 0x770c || c == 0x4e01)
        *ret_han = HAN_JAPANESE;
    else if ((c >= 0xac00 && c <= 0xd7a3) || (c >= 0x1100 && c <= 0x11ff))
        *ret_han = HAN_KOREAN;
    else if (c >= 0x3105 && c <= 0x312f)
        *ret_han = HAN_TRADITIONAL;
    else
        return false;
    return true;
}

enum print_han print_han_of(str language, str text) {
    enum print_han han = HAN_SIMPLIFIED;
    if (is_language(language, S("ja"))) return HAN_JAPANESE;
    if (is_language(language, S("ko"))) return HAN_KOREAN;
    if (is_language(language, S("zh-Hant")) || is_language(language, S("zh-TW")) ||
        is_language(language, S("zh-HK")))
        return HAN_TRADITIONAL;
    if (is_language(language, S("zh"))) return HAN_SIMPLIFIED;
    const char *end = text.p + text.n;
    for (const char *p = text.p; p < end; p = g_utf8_next_char(p))
        if (told_by(g_utf8_get_char(p), &han)) break;
    return han;
}
