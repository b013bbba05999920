/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report for people: text and Markdown, alike but for the marks. First what a glance is enough
 * for (counts, a line an image, CVE ids), then each image, what needs somebody before all others,
 * then the changelogs.
 */
#include "base/json.h"
#include "report/night.h"

#include "base/log.h"
#include "report/night_private.h"

#define IMAGES_MAX 6 /* named in a line */

static bool is_state(const json_t *image, const char *state)
{
    return strcmp(prose_string(image, "state"), state) == 0;
}

/* Somebody has to look at it. */
static int needs_eyes(const json_t *image)
{
    return is_state(image, "failed") || is_state(image, "stopped");
}

/* Which failed for the same reasons: an archive that is out of date fails them all. */
static bool fails_alike(const json_t *a, const json_t *b)
{
    return is_state(a, "failed") && is_state(b, "failed") &&
           json_equal(json_object_get(a, "reasons"), json_object_get(b, "reasons"));
}

/* Whether others failed as it did, which is told in one section. */
static bool fails_with_others(const json_t *images, size_t at)
{
    size_t n = 0;

    for (size_t i = 0; i < json_array_size(images); i++)
        n += fails_alike(json_array_get(images, i), json_array_get(images, at));
    return n > 1;
}

/* ---- the overview --------------------------------------------------------------------------- */

static size_t count_changes(const json_t *image, const char *sign)
{
    const json_t *list = json_object_get(image, "packages"), *c;
    size_t i, n = 0;

    json_array_foreach(list, i, c)
    {
        n += strcmp(night_sign(c), sign) == 0;
    }
    return n;
}

/* "3 changed, 1 removed". */
static void package_counts(const json_t *image, struct buf *ret)
{
    static const char *const signs[] = {"", "added ", "removed "};
    static const char *const words[] = {"changed", "added", "removed"};

    if (json_is_true(json_object_get(image, "first"))) {
        buf_addstr(ret, "all new");
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(signs); i++) {
        size_t n = count_changes(image, signs[i]);
        if (n)
            buf_addf(ret, "%s%zu %s", ret->len ? ", " : "", n, words[i]);
    }
}

/* Of its first architecture: what one machine pulls. */
static void size_change(const json_t *image, struct buf *ret)
{
    const json_t *one = json_array_get(json_object_get(image, "sizes"), 0);
    const json_t *from = json_object_get(json_object_get(one, "from"), "packed");
    const json_t *to = json_object_get(json_object_get(one, "to"), "packed");
    struct size_text was = size_text((uint64_t)json_integer_value(from));
    struct size_text is = size_text((uint64_t)json_integer_value(to));

    if (from && to && strcmp(was.s, is.s) != 0)
        buf_addf(ret, "%s -> ", was.s);
    if (to)
        buf_addstr(ret, is.s);
}

/* A column that has nothing to say is left out in text. */
static void column(struct prose *w, const char *what, const struct buf *text)
{
    if (w->markdown)
        buf_addf(w->out, " %s%s|", buf_str(text), text->len ? " " : "");
    else if (text->len)
        buf_addf(w->out, ", %s%s", what, buf_str(text));
}

static void overview_line(struct prose *w, const json_t *image)
{
    CLEANUP(buf_release) struct buf packages = BUF_INIT(0), cves = BUF_INIT(0), size = BUF_INIT(0);
    size_t n = json_array_size(json_object_get(image, "cves"));

    package_counts(image, &packages);
    if (n)
        buf_addf(&cves, "%zu", n);
    size_change(image, &size);
    buf_addstr(w->out, w->markdown ? "| " : "    ");
    w->cell = w->markdown;
    prose_code(w, night_name(image));
    w->cell = false;
    buf_addf(w->out, w->markdown ? " | %s |" : ": %s", prose_string(image, "state"));
    column(w, "packages: ", &packages);
    column(w, "CVE ids: ", &cves);
    column(w, "", &size);
    prose_end(w);
}

static void overview(struct prose *w, const json_t *images)
{
    size_t i, n = 0;
    const json_t *one;

    for (i = 0; i < json_array_size(images); i++)
        n += !fails_with_others(images, i);
    if (n < 2)
        return;
    prose_end(w);
    if (w->markdown)
        buf_addstr(w->out, "| Image | | Packages | CVE ids | Size |\n|---|---|---|---|---|\n");
    for (int eyes = 1; eyes >= 0; eyes--)
        json_array_foreach(images, i, one)
        {
            if (needs_eyes(one) == eyes && !fails_with_others(images, i))
                overview_line(w, one);
        }
}

/* Those of one entry of a changelog, with the images that have it; what it names is taken out of
 * `left`. */
