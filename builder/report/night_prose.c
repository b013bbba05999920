/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report for people: text and Markdown, alike but for the marks. First what a glance is enough
 * for (night_overview.c), then each image, what needs somebody before all others, those of which
 * there is little to say in a line each; then the changelogs.
 */
#include "report/night.h"

#include "base/json.h"
#include "report/night_private.h"

static bool is_state(const json_t *image, const char *state)
{
    return strcmp(prose_string(image, "state"), state) == 0;
}

static bool needs_eyes(const json_t *image)
{
    return is_state(image, "failed") || is_state(image, "stopped");
}

/* ---- where each is told of ------------------------------------------------------------------ */

/* Those that failed for the same reasons: an archive that is out of date fails them all. */
static void find_failures(struct night_stories *s)
{
    json_t *index = json_object();

    for (size_t i = 0; i < s->n; i++) {
        const json_t *image = s->v[i].image, *reasons = json_object_get(image, "reasons");
        if (!is_state(image, "failed"))
            continue;
        char *key = json_dumps(reasons ? reasons : json_null(), JSON_COMPACT | JSON_ENCODE_ANY);
        const json_t *at = json_object_get(index, key);
        struct night_story *first = &s->v[at ? (size_t)json_integer_value(at) : i];
        if (!at)
            json_put(index, key, number_json(i));
        first->alike++;
        s->v[i].told = first != &s->v[i];
        free(key);
    }
    json_decref(index);
}

static void find_packages(struct night_stories *s)
{
    size_t k;
    const json_t *package;

    package_groups_init(&s->packages);
    for (size_t i = 0; i < s->n; i++) {
        const json_t *image = s->v[i].image;
        if (needs_eyes(image))
            continue;
        json_array_foreach(json_object_get(image, "packages"), k, package)
        {
            package_groups_add(&s->packages, package, night_name(image), false, false);
        }
    }
}

/* The image without those package changes that other images have, too. */
static void take_own(const struct night_stories *s, struct night_story *story)
{
    const json_t *list = json_object_get(story->image, "packages");
    json_t *own = json_array(), *package;
    size_t i;

    json_array_foreach(list, i, package)
    {
        const json_t *group = needs_eyes(story->image) ? NULL
                                                       : package_groups_find(&s->packages, package);
        if (json_array_size(json_object_get(group, "images")) > 1)
            story->above++;
        else
            json_add(own, json_incref(package));
    }
    story->own = json_copy((json_t *)(uintptr_t)story->image);
    json_put(story->own, "packages", own);
}

/* Whether there is more to say than where it is. */
static bool has_more(const struct night_story *story)
{
    static const char *const keys[] = {"reasons", "not_compared", "earlier"};
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    struct prose w = {.out = &text, .night = true};

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        if (json_array_size(json_object_get(story->image, keys[i])))
            return true;
    difference_prose(&w, story->own);
    return text.len || json_object_get(story->image, "accepted");
}

static void find_place(const struct night_stories *s, struct night_story *story)
{
    bool first = json_is_true(json_object_get(story->image, "first"));

    take_own(s, story);
    if (needs_eyes(story->image))
        story->place = NIGHT_EYES;
    else if (has_more(story) || (!first && !story->above))
        story->place = NIGHT_SECTION;
    else
        story->place = first ? NIGHT_FIRST : NIGHT_PACKAGES;
}

static void stories_init(struct night_stories *s, const json_t *images)
{
    *s = (struct night_stories){.n = json_array_size(images)};
    s->v = xcalloc(s->n + 1, sizeof(*s->v));
    for (size_t i = 0; i < s->n; i++)
        s->v[i].image = json_array_get(images, i);
    find_failures(s);
    find_packages(s);
    for (size_t i = 0; i < s->n; i++)
        find_place(s, &s->v[i]);
}

static void stories_release(struct night_stories *s)
{
    for (size_t i = 0; i < s->n; i++)
        json_decref(s->v[i].own);
    free(s->v);
    package_groups_release(&s->packages);
}

/* ---- sections ------------------------------------------------------------------------------- */

/* All that failed as the i-th, the first of them. */
static void failures(struct prose *w, const struct night_stories *s, size_t at)
{
    const json_t *first = s->v[at].image, *reasons = json_object_get(first, "reasons");
    size_t shown = 0;

    buf_addf(w->out, "%s%zu images: failed\n%s", w->markdown ? "\n## " : "\n", s->v[at].alike,
             w->markdown ? "\n" : "");
    prose_item(w);
    for (size_t i = at; i < s->n; i++) {
        const json_t *one = s->v[i].image;
        if (i != at && !(s->v[i].told && json_equal(reasons, json_object_get(one, "reasons"))))
            continue;
        buf_addstr(w->out, shown++ ? ", " : "");
        prose_code(w, night_name(one));
    }
    prose_end(w);
    night_reasons(w, first);
}

static void sections(struct prose *w, const struct night_stories *s, enum night_place place)
{
    for (size_t i = 0; i < s->n; i++) {
        if (s->v[i].place != place || s->v[i].told)
            continue;
        if (s->v[i].alike > 1)
            failures(w, s, i);
        else
            night_image(w, &s->v[i]);
    }
}

static void packages_line(struct prose *w, const json_t *image)
{
    CLEANUP(buf_release) struct buf counts = BUF_INIT(0);

    night_package_counts(image, &counts);
    night_line(w, image, buf_str(&counts));
}

static void first_line(struct prose *w, const json_t *image)
{
    const json_t *count = json_object_get(image, "package_count");
    long long n = json_integer_value(count);
    CLEANUP(free_ptr) char *text = xasprintf("%lld package%s", n, n == 1 ? "" : "s");

    night_line(w, image, count ? text : prose_string(image, "state"));
}

/* Images of which a line is enough. */
static void lines(struct prose *w, const struct night_stories *s, enum night_place place,
                  const char *title, void (*line)(struct prose *, const json_t *))
{
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++) {
        if (s->v[i].place != place)
            continue;
        if (n++ == 0)
            buf_addf(w->out, w->markdown ? "\n## %s\n\n" : "\n%s\n", title);
        line(w, s->v[i].image);
    }
}

void night_prose(const json_t *report, bool markdown, struct buf *ret)
{
    struct prose w = {.out = ret, .markdown = markdown, .night = true};
    struct night_stories s;

    stories_init(&s, json_object_get(report, "images"));
    buf_addstr(ret, markdown ? "# Images: " : "Images: ");
    night_counts(report, ret);
    prose_end(&w);
    night_overview(&w, report, &s);
    sections(&w, &s, NIGHT_EYES);
    sections(&w, &s, NIGHT_SECTION);
    lines(&w, &s, NIGHT_PACKAGES, "Nothing new but packages told above", packages_line);
    lines(&w, &s, NIGHT_FIRST, "First publications", first_line);
    night_changelogs(&w, report);
    stories_release(&s);
}
