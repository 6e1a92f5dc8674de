#include "desk/acknowledge.h"
#include "desk/box.h"
#include "desk/channel.h"
#include "desk/child.h"
#include "desk/defect_hook.h"
#include "desk/defect_like.h"
#include "desk/defect_watch.h"
#include "desk/fans.h"
#include "desk/files.h"
#include "desk/forget.h"
#include "desk/incident_watch.h"
#include "desk/learning.h"
#include "desk/listening.h"
#include "desk/missing.h"
#include "desk/outbox.h"
#include "desk/print_box_run.h"
#include "desk/reading.h"
#include "desk/rhythm.h"
#include "desk/status_mail.h"
#include "desk/survey.h"
#include "desk/tidy.h"
#include "desk/training.h"
#include "desk/voice_learn.h"
#include "jobs/jobs.h"

static err run_read(struct job_context *x, const job_list *jobs) {
    return reading_file(x->desk, x->reader, jobs);
}

static err run_send(struct job_context *x, const job_list *jobs) {
    for (size_t i = 0; i < jobs->n; i++) TRY(outbox_send(x->desk, x->arena, &jobs->v[i]));
    return ERR_NONE;
}

static err run_mentions(struct job_context *x, const job_list *jobs) {
    for (size_t i = 0; i < jobs->n; i++) TRY(channel_round(x->desk, x->arena, &jobs->v[i]));
    return ERR_NONE;
}

static err run_listen(struct job_context *x, const job_list *jobs) { return listening_run(x->desk, jobs); }

static err run_learn(struct job_context *x, const job_list *jobs) {
    return learning_run(x->desk, x->arena, jobs);
}

static err run_voice(struct job_context *x, const job_list *jobs) { return voice_learn_run(x->desk, jobs); }

static err run_ask(struct job_context *x, const job_list *jobs) {
    for (size_t i = 0; i < jobs->n; i++) TRY(child_ask_send(x->desk, x->arena, &jobs->v[i]));
    return ERR_NONE;
}

static err run_forget(struct job_context *x, const job_list *jobs) {
    for (size_t i = 0; i < jobs->n; i++) TRY(forget_run(x->desk, x->arena, &jobs->v[i]));
    return ERR_NONE;
}

static err run_thank(struct job_context *x, const job_list *jobs) {
    for (size_t i = 0; i < jobs->n; i++) TRY(missing_mail_send(x->desk, x->arena, &jobs->v[i]));
    return ERR_NONE;
}

static err run_acknowledge(struct job_context *x, const job_list *jobs) {
    for (size_t i = 0; i < jobs->n; i++) TRY(acknowledge_send(x->desk, x->arena, &jobs->v[i]));
    return ERR_NONE;
}

static err run_follow(struct job_context *x, const job_list *jobs) {
    for (size_t i = 0; i < jobs->n; i++) TRY(box_follow(x->desk, x->arena, &jobs->v[i]));
    return ERR_NONE;
}

static err run_print(struct job_context *x, const job_list *jobs) {
    for (size_t i = 0; i < jobs->n; i++) TRY(print_run_do(x->desk, x->arena, &jobs->v[i]));
    return ERR_NONE;
}

static err run_examine(struct job_context *x, const job_list *jobs) {
    for (size_t i = 0; i < jobs->n; i++) TRY(files_examine(x->desk, x->reader, x->arena, &jobs->v[i]));
    return ERR_NONE;
}

static err run_pictures(struct job_context *x, const job_list *jobs) {
    for (size_t i = 0; i < jobs->n; i++) TRY(pictures_fetch(x->desk, x->reader, x->arena, &jobs->v[i]));
    return ERR_NONE;
}

static err run_rhythm(struct job_context *x, const job_list *jobs) {
    for (size_t i = 0; i < jobs->n; i++) TRY(rhythm_run(x->desk, x->arena, &jobs->v[i]));
    return ERR_NONE;
}

static err run_fans(struct job_context *x, const job_list *jobs) {
    for (size_t i = 0; i < jobs->n; i++) TRY(fans_run(x->desk, x->arena, &jobs->v[i]));
    return ERR_NONE;
}

static err run_status_ask(struct job_context *x, const job_list *jobs) {
    for (size_t i = 0; i < jobs->n; i++) TRY(status_ask_send(x->desk, x->arena, &jobs->v[i]));
    return ERR_NONE;
}

static err run_status_tell(struct job_context *x, const job_list *jobs) {
    for (size_t i = 0; i < jobs->n; i++) TRY(status_tell_run(x->desk, x->arena, &jobs->v[i]));
    return ERR_NONE;
}

static err run_survey(struct job_context *x, const job_list *jobs) {
    for (size_t i = 0; i < jobs->n; i++) TRY(survey_send(x->desk, x->arena, &jobs->v[i]));
    return ERR_NONE;
}