static void entry_cves(struct prose *w, const json_t *log, const json_t *entry, json_t *left)
{
    const json_t *list = json_object_get(entry, "cves"), *id;
    size_t i;

    if (!json_array_size(list))
        return;
    prose_item(w);
    prose_cves(w, list);
    buf_addstr(w->out, ": ");
    prose_code(w, prose_string(log, "source"));
    buf_addch(w->out, ' ');
    prose_code(w, prose_string(entry, "version"));
    buf_addstr(w->out, " in ");
    prose_few(w, json_object_get(entry, "images"), IMAGES_MAX);
    prose_end(w);
    json_array_foreach(list, i, id)
    {
        if (json_is_string(id))
            json_object_del(left, json_string_value(id));
    }
}

/* Of changelogs whose older entries were left out. */
static void other_cves(struct prose *w, json_t *left)
{
    json_t *list = json_array(), *value;
    const char *id;

    json_object_foreach(left, id, value)
    {
        json_add(list, text_json(id));
    }
    if (json_array_size(list)) {
        prose_item(w);
        prose_cves(w, list);
        prose_end(w);
    }
    json_decref(list);
}

static void all_cves(struct prose *w, const json_t *report)
{
    const json_t *logs = json_object_get(report, "changelogs"), *log, *entry, *id;
    json_t *left = json_object();
    size_t i, k;

    json_array_foreach(json_object_get(report, "cves"), i, id)
    {
        if (json_is_string(id))
            json_put(left, json_string_value(id), json_true());
    }
    if (json_object_size(left))
        prose_heading(w, "CVE ids that the new changelog entries name");
    json_array_foreach(logs, i, log)
    {
        json_array_foreach(json_object_get(log, "entries"), k, entry)
        {
            entry_cves(w, log, entry, left);
        }
    }
    other_cves(w, left);
    json_decref(left);
}

/* ---- images --------------------------------------------------------------------------------- */

/* Those from `at` on that failed as it did, together; false if it is the only one. */
static bool failures(struct prose *w, const json_t *images, size_t at)
{
    const json_t *first = json_array_get(images, at);
    size_t n = 0, shown = 0;

    if (!fails_with_others(images, at))
        return false;
    for (size_t i = at; i < json_array_size(images); i++)
        n += fails_alike(first, json_array_get(images, i));
    buf_addf(w->out, "%s%zu images: failed\n%s", w->markdown ? "\n## " : "\n", n,
             w->markdown ? "\n" : "");
    prose_item(w);
    for (size_t i = at; i < json_array_size(images); i++) {
        const json_t *one = json_array_get(images, i);
        if (!fails_alike(first, one))
            continue;
        buf_addstr(w->out, shown++ ? ", " : "");
        prose_code(w, night_name(one));
    }
    prose_end(w);
    night_reasons(w, first);
    return true;
}

static bool told_before(const json_t *images, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (fails_alike(json_array_get(images, i), json_array_get(images, at)))
            return true;
    return false;
}

static void all_images(struct prose *w, const json_t *images)
{
    size_t i;
    const json_t *one;

    for (int eyes = 1; eyes >= 0; eyes--)
        json_array_foreach(images, i, one)
        {
            if (needs_eyes(one) == eyes && !told_before(images, i) && !failures(w, images, i))
                night_image(w, one);
        }
}

/* ---- changelogs ----------------------------------------------------------------------------- */

static void changelog(struct prose *w, const json_t *log)
{
    json_int_t left = json_integer_value(json_object_get(log, "more"));
    size_t i;
    const json_t *entry;

    json_array_foreach(json_object_get(log, "entries"), i, entry)
    {
        buf_addstr(w->out, w->markdown ? "\n### " : "\n  ");
        prose_code(w, prose_string(log, "source"));
        buf_addch(w->out, ' ');
        prose_code(w, prose_string(entry, "version"));
        buf_addf(w->out, "\n%s%s", w->markdown ? "\n" : "", w->markdown ? "In " : "  in ");
        prose_codes(w, json_object_get(entry, "images"));
        buf_addstr(w->out, w->markdown ? "\n\n" : "\n");
        prose_block(w, prose_string(entry, "text"));
    }
    if (left > 0)
        buf_addf(w->out, "%sand %lld more entries\n", w->markdown ? "\n" : "  ", (long long)left);
}

void night_prose(const json_t *report, bool markdown, struct buf *ret)
{
    struct prose w = {.out = ret, .markdown = markdown};
    const json_t *logs = json_object_get(report, "changelogs"), *one;
    const json_t *images = json_object_get(report, "images");
    size_t i;

    buf_addstr(ret, markdown ? "# Images: " : "Images: ");
    night_counts(report, ret);
    prose_end(&w);
    overview(&w, images);
    all_cves(&w, report);
    all_images(&w, images);
    if (json_array_size(logs))
        buf_addstr(ret, markdown ? "\n## Changelogs\n" : "\nChangelogs\n");
    json_array_foreach(logs, i, one)
    {
        changelog(&w, one);
    }
}
