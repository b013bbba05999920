/* SPDX-License-Identifier: Apache-2.0 */
/* The report for people: text and Markdown, alike but for the marks. */
#include "report/night.h"

#include "base/log.h"
#include "base/path.h"
#include "report/night_private.h"

#define LINES_MAX 60 /* of one kind, of one image; JSON has them all */

struct writer {
    struct buf *out;
    bool markdown;
};

/* ---- marks ---------------------------------------------------------------------------------- */

static size_t longest_run(const char *text, char c)
{
    size_t best = 0, n = 0;

    for (const char *p = text; *p; p++) {
        n = *p == c ? n + 1 : 0;
        best = n > best ? n : best;
    }
    return best;
}

static void repeat(struct buf *out, char c, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_addch(out, c);
}

/* A code span that its text can't end (CommonMark 6.1); plain in text. */
static void code(struct writer *w, const char *untrusted)
{
    CLEANUP(free_ptr) char *text = text_escape(untrusted, strlen(untrusted));
    size_t ticks = longest_run(text, '`');
    bool pad = ticks > 0 || *text == ' ' || !*text;

    if (!w->markdown) {
        buf_addstr(w->out, text);
        return;
    }
    repeat(w->out, '`', ticks + 1);
    buf_addf(w->out, "%s%s%s", pad ? " " : "", text, pad ? " " : "");
    repeat(w->out, '`', ticks + 1);
}

static void heading(struct writer *w, const char *title)
{
    buf_addf(w->out, w->markdown ? "\n**%s**\n\n" : "  %s\n", title);
}

static void item(struct writer *w)
{
    buf_addstr(w->out, w->markdown ? "- " : "    ");
}

static void end(struct writer *w)
{
    buf_addch(w->out, '\n');
}

static void more(struct writer *w, size_t n)
{
    if (n <= LINES_MAX)
        return;
    item(w);
    buf_addf(w->out, "and %zu more\n", n - LINES_MAX);
}

/* Several lines as they are, each escaped (CommonMark 4.5 for the fence). */
static void block(struct writer *w, const char *text)
{
    size_t ticks = longest_run(text, '`');

    ticks = ticks < 3 ? 3 : ticks + 1;
    if (w->markdown) {
        repeat(w->out, '`', ticks);
        end(w);
    }
    for (const char *at = text; *at;) {
        size_t n = strcspn(at, "\n");
        CLEANUP(free_ptr) char *line = text_escape(at, n);
        buf_addf(w->out, "%s%s\n", !w->markdown && n ? "    " : "", line);
        at += n + (at[n] != '\0');
    }
    if (w->markdown) {
        repeat(w->out, '`', ticks);
        end(w);
    }
}

static void codes(struct writer *w, const json_t *list)
{
    size_t i;
    const json_t *text;

    json_array_foreach(list, i, text)
    {
        buf_addstr(w->out, i ? ", " : "");
        code(w, json_string_value(text));
    }
}

/* ---- one image ------------------------------------------------------------------------------ */

/* " (arm64)" where it isn't the case for all of the image's architectures. */
static void arches(struct writer *w, const json_t *entry, const json_t *change)
{
    const json_t *own = json_object_get(change, "architectures");
    size_t all = json_array_size(json_object_get(entry, "sizes"));

    if (json_array_size(own) >= all)
        return;
    buf_addstr(w->out, " (");
    codes(w, own);
    buf_addch(w->out, ')');
}

static const char *sign(const json_t *from, const json_t *to)
{
    if (!from || json_is_null(from))
        return "added ";
    return !to || json_is_null(to) ? "removed " : "";
}

static void package_line(struct writer *w, const json_t *c)
{
    const json_t *from = json_object_get(c, "from"), *to = json_object_get(c, "to");
    const char *change = night_string(c, "change");

    buf_addstr(w->out, sign(from, to));
    code(w, night_string(c, "name"));
    buf_addch(w->out, ' ');
    code(w, json_string_value(json_is_string(from) ? from : to));
    if (json_is_string(from) && json_is_string(to)) {
        buf_addstr(w->out, " -> ");
        code(w, json_string_value(to));
    }
    if (strcmp(change, "downgraded") == 0 || strcmp(change, "rebuilt") == 0)
        buf_addf(w->out, ", %s", strcmp(change, "rebuilt") == 0 ? "other bytes" : "older");
}

static void number_change(struct writer *w, const char *what, const json_t *from, const json_t *to,
                          const char *key)
{
    const json_t *a = json_object_get(from, key), *b = json_object_get(to, key);

    if (json_equal(a, b))
        return;
    buf_addf(w->out, ", %s ", what);
    if (json_is_string(a))
        buf_addf(w->out, "%s -> %s", json_string_value(a), night_string(to, key));
    else
        buf_addf(w->out, "%lld -> %lld", (long long)json_integer_value(a),
                 (long long)json_integer_value(b));
}