static err run_proud(struct job_context *x, const job_list *jobs) {
    for (size_t i = 0; i < jobs->n; i++) TRY(training_digest_send(x->desk, x->arena, &jobs->v[i]));
    return ERR_NONE;
}

static err run_tidy(struct job_context *x, const job_list *jobs) {
    for (size_t i = 0; i < jobs->n; i++) TRY(tidy_run(x->desk, x->arena, &jobs->v[i]));
    return ERR_NONE;
}

static err run_like(struct job_context *x, const job_list *jobs) {
    return letters_learn_run(x->desk, x->arena, jobs);
}

static err run_alarm(struct job_context *x, const job_list *jobs) {
    return defect_watch_run(x->desk, x->arena, jobs);
}

static err run_watch(struct job_context *x, const job_list *jobs) {
    return watch_run(x->desk, x->arena, jobs);
}

static err run_makers(struct job_context *x, const job_list *jobs) {
    for (size_t i = 0; i < jobs->n; i++) TRY(maker_tell_run(x->desk, x->arena, &jobs->v[i]));
    return ERR_NONE;
}

/* The lease of `send` outlives the longest try: twice the ten minutes of mail/send.h and some for a large
 * letter. */
const struct job_kind job_kinds[] = {
    {"read", "read letters that came in", 1, 64, 5 * MINUTE_MS, 5 * SECOND_MS, 10, run_read},
    {"listen", "listen to letters", 1, 64, 5 * MINUTE_MS, 5 * SECOND_MS, 10, run_listen},
    {"learn", "learn what was said", 1, 64, 30 * MINUTE_MS, MINUTE_MS, 20, run_learn},
    {"voice", "learn how a brand answers", 1, 1, 30 * MINUTE_MS, MINUTE_MS, 20, run_voice},
    {"send", "send replies", 4, 1, 30 * MINUTE_MS, MINUTE_MS, 20, run_send},
    /* Several workers, so that an account whose network is slow holds no other one up. */
    {"publish", "publish replies to posts", 3, 1, 30 * MINUTE_MS, MINUTE_MS, 20, run_send},
    {"mentions", "fetch what is said about us", 6, 1, 15 * MINUTE_MS, MINUTE_MS, 1000000, run_mentions},
    {"ask", "ask a grown-up", 1, 1, 30 * MINUTE_MS, MINUTE_MS, 20, run_ask},
    {"forget", "delete what children wrote, when it is time", 1, 1, 30 * MINUTE_MS, MINUTE_MS, 20,
     run_forget},
    {"thank", "say that we have a letter from the page", 1, 1, 30 * MINUTE_MS, MINUTE_MS, 20, run_thank},
    {"acknowledge", "say that a letter has come", 1, 1, 30 * MINUTE_MS, MINUTE_MS, 20, run_acknowledge},
    {"follow", "ask what became of boxes", 1, 1, MINUTE_MS, MINUTE_MS, 20, run_follow},
    {"like", "learn letters that came in", 1, 64, 30 * MINUTE_MS, MINUTE_MS, 20, run_like},
    {"alarm", "look for defects that letters tell of", 1, 64, 10 * MINUTE_MS, MINUTE_MS, 20, run_alarm},
    {"watch", "look whether many write about one thing", 1, 64, 30 * MINUTE_MS, MINUTE_MS, 20, run_watch},
    {"makers", "tell makers", 1, 1, 5 * MINUTE_MS, MINUTE_MS, 20, run_makers},
    {"print", "print boxes", 1, 1, 30 * MINUTE_MS, 5 * SECOND_MS, 5, run_print},
    {"examine", "look at files that came", 1, 1, 5 * MINUTE_MS, 15 * SECOND_MS, 20, run_examine},
    {"pictures", "fetch pictures from elsewhere", 1, 1, 5 * MINUTE_MS, 15 * SECOND_MS, 5, run_pictures},
    {"rhythm", "look whether inboxes are silent", 1, 1, 5 * MINUTE_MS, MINUTE_MS, 1000000, run_rhythm},
    {"fans", "count what became of letters", 1, 1, 30 * MINUTE_MS, MINUTE_MS, 1000000, run_fans},
    {"status_ask", "ask who wants words of the status page", 1, 1, 30 * MINUTE_MS, MINUTE_MS, 20,
     run_status_ask},
    {"status_tell", "send words of the status page", 1, 1, 30 * MINUTE_MS, MINUTE_MS, 20, run_status_tell},
    {"survey", "ask the one question", 1, 1, 30 * MINUTE_MS, MINUTE_MS, 20, run_survey},
    {"proud", "tell of the letters of the week", 1, 1, 30 * MINUTE_MS, MINUTE_MS, 20, run_proud},
    {"tidy", "clear away what has expired", 1, 4, MINUTE_MS, MINUTE_MS, 1000000, run_tidy},
};
const int job_kinds_n = sizeof job_kinds / sizeof *job_kinds;
