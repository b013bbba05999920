/* SPDX-License-Identifier: Apache-2.0 */
#include "report/night_private.h"

#include "base/path.h"

static void number_change(struct prose *w, const char *what, const json_t *from, const json_t *to,
                          const char *key)
{
    const json_t *a = json_object_get(from, key), *b = json_object_get(to, key);

    if (json_equal(a, b))
        return;
    buf_addf(w->out, ", %s ", what);
    if (json_is_string(a))
        buf_addf(w->out, "%s -> %s", json_string_value(a), prose_string(to, key));
    else
        buf_addf(w->out, "%lld -> %lld", (long long)json_integer_value(a),
                 (long long)json_integer_value(b));
}

/* The side that is there, of a file that came or went; NULL of one that changed. */
static const json_t *only_side(const json_t *change)
{
    const json_t *from = json_object_get(change, "from"), *to = json_object_get(change, "to");

    if (json_is_null(from))
        return to;
    return json_is_null(to) ? from : NULL;
}

static bool is_directory(const json_t *change)
{
    const json_t *side = only_side(change);

    return side && strcmp(prose_string(side, "type"), "directory") == 0;
}

/* A file with an x bit, or setuid or setgid: those have a line each. */
static bool stands_out(const json_t *change)
{
    const json_t *side = only_side(change);
    unsigned long mode = strtoul(prose_string(side, "mode"), NULL, 8);

    return strcmp(prose_string(side, "type"), "directory") != 0 &&
           strcmp(prose_string(side, "type"), "symlink") != 0 && mode & 06111;
}

/* Whether it came or went with a directory, as all of that does. */
static bool goes_with(const json_t *change, const json_t *directory)
{
    return only_side(change) && strcmp(night_sign(change), night_sign(directory)) == 0 &&
           path_below(prose_string(change, "path"), prose_string(directory, "path")) &&
           json_equal(json_object_get(change, "architectures"),
                      json_object_get(directory, "architectures")) &&
           !stands_out(change);
}

static void change_line(struct prose *w, const json_t *c)
{
    const json_t *from = json_object_get(c, "from"), *to = json_object_get(c, "to");
    CLEANUP(free_ptr) char *path = xasprintf("/%s", prose_string(c, "path"));

    prose_code(w, path);
    number_change(w, "type", from, to, "type");
    number_change(w, "mode", from, to, "mode");
    number_change(w, "owner", from, to, "uid");
    number_change(w, "group", from, to, "gid");
    if (strcmp(prose_string(from, "target"), prose_string(to, "target")) != 0) {
        buf_addstr(w->out, ", now to ");
        prose_code(w, prose_string(to, "target"));
    }
}

static void file_line(struct prose *w, const json_t *c, size_t with)
{
    const json_t *side = only_side(c);
    CLEANUP(free_ptr)
    char *path = xasprintf("/%s%s", prose_string(c, "path"), is_directory(c) ? "/" : "");

    prose_item(w);
    if (!side) {
        change_line(w, c);
        return;
    }
    buf_addstr(w->out, night_sign(c));
    prose_code(w, path);
    if (with)
        buf_addf(w->out, " and %zu path%s in it", with, with == 1 ? "" : "s");
    else
        buf_addf(w->out, ", %s %s", prose_string(side, "type"), prose_string(side, "mode"));
}

/* Marks what goes with the directory at `at`; how many. */
static size_t fold(const json_t *list, size_t at, bool *folded)
{
    const json_t *directory = json_array_get(list, at);
    size_t n = 0;

    for (size_t i = 0; is_directory(directory) && i < json_array_size(list); i++) {
        if (i == at || folded[i] || !goes_with(json_array_get(list, i), directory))
            continue;
        folded[i] = true;
        n++;
    }
    return n;
}

void night_files(struct prose *w, const json_t *image)
{
    const json_t *list = json_object_get(image, "files"), *change;
    json_int_t left_out = json_integer_value(json_object_get(image, "files_more"));
    size_t i, lines = 0;

    if (!json_array_size(list))
        return;
    CLEANUP(free_ptr) bool *folded = xcalloc(json_array_size(list), sizeof(*folded));
    prose_heading(w, "Files");
    json_array_foreach(list, i, change)
    {
        if (folded[i])
            continue;
        size_t with = fold(list, i, folded);
        if (lines++ >= NIGHT_LINES_MAX)
            continue;
        file_line(w, change, with);
        night_arches(w, image, change);
        prose_end(w);
    }
    size_t shown = lines < NIGHT_LINES_MAX ? lines : NIGHT_LINES_MAX;
    night_more(w, lines - shown + (size_t)(left_out > 0 ? left_out : 0));
}
