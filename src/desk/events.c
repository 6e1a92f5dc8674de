#include "desk/events.h"

#include "base/random.h"
#include "store/event.h"

err event_add(db_conn *c, const struct actor *who, int64_t conversation, const char *kind, str detail,
              int64_t at) {
    return store_event_insert(c, who->brand,
                              &(struct event){.id = id_new(at),
                                              .conversation_id = conversation,
                                              .agent_id = who->agent,
                                              .kind = str_z(kind),
                                              .detail = detail,
                                              .at = at});
}
