/* SPDX-License-Identifier: Apache-2.0 */
/* One document of many entries. */
#include "report/night.h"

#include "base/json.h"
#include "base/text.h"
#include "report/night_private.h"

#define REPORT_FORMAT 1

const char *const night_formats[] = {
    [NIGHT_TEXT] = "text", [NIGHT_MARKDOWN] = "markdown", [NIGHT_JSON] = "json"};
const size_t n_night_formats = ARRAY_SIZE(night_formats);

bool night_format_parse(const char *name, enum night_format *ret)
{
    for (size_t i = 0; i < ARRAY_SIZE(night_formats); i++) {
        if (strcmp(name, night_formats[i]) != 0)
            continue;
        *ret = (enum night_format)i;
        return true;
    }
    return false;
}

enum night_format night_format_of(const char *path)
{
    if (ends_with(path, ".md"))
        return NIGHT_MARKDOWN;
    return ends_with(path, ".json") ? NIGHT_JSON : NIGHT_TEXT;
}

/* ---- counts --------------------------------------------------------------------------------- */

static const char *const states[] = {"published", "tagged", "would change",
                                     "stopped",   "failed", "unchanged"};

static json_t *counts_of(const json_t *entries, size_t unchanged)
{
    json_t *o = json_object();
    size_t i;
    const json_t *entry;

    for (size_t k = 0; k < ARRAY_SIZE(states); k++)
        json_put(o, states[k], json_integer(0));
    json_put(o, "unchanged", number_json(unchanged));
    json_array_foreach(entries, i, entry)
    {
        json_t *n = json_object_get(o, prose_string(entry, "state"));
        if (n)
            json_integer_set(n, json_integer_value(n) + 1);
    }
    return o;
}

void night_counts(const json_t *report, struct buf *ret)
{
    const json_t *counts = json_object_get(report, "counts");
    bool any = false;

    for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
        json_int_t n = json_integer_value(json_object_get(counts, states[i]));
        if (!n)
            continue;
        buf_addf(ret, "%s%lld %s", any ? ", " : "", (long long)n, states[i]);
        any = true;
    }
    if (!any)
        buf_addstr(ret, "nothing to do");
}

/* ---- changelogs ----------------------------------------------------------------------------- */

/* The item of an array whose key has this value. */
static json_t *find(json_t *list, const char *key, const char *value)
{
    size_t i;
    json_t *item;

    json_array_foreach(list, i, item)
    {
        if (strcmp(prose_string(item, key), value) == 0)
            return item;
    }
    return NULL;
}

/* Adds texts that aren't there yet. */
static void add_texts(json_t *to, const json_t *from)
{
    size_t i;
    json_t *text;

    json_array_foreach(from, i, text)
    {
        bool there = false;
        for (size_t k = 0; k < json_array_size(to); k++)
            there = there || json_equal(json_array_get(to, k), text);
        if (!there)
            json_add(to, json_incref(text));
    }
}

static void add_entry(json_t *list, const json_t *entry, json_t *name)
{
    json_t *there = find(list, "version", prose_string(entry, "version"));

    if (!there) {
        there = json_deep_copy(entry);
        json_put(there, "images", json_array());
        json_add(list, there);
    } else {
        add_texts(json_object_get(there, "cves"), json_object_get(entry, "cves"));
    }
    json_t *names = array_json(json_incref(name), NULL);
    add_texts(json_object_get(there, "images"), names);
    json_decref(names);
}

/* A third party's source package may be called as one of Debian's. */
static bool same_source(const json_t *a, const json_t *b)
{
    return strcmp(prose_string(a, "source"), prose_string(b, "source")) == 0 &&
           strcmp(prose_string(a, "origin"), prose_string(b, "origin")) == 0;
}

static json_t *find_changelog(json_t *list, const json_t *log)
{
    size_t i;
    json_t *there;

    json_array_foreach(list, i, there)
    {
        if (same_source(there, log))
            return there;
    }
    return NULL;
}

static void add_changelog(json_t *list, const json_t *log, json_t *name)
{
    json_t *there = find_changelog(list, log);
    json_int_t more = json_integer_value(json_object_get(log, "more"));
    size_t i;
    const json_t *entry;

    if (!json_array_size(json_object_get(log, "entries")))
        return;
    if (!there) {
        there = object_json("source", text_json(prose_string(log, "source")), "entries",
                            json_array(), NULL);
        if (*prose_string(log, "origin"))
            json_put(there, "origin", text_json(prose_string(log, "origin")));
        json_add(list, there);
    }
    json_array_foreach(json_object_get(log, "entries"), i, entry)
    {
        add_entry(json_object_get(there, "entries"), entry, name);
    }
    if (more > json_integer_value(json_object_get(there, "more")))
        json_put(there, "more", json_integer(more));
}

