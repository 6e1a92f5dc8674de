/* OpenAPI 3.1 of the route table: what a program may ask, and how. */
#include "web/routes.h"

/* One entry of a row's `takes`: "text!:string". */
struct taken {
    str name, type;
    bool needed;
};

static bool take_next(str *rest, struct taken *ret) {
    str piece, name;
    if (!str_split(rest, ',', &piece)) return false;
    piece = str_trim(piece);
    if (!piece.n) return false; /* a row that takes nothing */
    str_split(&piece, ':', &name);
    *ret = (struct taken){.name = name, .type = piece};
    if (str_ends(name, S("!"))) {
        ret->needed = true;
        ret->name.n--;
    }
    return true;
}

static void schema(struct json_out *o, str type) {
    json_open_object(o);
    json_key(o, S("type"));
    if (str_eq(type, S("ids")) || str_eq(type, S("items"))) {
        json_str(o, S("array"));
        json_key(o, S("items")), schema(o, str_eq(type, S("ids")) ? S("id") : S("item"));
        json_close_object(o);
        return;
    }
    if (str_eq(type, S("item"))) {
        json_str(o, S("object"));
        json_close_object(o);
        return;
    }
    if (str_eq(type, S("int")))
        json_str(o, S("integer"));
    else if (str_eq(type, S("bool")))
        json_str(o, S("boolean"));
    else
        json_str(o, S("string"));
    if (str_eq(type, S("id"))) json_key(o, S("pattern")), json_str(o, S("^[1-9][0-9]*$"));
    if (str_eq(type, S("file"))) json_key(o, S("format")), json_str(o, S("binary"));
    json_close_object(o);
}

static void parameter(struct json_out *o, str name, const char *in, str type, bool needed) {
    json_open_object(o);
    json_key(o, S("name")), json_str(o, name);
    json_key(o, S("in")), json_str(o, str_z(in));
    json_key(o, S("required")), json_bool(o, needed);
    json_key(o, S("schema")), schema(o, type);
    json_close_object(o);
}

static void parameters(struct json_out *o, const struct web_route *r) {
    json_key(o, S("parameters"));
    json_open_array(o);
    str rest = str_z(r->path), piece;
    while (str_split(&rest, '/', &piece))
        if (piece.n > 1 && piece.p[0] == ':') {
            str name = str_slice(piece, 1, piece.n);
            parameter(o, name, "path", str_eq(name, S("id")) ? S("id") : S("string"), true);
        }
    rest = str_z(r->takes);
    struct taken t;
    while (r->method == HTTP_GET && take_next(&rest, &t)) parameter(o, t.name, "query", t.type, t.needed);
    json_close_array(o);
}

static void request_body(struct json_out *o, const struct web_route *r) {
    if (r->method == HTTP_GET || !r->takes[0]) return;
    str rest = str_z(r->takes);
    struct taken t;
    bool file = false, any = false;
    while (take_next(&rest, &t)) {
        file = file || str_eq(t.type, S("file"));
        any = any || t.needed;
    }
    json_key(o, S("requestBody"));
    json_open_object(o);
    json_key(o, S("required")), json_bool(o, any);
    json_key(o, S("content"));
    json_open_object(o);
    json_key(o, file ? S("multipart/form-data") : S("application/json"));
    json_open_object(o);
    json_key(o, S("schema"));
    json_open_object(o);
    json_key(o, S("type")), json_str(o, S("object"));
    json_key(o, S("properties"));
    json_open_object(o);
    rest = str_z(r->takes);
    while (take_next(&rest, &t)) json_key(o, t.name), schema(o, t.type);
    json_close_object(o);
    if (any) {
        json_key(o, S("required"));
        json_open_array(o);
        rest = str_z(r->takes);
        while (take_next(&rest, &t))
            if (t.needed) json_str(o, t.name);
        json_close_array(o);
    }
    json_close_object(o), json_close_object(o), json_close_object(o), json_close_object(o);
}

enum answer { ANSWER_OBJECT, ANSWER_BYTES, ANSWER_ERROR };

static void response(struct json_out *o, const char *status, const char *says, enum answer kind) {
    json_key(o, str_z(status));
    json_open_object(o);
    json_key(o, S("description")), json_str(o, str_z(says));
    json_key(o, S("content"));
    json_open_object(o);
    json_key(o, kind == ANSWER_BYTES ? S("*/*") : S("application/json"));
    json_open_object(o);
    json_key(o, S("schema"));
    json_open_object(o);
    switch (kind) {
    case ANSWER_OBJECT: json_key(o, S("type")), json_str(o, S("object")); break;
    case ANSWER_BYTES: json_key(o, S("type")), json_str(o, S("string")); break;
    case ANSWER_ERROR: json_key(o, S("$ref")), json_str(o, S("#/components/schemas/Error")); break;
    }
    json_close_object(o), json_close_object(o), json_close_object(o), json_close_object(o);
}

