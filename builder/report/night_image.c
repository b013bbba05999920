/* SPDX-License-Identifier: Apache-2.0 */
/* What became of one image. */
#include "report/night_private.h"

#include "base/log.h"
#include "base/path.h"

const char *night_name(const json_t *image)
{
    const char *name = prose_string(image, "name");

    return *name ? name : prose_string(image, "recipe");
}

void night_arches(struct prose *w, const json_t *image, const json_t *change)
{
    const json_t *own = json_object_get(change, "architectures");

    if (json_array_size(own) >= json_array_size(json_object_get(image, "sizes")))
        return;
    buf_addstr(w->out, " (");
    prose_codes(w, own);
    buf_addch(w->out, ')');
}

const char *night_sign(const json_t *change)
{
    const json_t *from = json_object_get(change, "from"), *to = json_object_get(change, "to");

    if (!from || json_is_null(from))
        return "added ";
    return !to || json_is_null(to) ? "removed " : "";
}

void night_more(struct prose *w, size_t n)
{
    if (!n)
        return;
    prose_item(w);
    buf_addf(w->out, "and %zu more\n", n);
}

/* ---- packages ------------------------------------------------------------------------------- */

/* Packages of one source that moved alike share a line. */
static bool moved_alike(const json_t *a, const json_t *b)
{
    static const char *const keys[] = {"source", "change", "from", "to", "architectures"};

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        if (!json_equal(json_object_get(a, keys[i]), json_object_get(b, keys[i])))
            return false;
    return json_is_string(json_object_get(a, "source"));
}

static bool told_before(const json_t *list, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (moved_alike(json_array_get(list, i), json_array_get(list, at)))
            return true;
    return false;
}

static void names(struct prose *w, const json_t *list, size_t at)
{
    const json_t *first = json_array_get(list, at);

    for (size_t i = at, n = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        if (i > at && !moved_alike(first, one))
            continue;
        buf_addstr(w->out, n++ ? ", " : "");
        prose_code(w, prose_string(one, "name"));
    }
}

static void package_line(struct prose *w, const json_t *image, const json_t *list, size_t at)
{
    const json_t *c = json_array_get(list, at);
    const json_t *from = json_object_get(c, "from"), *to = json_object_get(c, "to");
    const char *change = prose_string(c, "change"), *version = json_string_value(from);

    prose_item(w);
    buf_addstr(w->out, night_sign(c));
    names(w, list, at);
    buf_addch(w->out, ' ');
    prose_code(w, version ? version : prose_string(c, "to"));
    if (json_is_string(from) && json_is_string(to)) {
        buf_addstr(w->out, " -> ");
        prose_code(w, json_string_value(to));
    }
    if (strcmp(change, "downgraded") == 0 || strcmp(change, "rebuilt") == 0)
        buf_addf(w->out, ", %s", strcmp(change, "rebuilt") == 0 ? "other bytes" : "older");
    night_arches(w, image, c);
    if (json_array_size(json_object_get(c, "cves"))) {
        buf_addstr(w->out, ": ");
        prose_codes(w, json_object_get(c, "cves"));
    }
    prose_end(w);
}

static void packages(struct prose *w, const json_t *image)
{
    const json_t *list = json_object_get(image, "packages");
    size_t n = json_array_size(list), lines = 0;

    if (n)
        prose_heading(w, "Packages");
    for (size_t i = 0; i < n; i++) {
        if (told_before(list, i))
            continue;
        if (lines++ < NIGHT_LINES_MAX)
            package_line(w, image, list, i);
    }
    night_more(w, lines > NIGHT_LINES_MAX ? lines - NIGHT_LINES_MAX : 0);
}

/* ---- scripts, findings --------------------------------------------------------------------- */

static void script_line(struct prose *w, const json_t *c)
{
    buf_addf(w->out, "%s ", prose_string(c, "change"));
    prose_code(w, prose_string(c, "package"));
    buf_addch(w->out, ' ');
    prose_code(w, prose_string(c, "script"));
    if (!*prose_string(c, "class"))
        return;
    buf_addf(w->out, ": %s", prose_string(c, "class"));
    if (*prose_string(c, "what")) {
        buf_addstr(w->out, ", ");
        prose_code(w, prose_string(c, "what"));
    }
}

