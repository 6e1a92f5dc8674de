/* live: open pages are told what happens elsewhere. One event stream a browser, for one brand; and who is
 * looking at a conversation or writing in it, which is kept in memory only.
 *
 * Events (data is JSON, ids are strings):
 *     list          {"counts": {"waiting": 38, ...}}                       something in the lists changed
 *     letter        {"conversation", "from", "snippet", "url"}             a letter came
 *     conversation  {"conversation", "version", "what"}                    it changed: letter, reply, note,
 * state presence      {"conversation", "people": [{"account", "name", "doing"}]} What changes is gathered for
 * a moment and told by a thread of the hub's own, so that a flood of letters neither slows their intake nor
 * floods the pages. */
#ifndef LONGHAND_WEB_LIVE_H
#define LONGHAND_WEB_LIVE_H

#include "web/web.h"

enum { LIVE_PRESENCE_MS = 45000 };

err live_new(struct web *web, struct live **ret_live);
void live_free(struct live *live);

/* For desk->changed: returns at once, from any thread. */
void live_changed(struct live *live, int64_t brand, int64_t conversation, const char *what);
/* Tell what was gathered now: the hub's thread does this by itself; tests call it. */
void live_tell(struct live *live);

enum live_doing { LIVE_LEFT, LIVE_LOOKING, LIVE_WRITING };
struct live_person {
    int64_t account;
    str name;
    enum live_doing doing;
};
typedef LIST(struct live_person) live_person_list;
/* Note what somebody does at a conversation; others who look at it are told when that is news. */
void live_present(struct live *live, int64_t brand, int64_t conversation, const struct live_person *who);
/* Who is there, names in the arena. */
void live_people(struct live *live, arena *a, int64_t brand, int64_t conversation,
                 live_person_list *ret_people);
const char *live_doing_name(enum live_doing d); /* "left", "looking", "writing" */

err live_view(struct web_call *w);     /* GET /b/:brand/live */
err live_presence(struct web_call *w); /* POST /b/:brand/c/:id/presence */
void live_presence_json(const struct web_call *w, struct json_out *o);

#endif
