/* SPDX-License-Identifier: Apache-2.0 */
/* What a glance is enough for: a line an image, CVE ids, packages that several images have. */
#include "base/json.h"
#include "report/night_private.h"

/* ---- a line an image ------------------------------------------------------------------------ */

static size_t count_changes(const json_t *image, char sign)
{
    const json_t *c;
    size_t i, n = 0;

    json_array_foreach(json_object_get(image, "packages"), i, c)
    {
        n += prose_sign(c) == sign;
    }
    return n;
}

void night_package_counts(const json_t *image, struct buf *ret)
{
    static const struct {
        char sign;
        const char *word;
    } words[] = {{'~', "changed"}, {'+', "added"}, {'-', "removed"}};

    if (json_is_true(json_object_get(image, "first"))) {
        buf_addstr(ret, "all new");
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        size_t n = count_changes(image, words[i].sign);
        if (n)
            buf_addf(ret, "%s%zu %s", ret->len ? ", " : "", n, words[i].word);
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

static void image_line(struct prose *w, const json_t *image)
{
    CLEANUP(buf_release) struct buf packages = BUF_INIT(0), cves = BUF_INIT(0), size = BUF_INIT(0);
    size_t n = json_array_size(json_object_get(image, "cves"));

    night_package_counts(image, &packages);
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

static bool has_line(const struct night_story *s)
{
    return s->place != NIGHT_FIRST && !s->told && s->alike < 2;
}

static void image_lines(struct prose *w, const struct night_stories *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++)
        n += has_line(&s->v[i]);
    if (n < 2)
        return;
    prose_end(w);
    if (w->markdown)
        buf_addstr(w->out, "| Image | | Packages | CVE ids | Size |\n|---|---|---|---|---|\n");
    for (int eyes = 1; eyes >= 0; eyes--)
        for (size_t i = 0; i < s->n; i++)
            if (has_line(&s->v[i]) && (s->v[i].place == NIGHT_EYES) == eyes)
                image_line(w, s->v[i].image);
}

/* ---- CVE ids -------------------------------------------------------------------------------- */

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
    prose_few(w, json_object_get(entry, "images"), NIGHT_IMAGES_MAX);
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

/* ---- packages ------------------------------------------------------------------------------- */

static void shared_packages(struct prose *w, const struct night_stories *s)
{
    struct prose_list l = {.w = w, .title = "Package changes of several images"};
    size_t i;
    const json_t *group;

    json_array_foreach(s->packages.list, i, group)
    {
        const json_t *images = json_object_get(group, "images");
        if (json_array_size(images) < 2 || !package_group_line(&l, group))
            continue;
        buf_addstr(w->out, " in ");
        prose_few(w, images, NIGHT_IMAGES_MAX);
        prose_end(w);
    }
    prose_list_end(&l, 0);
}

void night_overview(struct prose *w, const json_t *report, const struct night_stories *s)
{
    image_lines(w, s);
    all_cves(w, report);
    shared_packages(w, s);
}