static void finding_line(struct prose *w, const json_t *c)
{
    const char *action = prose_string(c, "action");

    buf_addf(w->out, "%s, %s: ", prose_string(c, "change"),
             strcmp(action, "fix") == 0    ? "mended"
             : strcmp(action, "deny") == 0 ? "allowed"
                                           : "noted");
    prose_code(w, prose_string(c, "rule"));
    if (*prose_string(c, "path")) {
        CLEANUP(free_ptr) char *path = xasprintf("/%s", prose_string(c, "path"));
        buf_addch(w->out, ' ');
        prose_code(w, path);
    }
    buf_addch(w->out, ' ');
    prose_code(w, prose_string(c, "text"));
}

static void changes(struct prose *w, const json_t *image, const char *key, const char *title,
                    void (*line)(struct prose *, const json_t *))
{
    const json_t *list = json_object_get(image, key), *change;
    size_t i, n = json_array_size(list);

    if (!n)
        return;
    prose_heading(w, title);
    json_array_foreach(list, i, change)
    {
        if (i >= NIGHT_LINES_MAX)
            break;
        prose_item(w);
        line(w, change);
        night_arches(w, image, change);
        prose_end(w);
    }
    night_more(w, n > NIGHT_LINES_MAX ? n - NIGHT_LINES_MAX : 0);
}

/* ---- config --------------------------------------------------------------------------------- */

/* What is in every image that has any other package. */
static bool is_time(const char *key, const char *member)
{
    return strcmp(key, "Labels") == 0 && strcmp(member, "org.opencontainers.image.created") == 0;
}

