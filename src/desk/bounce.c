#include "desk/bounce.h"

#include "base/lang.h"
#include "desk/outbox.h"
#include "format/mime.h"
#include "store/bounce.h"
#include "store/message.h"

static const char *const sentences[BOUNCE_REASONS] = {
    [BOUNCE_UNDEFINED] =
        T("It came back from {0}, and nobody says why. Look at the report, or reach them another "
          "way."),
    [BOUNCE_USER_UNKNOWN] =
        T("There is no mailbox {0}. Perhaps it is misspelt: look for their address in their "
          "letter, or write by post."),
    [BOUNCE_HOST_UNKNOWN] =
        T("There is no mail server for {0}. Perhaps the part after the @ is misspelt: look "
          "for their address in their letter."),
    [BOUNCE_HAS_MOVED] = T("{0} is no longer used. The report may name their new address."),
    [BOUNCE_NOT_ACCEPT] = T("{0} takes no mail at all. Reach them another way."),
    [BOUNCE_MAILBOX_FULL] = T("The mailbox of {0} is full. Send it again in a few days."),
    [BOUNCE_SUSPEND] = T("The mailbox of {0} is switched off. Reach them another way."),
    [BOUNCE_FILTERED] =
        T("A filter at {0} refused this letter. Write it in other words, without links and files, "
          "or reach them another way."),
    [BOUNCE_EXPIRED] = T("The mail server of {0} could not be reached for days, so it was given up. Send it "
                         "again."),
    [BOUNCE_BLOCKED] =
        T("The mail server of {0} refuses letters from our mail server. Tell whoever looks after "
          "our mail."),
    [BOUNCE_REQUIRE_PTR] =
        T("The mail server of {0} refuses ours, because its name cannot be looked up. Tell "
          "whoever looks after our mail."),
    [BOUNCE_BAD_REPUTATION] = T("The mail server of {0} distrusts ours. Tell whoever looks after our mail."),
    [BOUNCE_AUTH_FAILURE] =
        T("The mail server of {0} could not tell that the letter is from us. Tell whoever "
          "looks after our mail: SPF, DKIM or DMARC is not right."),
    [BOUNCE_REJECTED] =
        T("The mail server of {0} refuses our address as a sender. Tell whoever looks after our "
          "mail."),
    [BOUNCE_POLICY] = T("The mail server of {0} refused this letter by a rule of its own; the report may say "
                        "which."),
    [BOUNCE_SPAM] =
        T("The mail server of {0} took this letter for spam. Write it in other words, without links "
          "and files, or reach them another way."),
    [BOUNCE_VIRUS] =
        T("The mail server of {0} found a virus in this letter. Look at its files before it is sent "
          "again."),
    [BOUNCE_CONTENT] =
        T("The mail server of {0} could not take the letter as it is made. Send it again without "
          "files."),
    [BOUNCE_SECURITY] =
        T("The mail server of {0} refused this letter for the sake of safety; the report may say "
          "why."),
    [BOUNCE_NO_RELAYING] = T("The mail server that was asked does not take letters for {0}. Perhaps the part "
                             "after the @ is misspelt."),
    [BOUNCE_NOT_COMPLIANT] = T("The mail server of {0} says that the letter breaks the rules of mail. Tell "
                               "whoever looks after our mail."),
    [BOUNCE_TOO_BIG] =
        T("The letter is too large for {0}. Send it again with smaller files, or without them."),
    [BOUNCE_EXCEEDS_LIMIT] =
        T("The letter passes a limit of {0}. Send it again with smaller files, or later."),
    [BOUNCE_SYSTEM_ERROR] = T("The mail server of {0} has a fault of its own. Send it again in some hours."),
    [BOUNCE_SYSTEM_FULL] = T("The mail server of {0} has no room left. Send it again tomorrow."),
    [BOUNCE_NETWORK] = T("The mail server of {0} could not be reached. Send it again in some hours."),
    [BOUNCE_MAILER] =
        T("The program that keeps the mail of {0} failed. Send it again in some hours, or reach "
          "them another way."),
    [BOUNCE_TOO_MANY] =
        T("Too many letters came to the mail server of {0} at once. Send it again in an hour."),
    [BOUNCE_SPEEDING] = T("Our letters came too fast for the mail server of {0}. Send it again in an hour."),
    [BOUNCE_ON_HOLD] = T("The mail server of {0} holds letters back for now. Send it again tomorrow."),
    [BOUNCE_SYNTAX] =
        T("The mail server of {0} does not understand the address. Look for a better one in their "
          "letter."),
    [BOUNCE_FEEDBACK] = T("{0} got this and called it unwanted. Do not write again unless they do."),
    [BOUNCE_VACATION] = T("{0} got this and is away."),
    [BOUNCE_DELIVERED] = T("{0} got this; their mail server says so."),
};

const char *bounce_sentence(bounce_reason reason, bool delayed) {
    if (delayed)
        return T(
            "{0} has not got this yet. The mail servers go on trying by themselves; there is nothing to do.");
    return sentences[reason];
}

err bounce_mark_in(db_conn *c, struct desk *d, arena *a, int64_t brand, const struct bounce *b, int64_t now,
                   int64_t *ret_conversation, int64_t *ret_reply) {
    struct message named = {0};
    bool any = false;
    if (b->message_id.n) TRY(store_message_by_rfc_id(c, a, brand, b->message_id, &named));
    for (size_t i = 0; i < b->rows.n && named.id; i++) {
        const struct bounce_row *row = &b->rows.v[i];
        bool ours = false;
        if (row->reason == BOUNCE_VACATION) continue;
        TRY(outbox_bounced_in(c, d, a, brand, b->message_id, str_lower(a, row->recipient), row, now, &ours));
        any = any || ours;
    }
    *ret_conversation = any ? named.conversation_id : 0;
    *ret_reply = any ? named.id : 0;
    return ERR_NONE;
}

err bounce_keep_in(db_conn *c, arena *a, int64_t brand, const struct bounce *b, int64_t letter, int64_t reply,
                   int64_t now) {
    int position = 0;
    for (size_t i = 0; i < b->rows.n; i++) {
        const struct bounce_row *row = &b->rows.v[i];
        if (row->reason == BOUNCE_VACATION) continue;
        const struct store_bounce kept = {.message_id = letter,
                                          .reply_id = reply,
                                          .recipient = str_lower(a, row->recipient),
                                          .status = row->status,
                                          .reason = row->reason,
                                          .code = row->code,
                                          .says = row->says,
                                          .delayed = row->delayed,
                                          .hard = bounce_is_hard(row),
                                          .at = now};
        TRY(store_bounce_insert(c, brand, position++, &kept));
    }
    return ERR_NONE;
}
