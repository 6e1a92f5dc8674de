#include "cli/relay.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "cli/doctor.h"
#include "mail/relays.h"
#include "mail/tls_server.h"

struct relay {
    arena *a;
    struct relays relays;
    struct lmtp_smtp smtp;
    lmtp_server *server;
};

static err prepare(struct relay *r, const struct cli_config *c) {
    bool never = str_eq(c->smtp_tls, S("never"));
    TRY(relays_read(r->a, c->smtp_relays, &r->relays));
    r->smtp.relays = &r->relays;
    if (!never && !str_eq(c->smtp_tls, S("required")))
        return err_set(ERR_INVALID, "smtp_tls in desk.json is \"required\" or \"never\".");
    if (never && !relays_all_here(&r->relays))
        return err_set(ERR_INVALID, "smtp_tls may be \"never\" only where all smtp_relays are this machine.");
    if (never) return ERR_NONE;
    if (!c->smtp_cert.n || !c->smtp_key.n)
        return err_set(ERR_INVALID,
                       "Letters by SMTP need smtp_cert and smtp_key in desk.json: two PEM files.");
    return tls_server_new(c->smtp_cert, c->smtp_key, &r->smtp.tls);
}

static void look_at_certificate(struct doctor *d, const struct relay *r) {
    enum { SOON_DAYS = 14 };
    int64_t ends = r->smtp.tls ? tls_server_ends(r->smtp.tls) : 0, left = ends - desk_now(&d->c->desk);
    long long days = (long long)(left / DAY_MS);
    if (ends == 0)
        doctor_add(d, GOOD, "smtp", str_fmt(d->c->arena, "%zu relays or networks", r->relays.n));
    else if (left <= 0)
        doctor_add(d, BAD, "smtp", S("The certificate has ended; relays that check it hand over nothing."));
    else
        doctor_add(d, days < SOON_DAYS ? LOOK : GOOD, "smtp",
                   str_fmt(d->c->arena, "%zu relays or networks; the certificate holds for %lld more days",
                           r->relays.n, days));
}

void relay_doctor(struct doctor *d) {
    if (!d->c->config.smtp.n) return;
    struct relay r = {.a = d->c->arena};
    if (prepare(&r, &d->c->config))
        doctor_add(d, BAD, "smtp", str_copy(d->c->arena, str_z(err_text())));
    else
        look_at_certificate(d, &r);
    tls_server_free(r.smtp.tls);
}

err relay_start(const struct cli_config *config, size_t letter_max, struct lmtp_hooks hooks,
                struct relay **ret_relay) {
    if (!config->smtp.n) {
        *ret_relay = NULL;
        return ERR_NONE;
    }
    struct relay *r = memory_zeroed(sizeof *r);
    r->a = arena_new(1 << 20);
    struct lmtp_options options = {
        .listen = config->smtp, .host = S("longhand"), .max_size = letter_max, .hooks = hooks};
    err code = prepare(r, config);
    if (!code) code = lmtp_server_start_smtp(&options, &r->smtp, &r->server);
    if (code) {
        relay_stop(r);
        return code;
    }
    *ret_relay = r;
    return ERR_NONE;
}

void relay_stop(struct relay *r) {
    if (!r) return;
    lmtp_server_stop(r->server);
    tls_server_free(r->smtp.tls);
    arena_free(r->a);
    free(r);
}
