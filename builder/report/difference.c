/* SPDX-License-Identifier: Apache-2.0 */
#include "report/difference.h"

#include "base/json.h"

/* ---- architectures, sizes ------------------------------------------------------------------- */

/* What was compared: those of both images. */
static size_t count_arches(const json_t *document)
{
    size_t i, n = 0;
    const json_t *size;

    json_array_foreach(json_object_get(document, "sizes"), i, size)
    {
        n += json_is_object(json_object_get(size, "from")) &&
             json_is_object(json_object_get(size, "to"));
    }
    return n;
}

void difference_arches(struct prose *w, const json_t *document, const json_t *change)
{
    const json_t *own = json_object_get(change, "architectures");

    if (json_array_size(own) >= count_arches(document))
        return;
    buf_addstr(w->out, " (");
    prose_codes(w, own);
    buf_addch(w->out, ')');
}

/* "packed 9.1 MB -> 9.3 MB (+200.0 kB)" */
static void size_change(struct prose *w, const char *what, const json_t *from, const json_t *to)
{
    uint64_t old = (uint64_t)json_integer_value(json_object_get(from, what));
    uint64_t now = (uint64_t)json_integer_value(json_object_get(to, what));

    buf_addf(w->out, "%s ", what);
    if (json_is_object(from) && old != now)
        buf_addf(w->out, "%s -> ", size_text(old).s);
    buf_addstr(w->out, size_text(now).s);
    if (json_is_object(from) && old != now)
        buf_addf(w->out, " (%c%s)", now > old ? '+' : '-',
                 size_text(now > old ? now - old : old - now).s);
}

void difference_size(struct prose *w, const json_t *size)
{
    const json_t *from = json_object_get(size, "from"), *to = json_object_get(size, "to");

    prose_code(w, prose_string(size, "architecture"));
    if (!json_is_object(to)) {
        buf_addstr(w->out, ": no longer");
        return;
    }
    buf_addstr(w->out, ": ");
    size_change(w, "packed", from, to);
    buf_addstr(w->out, ", ");
    size_change(w, "unpacked", from, to);
}

static void sizes(struct prose *w, const json_t *document)
{
    struct prose_list l = {.w = w, .title = "Size"};
    size_t i;
    const json_t *size;

    json_array_foreach(json_object_get(document, "sizes"), i, size)
    {
        if (json_equal(json_object_get(size, "from"), json_object_get(size, "to")))
            continue;
        char sign = prose_sign(size);
        if (!prose_change(&l, sign, prose_word(sign)))
            continue;
        difference_size(w, size);
        prose_end(w);
    }
    prose_list_end(&l, 0);
}

/* ---- packages ------------------------------------------------------------------------------- */

static void packages(struct prose *w, const json_t *document)
{
    CLEANUP(package_groups_release) struct package_groups groups;
    struct prose_list l = {.w = w, .title = "Packages"};
    size_t i;
    const json_t *one;

    package_groups_init(&groups);
    json_array_foreach(json_object_get(document, "packages"), i, one)
    {
        package_groups_add(&groups, one, NULL, true, w->all);
    }
    json_array_foreach(groups.list, i, one)
    {
        const json_t *package = json_object_get(one, "package");
        if (!package_group_line(&l, one))
            continue;
        difference_arches(w, document, package);
        if (json_array_size(json_object_get(package, "cves"))) {
            buf_addstr(w->out, ": ");
            prose_codes(w, json_object_get(package, "cves"));
        }
        prose_end(w);
    }
    prose_list_end(&l, 0);
}

/* ---- findings, scripts ---------------------------------------------------------------------- */

static void findings(struct prose *w, const json_t *document)
{
    struct prose_list l = {.w = w, .title = "Hardening"};
    size_t i;
    const json_t *c;

    json_array_foreach(json_object_get(document, "findings"), i, c)
    {
        const char *change = prose_string(c, "change"), *action = prose_string(c, "action");
        bool gone = strcmp(change, "gone") == 0;
        if (!prose_change(&l, gone ? '-' : '+', gone ? "gone" : "new"))
            continue;
        prose_code(w, prose_string(c, "rule"));
        if (*prose_string(c, "path")) {
            CLEANUP(free_ptr) char *path = xasprintf("/%s", prose_string(c, "path"));
            buf_addch(w->out, ' ');
            prose_code(w, path);
        }
        buf_addf(w->out, ", %s: ",
                 strcmp(action, "fix") == 0    ? "mended"
                 : strcmp(action, "deny") == 0 ? "allowed"
                                               : "noted");
        prose_code(w, prose_string(c, "text"));
        difference_arches(w, document, c);
        prose_end(w);
    }
    prose_list_end(&l, 0);
}