/* Each upgraded package gets the ids that its source's new entries name. */
static void name_cves(json_t *image, const json_t *logs)
{
    size_t i;
    json_t *c;

    json_array_foreach(json_object_get(image, "packages"), i, c)
    {
        json_t *ids = json_array(), *log;
        size_t k;
        json_array_foreach(logs, k, log)
        {
            if (strcmp(prose_string(c, "change"), "upgraded") == 0 && same_source(log, c))
                add_texts(ids, json_object_get(log, "cves"));
        }
        json_put(c, "cves", ids);
    }
}

/* ---- one recipe, one entry ------------------------------------------------------------------ */

/* NULL is an empty list. */
static bool holds(const json_t *list, json_type type)
{
    const json_t *one;
    size_t i;

    json_array_foreach(list, i, one)
    {
        if (json_typeof(one) != type)
            return false;
    }
    return !list || json_is_array(list);
}

static bool is_state(const json_t *entry)
{
    for (size_t i = 0; i < ARRAY_SIZE(states); i++)
        if (strcmp(prose_string(entry, "state"), states[i]) == 0)
            return true;
    return false;
}

/* Those of earlier runs come from a cache, which may be damaged. */
static bool is_entry(const json_t *entry)
{
    static const char *const objects[] = {"sizes",   "packages", "files",     "findings",
                                          "scripts", "config",   "changelogs"};
    static const char *const strings[] = {"tags", "reasons", "cves", "not_compared"};
    const json_t *log;
    size_t i;

    for (i = 0; i < ARRAY_SIZE(objects); i++)
        if (!holds(json_object_get(entry, objects[i]), JSON_OBJECT))
            return false;
    for (i = 0; i < ARRAY_SIZE(strings); i++)
        if (!holds(json_object_get(entry, strings[i]), JSON_STRING))
            return false;
    json_array_foreach(json_object_get(entry, "changelogs"), i, log)
    {
        if (!holds(json_object_get(log, "entries"), JSON_OBJECT))
            return false;
    }
    return is_state(entry) && !json_object_get(entry, "earlier");
}

json_t *night_entry(const json_t *own, const json_t *earlier)
{
    json_t *older = json_array(), *one, *ret;
    size_t i;

    json_array_foreach(earlier, i, one)
    {
        if (is_entry(one))
            json_add(older, json_incref(one));
    }
    size_t n = json_array_size(older);
    ret = json_deep_copy(own ? own : n ? json_array_get(older, n - 1) : NULL);
    if (!own && n)
        json_array_remove(older, n - 1);
    if (json_array_size(older))
        json_put(ret, "earlier", json_incref(older));
    json_decref(older);
    return ret;
}

/* ---- all of it ------------------------------------------------------------------------------ */

static void add_ids(struct strv *ids, const json_t *entry)
{
    const json_t *id, *one;
    size_t i;

    json_array_foreach(json_object_get(entry, "cves"), i, id)
    {
        if (json_is_string(id))
            strv_add(ids, json_string_value(id));
    }
    json_array_foreach(json_object_get(entry, "earlier"), i, one)
    {
        add_ids(ids, one);
    }
}

/* All ids of all images, sorted. */
static json_t *cves_of(const json_t *entries)
{
    CLEANUP(strv_release) struct strv ids = STRV_INIT;
    const json_t *entry;
    size_t i;

    json_array_foreach(entries, i, entry)
    {
        add_ids(&ids, entry);
    }
    strv_sort(&ids);
    strv_uniq(&ids);
    return strings_json(&ids);
}

/* The changelogs of an image, and of what was published under its name before, go to the report. */
static void take_changelogs(json_t *image, json_t *logs)
{
    const json_t *own = json_object_get(image, "changelogs"), *log;
    json_t *name = json_object_get(image, "name"), *one;
    size_t i;

    json_array_foreach(own, i, log)
    {
        add_changelog(logs, log, name);
    }
    name_cves(image, own);
    json_object_del(image, "changelogs");
    json_array_foreach(json_object_get(image, "earlier"), i, one)
    {
        take_changelogs(one, logs);
    }
}

json_t *night_report(const json_t *entries, size_t unchanged)
{
    json_t *images = json_deep_copy(entries), *logs = json_array(), *image;
    size_t i;

    json_array_foreach(images, i, image)
    {
        take_changelogs(image, logs);
    }
    return object_json("format", number_json(REPORT_FORMAT), "counts",
                       counts_of(entries, unchanged), "cves", cves_of(entries), "images", images,
                       "changelogs", logs, NULL);
}

void night_write(const json_t *report, enum night_format format, struct buf *ret)
{
    if (format != NIGHT_JSON) {
        night_prose(report, format == NIGHT_MARKDOWN, ret);
        return;
    }
    char *text = json_dumps(report, JSON_INDENT(1) | JSON_ENSURE_ASCII);
    buf_addf(ret, "%s\n", text ? text : "{}");
    free(text);
}