/* One that is all there, or a member of an object; *lines counts. */
static void config_line(struct prose *w, const json_t *image, const json_t *change,
                        const char *member, const json_t *from, const json_t *to, size_t *lines)
{
    const json_t *const sides[] = {from, to};

    if ((*lines)++ == 0)
        prose_heading(w, "Config");
    if (*lines > NIGHT_LINES_MAX)
        return;
    prose_item(w);
    prose_code(w, prose_string(change, "key"));
    if (member) {
        buf_addch(w->out, ' ');
        prose_code(w, member);
    }
    for (size_t i = 0; i < ARRAY_SIZE(sides); i++) {
        bool set = sides[i] && !json_is_null(sides[i]);
        char *text = set ? json_dumps(sides[i], JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
        buf_addstr(w->out, i ? " -> " : " ");
        prose_code(w, text ? text : "none");
        free(text);
    }
    night_arches(w, image, change);
    prose_end(w);
}

/* Of two objects, as labels, the members that differ. */
static void config_members(struct prose *w, const json_t *image, const json_t *change, json_t *from,
                           json_t *to, size_t *lines)
{
    const char *key = prose_string(change, "key"), *member;
    json_t *value;

    json_object_foreach(from, member, value)
    {
        const json_t *now = json_object_get(to, member);
        if (!is_time(key, member) && !(now && json_equal(value, now)))
            config_line(w, image, change, member, value, now, lines);
    }
    json_object_foreach(to, member, value)
    {
        if (!is_time(key, member) && !json_object_get(from, member))
            config_line(w, image, change, member, NULL, value, lines);
    }
}

static void config(struct prose *w, const json_t *image)
{
    size_t i, lines = 0;
    const json_t *change;

    json_array_foreach(json_object_get(image, "config"), i, change)
    {
        json_t *from = json_object_get(change, "from"), *to = json_object_get(change, "to");
        if (json_is_object(from) && json_is_object(to))
            config_members(w, image, change, from, to, &lines);
        else
            config_line(w, image, change, NULL, from, to, &lines);
    }
    night_more(w, lines > NIGHT_LINES_MAX ? lines - NIGHT_LINES_MAX : 0);
}

/* ---- head ----------------------------------------------------------------------------------- */

static void digest_line(struct prose *w, const char *what, const char *digest)
{
    if (!*digest)
        return;
    prose_item(w);
    buf_addf(w->out, "%s", what);
    prose_code(w, digest);
    prose_end(w);
}

static void digests(struct prose *w, const json_t *image)
{
    const char *old = prose_string(image, "replaced"), *now = prose_string(image, "digest");

    if (strcmp(prose_string(image, "state"), "stopped") == 0) {
        digest_line(w, "published, and left so: ", old);
        digest_line(w, "not published: ", now);
        return;
    }
    if (!*old || !*now) {
        digest_line(w, "", *old ? old : now);
        return;
    }
    prose_item(w);
    prose_code(w, old);
    buf_addstr(w->out, " -> ");
    prose_code(w, now);
    prose_end(w);
}

static void size_lines(struct prose *w, const json_t *image)
{
    const json_t *sizes = json_object_get(image, "sizes"), *one;
    size_t i;

    json_array_foreach(sizes, i, one)
    {
        const json_t *from = json_object_get(one, "from"), *to = json_object_get(one, "to");
        prose_item(w);
        buf_addf(w->out, "%s: ", prose_string(one, "architecture"));
        if (json_is_object(from))
            buf_addf(w->out, "%s -> ",
                     size_text((uint64_t)json_integer_value(json_object_get(from, "packed"))).s);
        if (json_is_object(to))
            buf_addf(w->out, "%s, unpacked %s",
                     size_text((uint64_t)json_integer_value(json_object_get(to, "packed"))).s,
                     size_text((uint64_t)json_integer_value(json_object_get(to, "unpacked"))).s);
        else
            buf_addstr(w->out, "no longer");
        prose_end(w);
    }
}

static void head(struct prose *w, const json_t *image)
{
    const json_t *tags = json_object_get(image, "tags");

    buf_addstr(w->out, w->markdown ? "\n## " : "\n");
    prose_code(w, night_name(image));
    buf_addf(w->out, ": %s\n%s", prose_string(image, "state"), w->markdown ? "\n" : "");
    digests(w, image);
    if (json_is_true(json_object_get(image, "first"))) {
        prose_item(w);
        buf_addstr(w->out, "a first publication");
        const json_t *n = json_object_get(image, "package_count");
        if (n)
            buf_addf(w->out, ", %lld package%s", (long long)json_integer_value(n),
                     json_integer_value(n) == 1 ? "" : "s");
        prose_end(w);
    }
    if (json_array_size(tags)) {
        prose_item(w);
        buf_addstr(w->out, "tags: ");
        prose_codes(w, tags);
        prose_end(w);
    }
    size_lines(w, image);
}

void night_reasons(struct prose *w, const json_t *image)
{
    const json_t *list = json_object_get(image, "reasons"), *text;
    const json_t *accepted = json_object_get(image, "accepted");
    size_t i;

    if (json_array_size(list))
        prose_heading(w, "Why");
    json_array_foreach(list, i, text)
    {
        prose_item(w);
        prose_code(w, json_string_value(text));
        prose_end(w);
    }
    if (*prose_string(image, "accept")) {
        CLEANUP(free_ptr)
        char *options = xasprintf("--accept %s --reason \"...\"", prose_string(image, "accept"));
        prose_heading(w, "To publish just these bytes all the same");
        prose_item(w);
        prose_code(w, options);
        prose_end(w);
    }
    if (!accepted)
        return;
    prose_heading(w, "Accepted though the gate stops it");
    prose_item(w);
    prose_code(w, prose_string(accepted, "reason"));
    prose_end(w);
    json_array_foreach(json_object_get(accepted, "stops"), i, text)
    {
        prose_item(w);
        prose_code(w, json_string_value(text));
        prose_end(w);
    }
}

void night_image(struct prose *w, const json_t *image)
{
    head(w, image);
    night_reasons(w, image);
    packages(w, image);
    night_files(w, image);
    changes(w, image, "findings", "Hardening", finding_line);
    changes(w, image, "scripts", "Maintainer scripts", script_line);
    config(w, image);
}
