/* picture: what kind of picture some bytes are. Pure. */
#ifndef LONGHAND_FORMAT_PICTURE_H
#define LONGHAND_FORMAT_PICTURE_H

#include "base/err.h"
#include "base/str.h"

/* The type that the bytes have by how they begin, whatever anybody says of them: "image/png", "image/jpeg",
 * "image/gif" or "image/webp"; "" for anything else. */
str picture_type(str bytes);
/* ".png", ".jpg", ...; "" for a type that is none of those. */
str picture_ending(str type);

/* The same picture without what was written beside it (where and when it was taken, with what, by whom,
 * smaller pictures of it), for everybody to see. How the camera was held stays. The pixels are not touched. A
 * GIF comes back as it is. False: it is none of the types above, or damaged. */
bool picture_bare(arena *a, str bytes, str *ret);

/* A small picture of a PNG, JPEG or WebP: a JPEG of at most PICTURE_SMALL_BYTES, within `edge` pixels each
 * way, turned as the camera was held, what shows through on white, nothing of the camera's notes. Never
 * larger than the picture.
 *
 * By libjpeg-turbo, libpng and libwebp, which decode one format each and nothing else. They have had
 * overruns, so this is run in the reader child only (net/reader.h). ERR_INVALID: none of these, or damaged;
 * ERR_LIMIT: more than PICTURE_PIXELS_MAX, or it takes more memory or turns than a photograph does. */
enum { PICTURE_SMALL_BYTES = 64 << 10, PICTURE_SMALL_EDGE = 320, PICTURE_PIXELS_MAX = 50000000 };
err picture_small(arena *a, str bytes, int edge, str *ret_jpeg);

#endif