static void operation(struct json_out *o, const struct web_route *r) {
    json_key(o, r->method == HTTP_GET ? S("get") : S("post"));
    json_open_object(o);
    json_key(o, S("operationId")), json_str(o, str_z(r->handler));
    json_key(o, S("summary")), json_str(o, str_z(r->does));
    json_key(o, S("x-who")), json_str(o, str_z(web_who_name(r->who)));
    if (r->who == WHO_PUBLIC) {
        json_key(o, S("security"));
        json_open_array(o);
        json_close_array(o);
    }
    parameters(o, r);
    request_body(o, r);
    json_key(o, S("responses"));
    json_open_object(o);
    response(o, "200", "Done", r->json == web_json_bytes ? ANSWER_BYTES : ANSWER_OBJECT);
    if (r->who != WHO_PUBLIC) response(o, "401", "No token, or one that is not valid here", ANSWER_ERROR);
    if (r->who > WHO_SIGNED_IN) response(o, "404", "No such thing, or not for this token", ANSWER_ERROR);
    if (r->method != HTTP_GET) response(o, "422", "Something is missing or wrong", ANSWER_ERROR);
    json_close_object(o);
    json_close_object(o);
}

/* "/b/:brand/c/:id" -> "/b/{brand}/c/{id}" */
static void path_key(struct json_out *o, const char *path) {
    BUF_AUTO buf b = BUF_MAX(1024);
    str rest = str_z(path), piece;
    bool first = true;
    while (str_split(&rest, '/', &piece)) {
        if (!first) buf_add_char(&b, '/');
        first = false;
        bool name = piece.n > 1 && piece.p[0] == ':';
        if (name) buf_add_char(&b, '{');
        buf_add(&b, name ? str_slice(piece, 1, piece.n) : piece);
        if (name) buf_add_char(&b, '}');
    }
    json_key(o, buf_str(&b));
}

static void paths(struct json_out *o) {
    size_t n;
    const struct web_route *r = web_routes(&n);
    json_key(o, S("paths"));
    json_open_object(o);
    for (size_t i = 0; i < n; i++) {
        if (!r[i].json) continue;
        bool first = true;
        for (size_t k = 0; k < i; k++)
            if (r[k].json && str_eq(str_z(r[k].path), str_z(r[i].path))) first = false;
        if (!first) continue; /* it stands with the first row of its path */
        path_key(o, r[i].path);
        json_open_object(o);
        for (size_t k = i; k < n; k++)
            if (r[k].json && str_eq(str_z(r[k].path), str_z(r[i].path))) operation(o, &r[k]);
        json_close_object(o);
    }
    json_close_object(o);
}

static void error_schema(struct json_out *o) {
    static const char *const members[] = {"kind", "says"};
    json_key(o, S("Error"));
    json_open_object(o);
    json_key(o, S("type")), json_str(o, S("object"));
    json_key(o, S("properties"));
    json_open_object(o);
    json_key(o, S("error"));
    json_open_object(o);
    json_key(o, S("type")), json_str(o, S("object"));
    json_key(o, S("properties"));
    json_open_object(o);
    for (int i = 0; i < 2; i++) json_key(o, str_z(members[i])), schema(o, S("string"));
    json_close_object(o), json_close_object(o), json_close_object(o), json_close_object(o);
}

static void components(struct json_out *o) {
    json_key(o, S("components"));
    json_open_object(o);
    json_key(o, S("securitySchemes"));
    json_open_object(o);
    json_key(o, S("token"));
    json_open_object(o);
    json_key(o, S("type")), json_str(o, S("http"));
    json_key(o, S("scheme")), json_str(o, S("bearer"));
    json_close_object(o);
    json_close_object(o);
    json_key(o, S("schemas"));
    json_open_object(o);
    error_schema(o);
    json_close_object(o);
    json_close_object(o);
}

void openapi_print(buf *out, str server_url) {
    struct json_out o = json_begin(out);
    BUF_AUTO buf url = BUF_MAX(4096);
    buf_add(&url, server_url);
    buf_add_z(&url, "/api/v1");
    json_open_object(&o);
    json_key(&o, S("openapi")), json_str(&o, S("3.1.0"));
    json_key(&o, S("info"));
    json_open_object(&o);
    json_key(&o, S("title")), json_str(&o, S("Longhand"));
    json_key(&o, S("version")), json_str(&o, S("1"));
    json_key(&o, S("description"));
    json_str(&o,
             S("Every page of the desk as JSON. Ids are strings, times are milliseconds since 1970 UTC."));
    json_close_object(&o);
    json_key(&o, S("servers"));
    json_open_array(&o);
    json_open_object(&o);
    json_key(&o, S("url")), json_str(&o, buf_str(&url));
    json_close_object(&o);
    json_close_array(&o);
    json_key(&o, S("security"));
    json_open_array(&o);
    json_open_object(&o);
    json_key(&o, S("token"));
    json_open_array(&o);
    json_close_array(&o);
    json_close_object(&o);
    json_close_array(&o);
    paths(&o);
    components(&o);
    json_close_object(&o);
}
