#include "web/routes.h"

#include <string.h>

#include "web/account_page.h"
#include "web/agent_page.h"
#include "web/allowance_page.h"
#include "web/blocked_page.h"
#include "web/box_page.h"
#include "web/brand_page.h"
#include "web/channel_page.h"
#include "web/check_page.h"
#include "web/child_page.h"
#include "web/customer_page.h"
#include "web/defect_page.h"
#include "web/fans_page.h"
#include "web/fetch_page.h"
#include "web/file_page.h"
#include "web/finding_page.h"
#include "web/forget_page.h"
#include "web/gesture_page.h"
#include "web/grown_up_page.h"
#include "web/home_page.h"
#include "web/hook_page.h"
#include "web/inbox_page.h"
#include "web/incident_page.h"
#include "web/incoming_page.h"
#include "web/job_page.h"
#include "web/judgement_page.h"
#include "web/link_page.h"
#include "web/list_page.h"
#include "web/live.h"
#include "web/look_page.h"
#include "web/merge_page.h"
#include "web/missing_page.h"
#include "web/people_page.h"
#include "web/piece_page.h"
#include "web/policy_page.h"
#include "web/post_page.h"
#include "web/promise_page.h"
#include "web/reply_page.h"
#include "web/search_page.h"
#include "web/setting_page.h"
#include "web/sign_in_page.h"
#include "web/status_desk_page.h"
#include "web/status_page.h"
#include "web/stock_page.h"
#include "web/story_page.h"
#include "web/survey_page.h"
#include "web/training_page.h"
#include "web/trial_page.h"
#include "web/type_in_page.h"
#include "web/voice_page.h"
#include "web/world_page.h"

