/* brands: the companies a desk serves and the addresses their letters come to. Whether the caller may is
 * judged before (RIGHT_ADMIN); every function works in the one brand it is given. */
#ifndef LONGHAND_DESK_BRANDS_H
#define LONGHAND_DESK_BRANDS_H

#include "desk/desk.h"
#include "store/brand.h"
#include "store/inbox.h"

/* "Käse & Söhne" -> "kase-sohne": Latin letters without their marks, the rest as '-'; at most 40 bytes;
 * "brand" when nothing is left, and never a word that addresses of pages begin with. */
str brand_slug_of(arena *a, str name);

/* A new brand with conversation numbers from 1. The slug is that of the name, with -2, -3 ... when taken.
 * ERR_INVALID for name, zone or language ("" means UTC and en). */
err brand_create(const struct desk *d, arena *a, str name, str zone, str language,
                 struct store_brand *ret_brand);
err brand_change(const struct desk *d, arena *a, int64_t brand, str name, str zone, str language);
/* Within a write of the caller's, `name` checked already. */
err brand_insert(const struct desk *d, db_conn *c, arena *a, str name, str zone, str language,
                 struct store_brand *ret_brand);

/* How letters leave. */
enum transport { TRANSPORT_MAILDIR, TRANSPORT_SMTP };
enum { TRANSPORTS = TRANSPORT_SMTP + 1 };
bool transport_from(str text, enum transport *ret_transport); /* "maildir", "smtp" */

struct inbox_form {
    str address, name; /* the name may be "": the brand's is used */
    bool is_default;   /* true makes it the default; false leaves things as they are */
    str transport;     /* "" means maildir */
    str smtp_host;
    int64_t smtp_port; /* 0 means 465 with tls "implicit", else 587 */
    str smtp_tls;      /* required (STARTTLS), implicit, never; "" means required */
    str smtp_user;
    str smtp_password;  /* never sent to a browser; */
    bool keep_password; /* true: what is stored stays. Refused where host or port change or TLS is given up */
    str smtp_ca_file;   /* an absolute path; "" means the system's */
    int64_t silent_after_hours; /* -1: the brand's setting */
};

/* Mail comes to it: it is no account on a network (desk/channel.h). */
bool inbox_takes_mail(const struct store_inbox *inbox);

/* A name or an address of a machine, nothing that could be read as part of a URL; and this machine:
 * localhost, 127.*, ::1. */
bool inbox_host_fits(str host);
bool inbox_host_is_here(str host);

/* What the form means as a row, checked: ERR_INVALID with the reason. TLS may be `never` only where the
 * server is this machine (localhost, 127.*, ::1). */
err inbox_check(arena *a, const struct inbox_form *form, struct store_inbox *ret_inbox);

/* A row's smtp_password is sealed (desk/secret.h): open it in place, for whoever is about to sign in. */
err inbox_open_password(const struct desk *d, arena *a, struct store_inbox *inbox);

/* The first inbox of a brand becomes its default. ERR_CONFLICT when any brand has this address. */
err inbox_create(const struct desk *d, arena *a, int64_t brand, const struct inbox_form *form,
                 struct store_inbox *ret_inbox);
err inbox_change(const struct desk *d, arena *a, int64_t brand, int64_t id, const struct inbox_form *form,
                 struct store_inbox *ret_inbox);
/* Letters to it are refused, letters that are there stay. ERR_CONFLICT for the default inbox. */
err inbox_disable(const struct desk *d, arena *a, int64_t brand, int64_t id);
err inbox_enable(const struct desk *d, arena *a, int64_t brand, int64_t id);
/* Within a write of the caller's; `row` as inbox_check gave it. */
err inbox_insert(const struct desk *d, db_conn *c, arena *a, int64_t brand, struct store_inbox *row);

#endif