static void file_line(struct writer *w, const json_t *c)
{
    const json_t *from = json_object_get(c, "from"), *to = json_object_get(c, "to");
    CLEANUP(free_ptr) char *path = xasprintf("/%s", night_string(c, "path"));

    buf_addstr(w->out, sign(from, to));
    code(w, path);
    if (json_is_null(from) || json_is_null(to)) {
        const json_t *one = json_is_null(to) ? from : to;
        buf_addf(w->out, ", %s %s", night_string(one, "type"), night_string(one, "mode"));
        return;
    }
    number_change(w, "type", from, to, "type");
    number_change(w, "mode", from, to, "mode");
    number_change(w, "owner", from, to, "uid");
    number_change(w, "group", from, to, "gid");
    if (strcmp(night_string(from, "target"), night_string(to, "target")) != 0) {
        buf_addstr(w->out, ", now to ");
        code(w, night_string(to, "target"));
    }
}

static void script_line(struct writer *w, const json_t *c)
{
    buf_addf(w->out, "%s ", night_string(c, "change"));
    code(w, night_string(c, "package"));
    buf_addch(w->out, ' ');
    code(w, night_string(c, "script"));
    if (!*night_string(c, "class"))
        return;
    buf_addf(w->out, ": %s", night_string(c, "class"));
    if (*night_string(c, "what")) {
        buf_addstr(w->out, ", ");
        code(w, night_string(c, "what"));
    }
}

static void finding_line(struct writer *w, const json_t *c)
{
    const char *action = night_string(c, "action");

    buf_addf(w->out, "%s, %s: ", night_string(c, "change"),
             strcmp(action, "fix") == 0    ? "mended"
             : strcmp(action, "deny") == 0 ? "allowed"
                                           : "noted");
    code(w, night_string(c, "rule"));
    if (*night_string(c, "path")) {
        CLEANUP(free_ptr) char *path = xasprintf("/%s", night_string(c, "path"));
        buf_addch(w->out, ' ');
        code(w, path);
    }
    buf_addch(w->out, ' ');
    code(w, night_string(c, "text"));
}

static void config_line(struct writer *w, const json_t *c)
{
    static const char *const sides[] = {"from", "to"};

    code(w, night_string(c, "key"));
    for (size_t i = 0; i < ARRAY_SIZE(sides); i++) {
        char *text = json_dumps(json_object_get(c, sides[i]), JSON_COMPACT | JSON_ENCODE_ANY);
        buf_addstr(w->out, i ? " -> " : " ");
        code(w, text ? text : "");
        free(text);
    }
}

static void changes(struct writer *w, const json_t *entry, const char *key, const char *title,
                    void (*line)(struct writer *, const json_t *))
{
    const json_t *list = json_object_get(entry, key), *change;
    size_t i;

    if (!json_array_size(list))
        return;
    heading(w, title);
    json_array_foreach(list, i, change)
    {
        if (i >= LINES_MAX)
            break;
        item(w);
        line(w, change);
        arches(w, entry, change);
        end(w);
    }
    more(w, json_array_size(list));
}

static void digests(struct writer *w, const json_t *entry)
{
    const char *old = night_string(entry, "replaced"), *now = night_string(entry, "digest");

    if (!*old && !*now)
        return;
    item(w);
    if (*old)
        code(w, old);
    if (*old && *now)
        buf_addstr(w->out, " -> ");
    if (*now)
        code(w, now);
    end(w);
}

static void size_lines(struct writer *w, const json_t *entry)
{
    const json_t *sizes = json_object_get(entry, "sizes"), *one;
    size_t i;

    json_array_foreach(sizes, i, one)
    {
        const json_t *from = json_object_get(one, "from"), *to = json_object_get(one, "to");
        item(w);
        buf_addf(w->out, "%s: ", night_string(one, "architecture"));
        if (json_is_object(from))
            buf_addf(w->out, "%s -> ",
                     size_text((uint64_t)json_integer_value(json_object_get(from, "packed"))).s);
        if (json_is_object(to))
            buf_addf(w->out, "%s, unpacked %s",
                     size_text((uint64_t)json_integer_value(json_object_get(to, "packed"))).s,
                     size_text((uint64_t)json_integer_value(json_object_get(to, "unpacked"))).s);
        else
            buf_addstr(w->out, "no longer");
        end(w);
    }
}

static void head(struct writer *w, const json_t *entry)
{
    const char *name = night_string(entry, "name");
    const json_t *tags = json_object_get(entry, "tags");

    buf_addstr(w->out, w->markdown ? "\n## " : "\n");
    code(w, *name ? name : night_string(entry, "recipe"));
    buf_addf(w->out, ": %s\n%s", night_string(entry, "state"), w->markdown ? "\n" : "");
    digests(w, entry);
    if (json_is_true(json_object_get(entry, "first"))) {
        item(w);
        buf_addstr(w->out, "a first publication");
        const json_t *n = json_object_get(entry, "package_count");
        if (n)
            buf_addf(w->out, ", %lld package%s", (long long)json_integer_value(n),
                     json_integer_value(n) == 1 ? "" : "s");
        end(w);
    }
    if (json_array_size(tags)) {
        item(w);
        buf_addstr(w->out, "tags: ");
        codes(w, tags);
        end(w);
    }
    size_lines(w, entry);
}

