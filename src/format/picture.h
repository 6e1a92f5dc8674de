/* picture: what kind of picture some bytes are. Pure. */
#ifndef LONGHAND_FORMAT_PICTURE_H
#define LONGHAND_FORMAT_PICTURE_H

#include "base/str.h"

/* The type that the bytes have by how they begin, whatever anybody says of them: "image/png", "image/jpeg",
 * "image/gif" or "image/webp"; "" for anything else. */
str picture_type(str bytes);
/* ".png", ".jpg", ...; "" for a type that is none of those. */
str picture_ending(str type);

#endif
