/* SPDX-License-Identifier: Apache-2.0 */
/* What became of one image. */
#include "report/night_private.h"

const char *night_name(const json_t *image)
{
    const char *name = prose_string(image, "name");

    return *name ? name : prose_string(image, "recipe");
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
    const json_t *one;
    size_t i;

    json_array_foreach(json_object_get(image, "sizes"), i, one)
    {
        prose_item(w);
        difference_size(w, one);
        prose_end(w);
    }
}

static void first_line(struct prose *w, const json_t *image)
{
    const json_t *n = json_object_get(image, "package_count");

    if (!json_is_true(json_object_get(image, "first")))
        return;
    prose_item(w);
    buf_addstr(w->out, "a first publication");
    if (n)
        buf_addf(w->out, ", %lld package%s", (long long)json_integer_value(n),
                 json_integer_value(n) == 1 ? "" : "s");
    prose_end(w);
}

static void facts(struct prose *w, const json_t *image)
{
    const json_t *tags = json_object_get(image, "tags");

    digests(w, image);
    first_line(w, image);
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

/* What the comparison with the image before couldn't tell. */
static void not_compared(struct prose *w, const json_t *image)
{
    const json_t *list = json_object_get(image, "not_compared"), *text;
    size_t i;

    if (json_array_size(list))
        prose_heading(w, "Not compared");
    json_array_foreach(list, i, text)
    {
        prose_item(w);
        prose_code(w, json_is_string(text) ? json_string_value(text) : "");
        prose_end(w);
    }
}

static void told_above(struct prose *w, size_t n)
{
    if (!n)
        return;
    prose_item(w);
    buf_addf(w->out, "%zu package change%s that other images have, too: see above\n", n,
             n == 1 ? "" : "s");
}

/* What runs published before this one, and no report has told. */
static void earlier(struct prose *w, const json_t *image)
{
    const json_t *one;
    size_t i;

    json_array_foreach(json_object_get(image, "earlier"), i, one)
    {
        buf_addstr(w->out, w->markdown ? "\n### " : "\n");
        prose_code(w, night_name(one));
        buf_addf(w->out, ": %s by an earlier run\n%s", prose_string(one, "state"),
                 w->markdown ? "\n" : "");
        facts(w, one);
        night_reasons(w, one);
        not_compared(w, one);
        difference_prose(w, one);
    }
}

void night_image(struct prose *w, const struct night_story *story)
{
    const json_t *image = story->image;

    buf_addstr(w->out, w->markdown ? "\n## " : "\n");
    prose_code(w, night_name(image));
    buf_addf(w->out, ": %s\n%s", prose_string(image, "state"), w->markdown ? "\n" : "");
    facts(w, image);
    told_above(w, story->above);
    night_reasons(w, image);
    not_compared(w, image);
    difference_prose(w, story->own);
    earlier(w, image);
}

/* ---- in a line ------------------------------------------------------------------------------ */

static void short_sizes(struct prose *w, const json_t *image)
{
    const json_t *one, *to;
    size_t i, n = 0;

    json_array_foreach(json_object_get(image, "sizes"), i, one)
    {
        to = json_object_get(json_object_get(one, "to"), "packed");
        if (!to)
            continue;
        buf_addstr(w->out, n++ ? ", " : "; ");
        prose_code(w, prose_string(one, "architecture"));
        buf_addf(w->out, " %s", size_text((uint64_t)json_integer_value(to)).s);
    }
}

void night_line(struct prose *w, const json_t *image, const char *what)
{
    const char *old = prose_string(image, "replaced"), *now = prose_string(image, "digest");

    prose_item(w);
    prose_code(w, night_name(image));
    buf_addf(w->out, ": %s", what);
    short_sizes(w, image);
    if (json_array_size(json_object_get(image, "tags"))) {
        buf_addstr(w->out, "; tags ");
        prose_codes(w, json_object_get(image, "tags"));
    }
    if (*old || *now)
        buf_addstr(w->out, "; ");
    if (*old) {
        prose_code(w, old);
        buf_addstr(w->out, *now ? " -> " : "");
    }
    if (*now)
        prose_code(w, now);
    prose_end(w);
}
