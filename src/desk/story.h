/* story: letters and mentions that praise us or tell of us, which we may show when their writer says so.
 *
 * Listening finds them (letter/thanks.h); a person thanks, by an ordinary reply. Showing one takes a link,
 * which an agent puts into a letter of theirs: it works once that letter was sent, and leads to a page with
 * the very words that would be shown, shortened with an ellipsis at most. What was said there is kept with
 * its scope, its time and the version of the page's words, and the same link takes it back. Of a child's
 * letter a grown-up is asked, the one who confirmed (desk/child.h); it is shown without any name.
 *
 * Nothing that is shown is kept anywhere else: no cache, no copy. Whether the caller may is judged before
 * (RIGHT_WRITE). Changes are told as desk_changed "story", and stand in the conversation's history as the
 * events story_kept, story_asked, story_yes, story_no, story_withdrawn, with no word of the letter. */
#ifndef LONGHAND_DESK_STORY_H
#define LONGHAND_DESK_STORY_H

#include "desk/desk.h"
#include "letter/listen.h"
#include "store/message.h"
#include "store/story.h"

enum {
    STORY_QUOTE_BYTES = 1200,
    STORY_ASK_DAYS = 60, /* a link can be answered so long; it takes a yes back for ever */
    STORY_REACH_MAX = 2000000000,
    STORY_WORDING = 2 /* version of the words on the consent page; counted up with every change of them */
};

/* ---- for everybody ---- */

/* A letter or mention becomes a story; one that is a story already is found. By listening (who->agent 0) or
 * by hand. `reach`: how many followers its author had at that time, -1 not known. ERR_MISSING for no such
 * letter (replies and notes are none), ERR_CONFLICT where its words are deleted. */
err story_from_message(struct desk *d, arena *a, const struct actor *who, int64_t message, int64_t reach,
                       int64_t *ret_story);
err story_from_message_in(db_conn *c, arena *a, const struct actor *who, int64_t message, int64_t reach,
                          int64_t now, int64_t *ret_story);
/* In the caller's transaction, once a letter was listened to: what thanks in it is put down, and one that
 * praises or tells is found as a story (not a complaint; never taken away again by hearing less). */
err story_heard_in(db_conn *c, arena *a, int64_t brand, int64_t message, const struct heard *heard,
                   int64_t now);
/* The same after people put right what was heard. */
err story_heard_again(struct desk *d, arena *a, const struct actor *who, const struct message *m);
/* In the caller's transaction, when a reply is written: a link to the consent page in its text works from now
 * on. ERR_INVALID unless it goes to whoever wrote the story (of a child's: to the grown-up who confirmed) and
 * to nobody else, also when it was answered and could still be taken back by; ERR_CONFLICT for a post that
 * anybody may read (`is_public`), and for a link that works no more. Lines that quote (">") are not looked
 * at. Recipients are addresses as customers are known by. */
err story_sent_in(db_conn *c, arena *a, const struct actor *who, const struct message *m,
                  const str *recipients, size_t nrecipients, bool is_public);
/* In the caller's transaction: the words of a letter changed or are gone (a post was edited or deleted). Its
 * story is not shown any more, and nobody can agree to the old words. */
err story_words_changed_in(db_conn *c, arena *a, int64_t brand, int64_t message, int64_t now);
/* Is what was said in a conversation to be asked about as a child's? It is one (desk/child.h), or nobody said
 * anything of it and a child wrote elsewhere from the same customer's addresses (`ret_near`, may be NULL). */
err story_child_in(db_conn *c, arena *a, int64_t brand, int64_t conversation, bool *ret_child,
                   bool *ret_near);

/* ---- what people do ---- */

err story_get(const struct desk *d, arena *a, int64_t brand, int64_t id, struct store_tale *ret);
/* What would be shown. The quote must be the letter's own words in their order, left-out parts marked by an
 * ellipsis: else ERR_INVALID names the words that are not in the letter. A changed quote needs a new answer:
 * a link that is out ends, and a yes does not hold for it (it is ERR_CONFLICT while the story is shown). */
err story_set_quote(struct desk *d, arena *a, const struct actor *who, int64_t id, int64_t seen_version,
                    str quote);
err story_set_reach(struct desk *d, arena *a, const struct actor *who, int64_t id, int64_t seen_version,
                    int64_t reach);
err story_set_aside(struct desk *d, arena *a, const struct actor *who, int64_t id, int64_t seen_version,
                    bool aside);
/* Make a link and put it at the end of the agent's draft in the conversation (of a child's, addressed to the
 * grown-up; a new one to whoever wrote the letter). Links made before end, and go from the draft. ERR_INVALID
 * without a quote; ERR_CONFLICT when they said no, or it is shown, or a child wrote and no grown-up has
 * confirmed, or the draft is a note. */
err story_ask(struct desk *d, arena *a, const struct actor *who, int64_t id, int64_t seen_version,
              int64_t *ret_conversation);
/* They told us otherwise (by letter, by telephone) that it shall go. At once, as by the link. */
err story_withdraw(struct desk *d, arena *a, const struct actor *who, int64_t id);

/* ---- the words that are shown ---- */

/* A first proposal: the sentences that praise and tell, with ellipses between them, without greeting and
 * signature. */
str story_propose_quote(arena *a, const struct message *m, const struct heard *heard);
/* Runs of white space as one space, none at the ends, "..." as the one character, and nothing that cannot be
 * seen and turns lines around: as it is kept and compared. */
