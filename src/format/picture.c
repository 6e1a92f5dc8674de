#include "format/picture.h"

str picture_type(str b) {
    if (str_starts(b, S("\x89PNG\r\n\x1a\n"))) return S("image/png");
    if (str_starts(b, S("\xff\xd8\xff"))) return S("image/jpeg");
    if (str_starts(b, S("GIF87a")) || str_starts(b, S("GIF89a"))) return S("image/gif");
    if (b.n > 12 && str_starts(b, S("RIFF")) && str_eq(str_slice(b, 8, 12), S("WEBP")))
        return S("image/webp");
    return S("");
}

str picture_ending(str type) {
    if (str_eq(type, S("image/png"))) return S(".png");
    if (str_eq(type, S("image/jpeg"))) return S(".jpg");
    if (str_eq(type, S("image/gif"))) return S(".gif");
    return str_eq(type, S("image/webp")) ? S(".webp") : S("");
}