#define GET(path, who, run, html, json, takes, does)                                                         \
    { HTTP_GET, path, who, run, html, json, takes, does, #run }
#define POST(path, who, run, html, json, takes, does)                                                        \
    { HTTP_POST, path, who, run, html, json, takes, does, #run }

/* Of two rows that match, the first counts: so a fixed word stands before a name in the same place. */
static const struct web_route routes[] = {
    GET("/", WHO_SIGNED_IN, home_go, NULL, NULL, "", "Go to the desk"),
    GET("/brands", WHO_SIGNED_IN, home_view, home_html, home_json, "", "The brands you work for"),
    GET("/healthz", WHO_PUBLIC, health, NULL, NULL, "", "Say whether the desk can work"),
    GET("/metrics", WHO_PUBLIC, figures_view, NULL, NULL, "",
        "Figures for monitoring (Prometheus text); wants the operator's token"),
    GET("/assets/:version/:file", WHO_PUBLIC, asset, NULL, NULL, "",
        "A style sheet, script or picture of the pages"),
    GET("/api/v1/openapi.json", WHO_PUBLIC, openapi, NULL, NULL, "", "Describe the API"),

    GET("/b/:brand", WHO_READ, home_brand, NULL, NULL, "", "Go to the brand's list"),
    GET("/b/:brand/list/:view", WHO_READ, list_view, list_html, list_json, "after:string",
        "List the conversations of a view: waiting, mine, unassigned, them, done, closed or junk"),
    GET("/b/:brand/live", WHO_READ, live_view, NULL, NULL, "", "Stream what changes in the brand"),

    GET("/b/:brand/c/:id", WHO_READ, conversation_view_page, conversation_html, conversation_json,
        "before:id, sent:id, view:string", "Show a conversation with its letters, replies, notes and events"),
    POST("/b/:brand/c/:id/take", WHO_WRITE, conversation_do_take, conversation_again, web_json_ok,
         "even_so:bool", "Take a conversation; with even_so from whoever has it"),
    POST("/b/:brand/c/:id/release", WHO_WRITE, conversation_do_release, conversation_again, web_json_ok, "",
         "Give a conversation back to the list"),
    POST("/b/:brand/c/:id/pass", WHO_WRITE, conversation_do_pass, conversation_again, web_json_ok,
         "agent!:id, text:string", "Pass a conversation on to another agent, with a note for them"),
    POST("/b/:brand/c/:id/close", WHO_WRITE, conversation_do_close, conversation_again, web_json_ok,
         "reason:string, version:int",
         "Close a conversation; with an unanswered letter in it a reason is needed: none_needed, duplicate, "
         "machine, "
         "spam"),
    POST("/b/:brand/c/:id/reopen", WHO_WRITE, conversation_do_reopen, conversation_again, web_json_ok, "",
         "Open a conversation again, out of junk too"),
    POST("/b/:brand/c/:id/junk", WHO_WRITE, conversation_do_junk, conversation_again, web_json_ok,
         "block:bool, version:int", "Move a conversation to junk; a lead may block its sender too"),
    POST("/b/:brand/c/:id/note", WHO_WRITE, conversation_do_note, conversation_again, web_json_ok,
         "text!:string", "Leave a note for colleagues"),
    POST("/b/:brand/c/:id/presence", WHO_READ, live_presence, NULL, live_presence_json, "doing!:string",
         "Say that you are looking at a conversation, writing in it, or have left it"),

    POST("/b/:brand/c/:id/reply", WHO_WRITE, reply_do_send, reply_again, reply_json,
         "text!:string, to:string, cc:string, bcc:string, subject:string, version:int, done:bool, "
         "by_hand:bool, key:string, override:string, not_promised:string, leave_at:string, answers:string, "
         "way:string",
         "Send a reply; refused when the conversation changed since the version seen, or when the letter "
         "check "
         "stops it and override does not say why it goes anyway"),
    POST("/b/:brand/c/:id/check", WHO_WRITE, check_do, reply_again, check_json, "text!:string, units:string",
         "Check a reply: remarks with their places in it, counted in bytes, or units=utf16"),
    POST("/b/:brand/c/:id/draft", WHO_WRITE, draft_do_save, NULL, web_json_ok,
         "text:string, to:string, cc:string, bcc:string, subject:string", "Keep what is typed as your draft"),
    POST("/b/:brand/c/:id/draft/drop", WHO_WRITE, draft_do_drop, NULL, web_json_ok, "",
         "Throw your draft away"),
    POST("/b/:brand/c/:id/attach", WHO_WRITE, draft_do_attach, NULL, reply_json, "file!:file",
         "Attach a file to your draft"),
    POST("/b/:brand/c/:id/detach", WHO_WRITE, draft_do_detach, NULL, web_json_ok, "remove!:id",
         "Take a file off your draft"),
    GET("/b/:brand/m/:id", WHO_READ, message_go, NULL, NULL, "", "Go to a message in its conversation"),
    GET("/b/:brand/m/:id/findings", WHO_READ, findings_view, NULL, findings_json, "",
        "What was found in a letter: spans of its text in bytes, each with kind, value and why"),
    POST("/b/:brand/m/:id/findings", WHO_WRITE, finding_do_add, NULL, finding_json,
         "kind!:string, words:string, start:int, end:int, value:string",
         "Add a finding that was missed, by its words or by their place"),
    POST("/b/:brand/m/:id/findings/:finding/strike", WHO_WRITE, finding_do_strike, NULL, finding_json,
         "struck:bool", "Strike a finding out; with struck false put it back"),
    POST("/b/:brand/m/:id/findings/:finding/correct", WHO_WRITE, finding_do_correct, NULL, finding_json,
         "value!:string", "Say what a finding is instead"),
    GET("/b/:brand/m/:id/html", WHO_READ, letter_html, NULL, web_json_bytes, "",
        "The HTML of a letter, sanitised, as a document for a sandboxed frame"),
    GET("/b/:brand/m/:id/raw", WHO_READ, letter_raw, NULL, web_json_bytes, "",
        "The bytes of a message as they came or left"),
    POST("/b/:brand/m/:id/reread", WHO_WRITE, letter_do_reread, NULL, web_json_ok, "", "Read a letter again"),
    GET("/b/:brand/a/:id", WHO_READ, attachment_picture, NULL, web_json_bytes, "", "A picture of a message"),
    GET("/b/:brand/a/:id/:name", WHO_READ, attachment_download, NULL, web_json_bytes, "",
        "A file of a message"),
    POST("/b/:brand/m/:id/take-back", WHO_WRITE, reply_do_take_back, NULL, reply_json, "",
         "Take back a reply that has not left yet; it is a draft again"),

    GET("/b/:brand/search", WHO_READ, search_view, search_html, search_json,
        "q:string, before:id, begins:bool", "Find the letters and replies that hold every word"),

    GET("/b/:brand/customers/:id", WHO_READ, customer_view, customer_html, customer_json, "before:id",
        "Show a customer with every address and conversation"),
    POST("/b/:brand/customers/:id", WHO_WRITE, customer_do_describe, customer_again, web_json_ok,
         "name!:string, text:string", "Change what is known of a customer"),
    POST("/b/:brand/customers/:id/address", WHO_WRITE, customer_do_add_address, customer_again, web_json_ok,
         "address!:string", "Add an address to a customer"),
    POST("/b/:brand/customers/:id/unblock", WHO_LEAD, customer_do_unblock, customer_again, web_json_ok,
         "address!:string", "Let letters from an address of a customer in again"),

    GET("/b/:brand/type-in", WHO_WRITE, type_in_view, type_in_html, NULL, "",
        "A form for a letter on paper or a call"),
    POST("/b/:brand/type-in", WHO_WRITE, type_in_do, type_in_again, reply_json,
         "text!:string, kind:string, name:string, address:string, subject:string, date:string, inbox:id",
         "Type in a letter on paper or a call; it waits like any other"),

    GET("/b/:brand/outbox", WHO_READ, outbox_view, outbox_html, outbox_json, "view:string, after:string",
        "Replies on their way: view is needs, failed, uncertain, bounced, stopped, waits, sending, sent or "
        "given_up"),
    POST("/b/:brand/outbox/:id/retry", WHO_WRITE, outbox_do_retry, NULL, reply_json, "", "Send it again"),
    POST("/b/:brand/outbox/:id/arrived", WHO_WRITE, outbox_do_arrived, NULL, reply_json, "",
         "Say that it arrived"),
    POST("/b/:brand/outbox/:id/give-up", WHO_WRITE, outbox_do_give_up, NULL, reply_json, "",
         "Say that it shall not be sent again"),

    GET("/b/:brand/write", WHO_WRITE, write_view, write_html, write_json, "customer:id, inbox:id",
        "A letter that begins a conversation"),
    POST("/b/:brand/write/reply", WHO_WRITE, reply_do_send, reply_again, reply_json,
         "text!:string, to!:string, cc:string, bcc:string, subject:string, inbox:id, done:bool, "
         "key:string, override:string, not_promised:string, leave_at:string, answers:string",
         "Send a letter that begins a conversation"),
    POST("/b/:brand/write/check", WHO_WRITE, check_do, reply_again, check_json, "text!:string, units:string",
         "Check a first letter"),
    POST("/b/:brand/write/draft", WHO_WRITE, draft_do_save, NULL, web_json_ok,
         "text:string, to:string, cc:string, bcc:string, subject:string",
         "Keep your first letter as a draft"),
    POST("/b/:brand/write/draft/drop", WHO_WRITE, draft_do_drop, NULL, web_json_ok, "",
         "Throw the draft of a first letter away"),
    POST("/b/:brand/write/attach", WHO_WRITE, draft_do_attach, NULL, reply_json, "file!:file",
         "Attach a file to your first letter"),
    POST("/b/:brand/write/detach", WHO_WRITE, draft_do_detach, NULL, web_json_ok, "remove!:id",
         "Take a file off your first letter"),

#include "web/routes_box.inc"
#include "web/routes_child.inc"
#include "web/routes_defect.inc"
#include "web/routes_fans.inc"
#include "web/routes_fetch.inc"
#include "web/routes_files.inc"
#include "web/routes_gesture.inc"
#include "web/routes_hook.inc"
#include "web/routes_incident.inc"
#include "web/routes_incoming.inc"
#include "web/routes_merge.inc"
#include "web/routes_missing.inc"
#include "web/routes_operate.inc"
#include "web/routes_people.inc"
#include "web/routes_promise.inc"
#include "web/routes_sending.inc"
#include "web/routes_social.inc"
#include "web/routes_status.inc"
#include "web/routes_story.inc"
#include "web/routes_training.inc"
#include "web/routes_voice.inc"
#include "web/routes_world.inc"
};
enum { ROUTES = sizeof routes / sizeof *routes };

const struct web_route *web_routes(size_t *ret_n) {
    *ret_n = ROUTES;
    return routes;
}

const char *web_who_name(enum web_who who) {
    static const char *const names[] = {"PUBLIC", "SIGNED_IN", "READ", "PACK", "WRITE", "LEAD", "ADMIN"};
    return names[who];
}

const struct web_route *web_route_find(arena *a, http_method method, str path, bool program,
                                       struct http_match *ret_match, str *ret_allowed) {
    str allowed = S("");
    for (size_t i = 0; i < ROUTES; i++) {
        const struct web_route *r = &routes[i];
        struct http_match match;
        if ((program && !r->json) || !http_match(str_z(r->path), path, &match)) continue;
        if (r->method == method) {
            *ret_match = match;
            *ret_allowed = S("");
            return r;
        }
        const char *name = r->method == HTTP_GET ? "GET, HEAD" : http_method_name(r->method);
        if (str_find(allowed, str_z(name), 0) == SIZE_MAX)
            allowed = allowed.n ? str_fmt(a, "%.*s, %s", STR_FMT(allowed), name) : str_z(name);
    }
    *ret_allowed = allowed;
    return NULL;
}

static void print_json(buf *out) {
    struct json_out o = json_begin(out);
    json_open_object(&o);
    json_key(&o, S("routes"));
    json_open_array(&o);
    for (size_t i = 0; i < ROUTES; i++) {
        const struct web_route *r = &routes[i];
        json_open_object(&o);
        json_key(&o, S("method")), json_str(&o, str_z(http_method_name(r->method)));
        json_key(&o, S("path")), json_str(&o, str_z(r->path));
        json_key(&o, S("who")), json_str(&o, str_z(web_who_name(r->who)));
        json_key(&o, S("handler")), json_str(&o, str_z(r->handler));
        json_key(&o, S("does")), json_str(&o, str_z(r->does));
        json_close_object(&o);
    }
    json_close_array(&o);
    json_close_object(&o);
    buf_add_char(out, '\n');
}

void routes_print(buf *out, bool json) {
    if (json) {
        print_json(out);
        return;
    }
    for (size_t i = 0; i < ROUTES; i++) {
        const struct web_route *r = &routes[i];
        buf_add_fmt(out, "%-5s %-9s %-40s %-24s %s\n", http_method_name(r->method), web_who_name(r->who),
                    r->path, r->handler, r->does);
    }
}

void web_json_ok(const struct web_call *w, struct json_out *o) {
    (void)w;
    json_open_object(o);
    json_key(o, S("ok"));
    json_bool(o, true);
    json_close_object(o);
}

void web_json_bytes(const struct web_call *w, struct json_out *o) {
    (void)w;
    json_nil(o);
}