static void reasons(struct writer *w, const json_t *entry)
{
    const json_t *list = json_object_get(entry, "reasons"), *text;
    const json_t *accepted = json_object_get(entry, "accepted");
    size_t i;

    if (json_array_size(list))
        heading(w, "Why");
    json_array_foreach(list, i, text)
    {
        item(w);
        code(w, json_string_value(text));
        end(w);
    }
    if (!accepted)
        return;
    heading(w, "Accepted though the gate stops it");
    item(w);
    code(w, night_string(accepted, "reason"));
    end(w);
    json_array_foreach(json_object_get(accepted, "stops"), i, text)
    {
        item(w);
        code(w, json_string_value(text));
        end(w);
    }
}

/* Which failed for the same reasons: an archive that is out of date fails them all. */
static bool fails_alike(const json_t *a, const json_t *b)
{
    return strcmp(night_string(a, "state"), "failed") == 0 &&
           strcmp(night_string(b, "state"), "failed") == 0 &&
           json_equal(json_object_get(a, "reasons"), json_object_get(b, "reasons"));
}

/* Those from `at` on that failed as it did, together; false if it is the only one. */
static bool failures(struct writer *w, const json_t *images, size_t at)
{
    const json_t *first = json_array_get(images, at);
    size_t n = 0, shown = 0;

    for (size_t i = at; i < json_array_size(images); i++)
        n += fails_alike(first, json_array_get(images, i));
    if (n < 2)
        return false;
    buf_addf(w->out, "%s%zu images: failed\n%s", w->markdown ? "\n## " : "\n", n,
             w->markdown ? "\n" : "");
    item(w);
    for (size_t i = at; i < json_array_size(images); i++) {
        const json_t *one = json_array_get(images, i);
        if (!fails_alike(first, one))
            continue;
        buf_addstr(w->out, shown++ ? ", " : "");
        code(w,
             *night_string(one, "name") ? night_string(one, "name") : night_string(one, "recipe"));
    }
    end(w);
    reasons(w, first);
    return true;
}

static bool told_before(const json_t *images, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (fails_alike(json_array_get(images, i), json_array_get(images, at)))
            return true;
    return false;
}

static void cves(struct writer *w, const json_t *of)
{
    const json_t *list = json_object_get(of, "cves");

    if (!json_array_size(list))
        return;
    heading(w, "CVE ids that the new changelog entries name");
    item(w);
    codes(w, list);
    end(w);
}

static void image(struct writer *w, const json_t *entry)
{
    head(w, entry);
    reasons(w, entry);
    changes(w, entry, "packages", "Packages", package_line);
    cves(w, entry);
    changes(w, entry, "files", "Files", file_line);
    changes(w, entry, "findings", "Hardening", finding_line);
    changes(w, entry, "scripts", "Maintainer scripts", script_line);
    changes(w, entry, "config", "Config", config_line);
}

/* ---- all of it ------------------------------------------------------------------------------ */

static void changelog(struct writer *w, const json_t *log)
{
    json_int_t left = json_integer_value(json_object_get(log, "more"));
    size_t i;
    const json_t *entry;

    json_array_foreach(json_object_get(log, "entries"), i, entry)
    {
        buf_addstr(w->out, w->markdown ? "\n### " : "\n  ");
        code(w, night_string(log, "source"));
        buf_addch(w->out, ' ');
        code(w, night_string(entry, "version"));
        buf_addf(w->out, "\n%s%s", w->markdown ? "\n" : "", w->markdown ? "In " : "  in ");
        codes(w, json_object_get(entry, "images"));
        buf_addstr(w->out, w->markdown ? "\n\n" : "\n");
        block(w, night_string(entry, "text"));
    }
    if (left > 0)
        buf_addf(w->out, "%sand %lld more entries\n", w->markdown ? "\n" : "  ", (long long)left);
}

void night_prose(const json_t *report, bool markdown, struct buf *ret)
{
    struct writer w = {ret, markdown};
    const json_t *logs = json_object_get(report, "changelogs"), *one;
    const json_t *images = json_object_get(report, "images");
    size_t i;

    buf_addstr(ret, markdown ? "# Images: " : "Images: ");
    night_counts(report, ret);
    end(&w);
    cves(&w, report);
    json_array_foreach(images, i, one)
    {
        if (!told_before(images, i) && !failures(&w, images, i))
            image(&w, one);
    }
    if (json_array_size(logs))
        buf_addstr(ret, markdown ? "\n## Changelogs\n" : "\nChangelogs\n");
    json_array_foreach(logs, i, one)
    {
        changelog(&w, one);
    }
}