static void scripts(struct prose *w, const json_t *document)
{
    struct prose_list l = {.w = w, .title = "Maintainer scripts"};
    size_t i;
    const json_t *c;

    json_array_foreach(json_object_get(document, "scripts"), i, c)
    {
        const char *change = prose_string(c, "change");
        char sign = strcmp(change, "added") == 0 ? '+' : strcmp(change, "removed") == 0 ? '-' : '~';
        if (!prose_change(&l, sign, sign == '~' ? "changed" : prose_word(sign)))
            continue;
        prose_code(w, prose_string(c, "package"));
        buf_addch(w->out, ' ');
        prose_code(w, prose_string(c, "script"));
        if (*prose_string(c, "class")) {
            buf_addstr(w->out, ": ");
            prose_code(w, prose_string(c, "class"));
        }
        if (*prose_string(c, "what")) {
            buf_addstr(w->out, ", ");
            prose_code(w, prose_string(c, "what"));
        }
        difference_arches(w, document, c);
        prose_end(w);
    }
    prose_list_end(&l, 0);
}

/* ---- config --------------------------------------------------------------------------------- */

/* What is in every image that has any other package. */
static bool is_time(const char *key, const char *member)
{
    return strcmp(key, "Labels") == 0 && strcmp(member, "org.opencontainers.image.created") == 0;
}

static void value(struct prose *w, const json_t *v)
{
    char *text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);

    prose_code(w, text ? text : "");
    free(text);
}

/* A key, or one member of an object. */
static void config_line(struct prose_list *l, const json_t *document, const json_t *change,
                        const char *member, const json_t *from, const json_t *to)
{
    struct prose *w = l->w;
    bool old = from && !json_is_null(from), now = to && !json_is_null(to);
    char sign = old && now ? '~' : now ? '+' : '-';

    if (!prose_change(l, sign, prose_word(sign)))
        return;
    prose_code(w, prose_string(change, "key"));
    buf_addch(w->out, ' ');
    if (member) {
        prose_code(w, member);
        buf_addch(w->out, ' ');
    }
    value(w, old ? from : to);
    if (old && now) {
        buf_addstr(w->out, " -> ");
        value(w, to);
    }
    difference_arches(w, document, change);
    prose_end(w);
}

/* Of two objects, as labels, the members that differ. */
static void config_members(struct prose_list *l, const json_t *document, const json_t *change)
{
    json_t *from = json_object_get(change, "from"), *to = json_object_get(change, "to"), *v;
    const char *key = prose_string(change, "key"), *member;

    json_object_foreach(from, member, v)
    {
        const json_t *now = json_object_get(to, member);
        if (!(l->w->night && is_time(key, member)) && !(now && json_equal(v, now)))
            config_line(l, document, change, member, v, now);
    }
    json_object_foreach(to, member, v)
    {
        if (!(l->w->night && is_time(key, member)) && !json_object_get(from, member))
            config_line(l, document, change, member, NULL, v);
    }
}

static void config(struct prose *w, const json_t *document)
{
    struct prose_list l = {.w = w, .title = "Config"};
    size_t i;
    const json_t *change;

    json_array_foreach(json_object_get(document, "config"), i, change)
    {
        const json_t *from = json_object_get(change, "from"), *to = json_object_get(change, "to");
        if (json_is_object(from) && json_is_object(to))
            config_members(&l, document, change);
        else
            config_line(&l, document, change, NULL, from, to);
    }
    prose_list_end(&l, 0);
}

/* ---- all of it ------------------------------------------------------------------------------ */

void difference_prose(struct prose *w, const json_t *document)
{
    packages(w, document);
    difference_files(w, document);
    findings(w, document);
    scripts(w, document);
    config(w, document);
}

void difference_text(const struct image_diff *d, const char *old, const char *now, bool all,
                     const struct log *log, struct buf *ret)
{
    struct prose w = {.out = ret, .all = all, .log = log};
    json_t *document = diff_document(d, true);

    buf_addf(ret, "%s-%s ", log_red(log), log_reset(log));
    prose_code(&w, old);
    buf_addf(ret, "\n%s+%s ", log_green(log), log_reset(log));
    prose_code(&w, now);
    buf_addch(ret, '\n');
    if (diff_empty(d))
        buf_addstr(ret, "no difference\n");
    sizes(&w, document);
    difference_prose(&w, document);
    json_decref(document);
}

static json_t *digest_of(const struct record *r)
{
    return r ? digest_json(&r->image) : json_null();
}

void difference_json(const struct image_diff *d, const char *old, const char *now, struct buf *ret)
{
    json_t *root = object_json("from", text_json(old), "to", text_json(now), "from_digest",
                               digest_of(d->old), "to_digest", digest_of(d->now), "same",
                               json_boolean(diff_empty(d)), "architectures", diff_arches_json(d),
                               NULL);
    char *text = json_dumps(root, JSON_COMPACT | JSON_ENSURE_ASCII);

    buf_addf(ret, "%s\n", text);
    free(text);
    json_decref(root);
}