str story_even(arena *a, str text);
/* The text with all blanked that is not its writer's own: what it quotes, answers and forwards, also where it
 * forwards only. Its signature stays. */
str story_own_words(arena *a, str text);
/* Is `quote` `text` shortened, at the ends of words only? ERR_INVALID says where not. */
err story_check_quote(arena *a, str text, str quote);
struct story_hide {
    const str *names; /* whose words go */
    size_t nnames;
    str but; /* a word that may stay, "" none */
    /* Of a child's words also names of others go: known first names and, where a language writes only names
     * with a capital, every such word inside a sentence but those of `keep`; and numbers of three digits. */
    bool child;
    const str *keep;
    size_t nkeep;
    str language;
};
/* The quote without names, addresses of the web, of mail and of social accounts, and what may be a number of
 * a telephone, with an ellipsis in their place. "" when no word is left. */
str story_without_names(arena *a, str quote, const struct story_hide *hide);
/* What a name is shown as: "Ottilie Brandt" from "Brandt, Ottilie"; "" where it is none (an address, a link,
 * a number). And its first name, "" where it has none ("Frau Brandt"). */
str story_shown_name(arena *a, str name);
str story_first_name(arena *a, str shown);

/* ---- who wrote ---- */

typedef enum story_link_state {
    STORY_LINK_GOOD,    /* can be answered */
    STORY_LINK_YES,     /* was answered with yes: can be taken back */
    STORY_LINK_NO,      /* was answered with no */
    STORY_LINK_BACK,    /* was taken back */
    STORY_LINK_ENDED,   /* a newer one was made, or it is not needed any more */
    STORY_LINK_EXPIRED, /* too old to be answered */
    STORY_LINK_WRONG    /* no such link, or its letter was not sent */
} story_link_state;
struct story_link {
    story_link_state state;
    int64_t brand_id, story_id, ask_id, conversation_id;
    str brand_name, brand_slug, brand_zone, inbox_address;
    bool grown_up, wall_on;    /* the brand has its wall switched on */
    str quote;                 /* as it would be shown with the full name, */
    str first_quote;           /* with the first name, */
    str nameless_quote;        /* and without */
    str full_name, first_name; /* what these answers would show; "" : cannot be chosen */
    story_photo_list photos;   /* the pictures that could be shown */
    str seen;                  /* stands for all that was shown to be agreed to */
    int64_t expires_at, answered_at;
    story_answer answer;
    bool wall, team, shows_photos;
    str name;
    bool kept; /* by an answer: it was not said before, and counts from now on */
};
/* What the page shows; changes nothing, since mail programs open links by themselves. ERR_LIMIT: too many
 * wrong ones from that network. */
err story_link_open(struct desk *d, arena *a, str token, str peer, struct story_link *ret);

struct story_said {
    story_answer answer;
    bool wall, team, photos;
    bool i_am_grown_up; /* needed where a grown-up is asked */
    str seen;           /* as the page had it; a yes to anything else is ERR_CONFLICT */
};
/* A small picture (JPEG) of those that the page asks about. ERR_MISSING. */
err story_link_photo(struct desk *d, arena *a, str token, str peer, int64_t attachment, str *ret_jpeg);
/* ONE transaction. ret->state as it stands afterwards. ERR_INVALID for what was chosen; of two at once one
 * finds it answered. A no takes back a yes that was said before. */
err story_link_answer(struct desk *d, arena *a, str token, str peer, const struct story_said *said,
                      str language, struct story_link *ret);
/* Gone from everywhere when this returns. Again is no error, and however often somebody tries, it is done. */
err story_link_withdraw(struct desk *d, arena *a, str token, struct story_link *ret);

/* ---- where they are shown ---- */

enum { STORY_WALL_PAGE = 30, STORY_TEAM_PAGE = 200 };
/* The public wall. ERR_MISSING for no such brand, or one that has it switched off (setting story_wall). */
struct story_wall {
    int64_t brand_id;
    str brand_name, brand_slug, brand_zone;
    story_shown_list rows;
    struct story_wall_photos {
        int64_t story_id;
        story_photo_list list;
    } * photos;   /* one for each row */
    int64_t next; /* ask id that the next page begins below; 0 none */
};
/* ERR_LIMIT: more than ten looks within a tenth of a second from the network of `peer`, "" not limited. */
err story_wall_may(const struct desk *d, arena *a, str peer);
err story_wall_open(const struct desk *d, arena *a, str slug, int64_t before, struct story_wall *ret);
/* Does all of it stand as it was read? What a page was made of meanwhile is not sent otherwise. */
err story_wall_still(const struct desk *d, arena *a, const struct story_wall *wall, int64_t before,
                     bool *ret_still);
/* A small picture (JPEG) of a story on the wall. */
err story_wall_photo(const struct desk *d, arena *a, str slug, int64_t story, int64_t attachment,
                     str *ret_jpeg);
/* For the team's own walls; ret_next as story_wall.next. */
err story_team(const struct desk *d, arena *a, int64_t brand, int64_t before, story_shown_list *ret,
               int64_t *ret_next);

str story_link_url(const struct desk *d, arena *a, str token);
str story_wall_url(const struct desk *d, arena *a, str slug);

/* For tests: forget who tried how often. */
void story_forget_tries(void);

#endif
