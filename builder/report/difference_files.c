/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that differ. What many of them share is told in one line: a directory that came or went
 * with what is below it, and files of one directory that came, went or have other content.
 *
 * Each change gets the key of the line that it would share, from its kind, sign, architectures and
 * directory, and finds it in a table; so the work grows with the number of files, not its square.
 */
#include "report/difference.h"

#include "base/json.h"
#include "base/number.h"

#define FEW 6 /* as many files alike in a directory are shown one by one */

enum kind {
    TREE,        /* what came or went with a directory */
    FILES,       /* in a directory that was there and stays */
    EXECUTABLES, /* also of a directory that came or went: never hidden */
    CONTENT,     /* of files that stay */
    TARGETS,     /* of links that stay */
    ALONE,
};

struct line {
    size_t n; /* changes that share it */
    bool told;
};

struct files {
    struct prose_list list;
    const json_t *document;
    json_t *trees; /* "+[architectures]/usr/x" of each directory that came or went */
    json_t *index; /* key to number of a line */
    struct line *lines;
    size_t n_lines;
};

/* ---- one change ----------------------------------------------------------------------------- */

/* The side that is there, of a file that came or went; NULL of one that changed. */
static const json_t *only_side(const json_t *change)
{
    const json_t *from = json_object_get(change, "from"), *to = json_object_get(change, "to");

    return prose_sign(change) == '+' ? to : prose_sign(change) == '-' ? from : NULL;
}

static bool is_type(const json_t *side, const char *type)
{
    return strcmp(prose_string(side, "type"), type) == 0;
}

static const char *type_of(const json_t *side)
{
    for (enum entry_type t = ENTRY_FILE; t <= ENTRY_FIFO; t++)
        if (is_type(side, entry_type_name(t)))
            return entry_type_name(t);
    return "other";
}

/* Four octal digits, as fleet/diff_json.c writes them. */
static unsigned mode_of(const json_t *side)
{
    uint64_t mode;

    return number_parse_octal(slice_of(prose_string(side, "mode")), 07777, &mode) ? (unsigned)mode
                                                                                  : 0;
}

static bool is_directory(const json_t *change)
{
    const json_t *side = only_side(change);

    return side && is_type(side, "directory");
}

static bool same(const json_t *a, const json_t *b, const char *key)
{
    const json_t *x = json_object_get(a, key), *y = json_object_get(b, key);

    return x == y || (x && y && json_equal(x, y));
}

static enum kind kind_of_change(const json_t *from, const json_t *to)
{
    static const char *const keys[] = {"type", "mode", "uid", "gid"};

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        if (!same(from, to, keys[i]))
            return ALONE;
    return !same(from, to, "target") ? TARGETS : CONTENT;
}

/* setuid and setgid files always have a line of their own. */
static enum kind kind_of(const json_t *change)
{
    const json_t *side = only_side(change), *to = json_object_get(change, "to");
    unsigned mode = mode_of(side ? side : to);

    if (!is_type(side ? side : to, "directory") && mode & 06000)
        return ALONE;
    if (!side)
        return kind_of_change(json_object_get(change, "from"), to);
    bool runs = !is_type(side, "directory") && !is_type(side, "symlink") && mode & 0111;
    return runs ? EXECUTABLES : FILES;
}

/* ---- the line that it shares ---------------------------------------------------------------- */

/* "+[\"amd64\"]/usr/x", and where the path begins in it. */
static char *change_key(const json_t *change, size_t *ret_path)
{
    char *arches = json_dumps(json_object_get(change, "architectures"), JSON_COMPACT);
    char *ret = xasprintf("%c%s/%s", prose_sign(change), arches ? arches : "",
                          prose_string(change, "path"));

    *ret_path = 1 + (arches ? strlen(arches) : 0) + 1;
    free(arches);
    return ret;
}

static void find_trees(struct files *f, const json_t *list)
{
    size_t i, path;
    const json_t *change;

    json_array_foreach(list, i, change)
    {
        if (!is_directory(change))
            continue;
        CLEANUP(free_ptr) char *key = change_key(change, &path);
        json_put(f->trees, key, json_true());
    }
}

/* Cuts a key to that of the uppermost directory that came or went with the change; false if it
 * didn't so. */
static bool cut_to_tree(const struct files *f, char *key, size_t path)
{
    for (char *slash = key + path; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        if (json_object_get(f->trees, key))
            return true;
        *slash = '/';
    }
    return json_object_get(f->trees, key) != NULL;
}

static void cut_to_directory(char *key, size_t path)
{
    char *slash = strrchr(key + path, '/');

    *(slash ? slash : key + path) = '\0';
}

/* A line that a change may share. */
struct share {
    enum kind kind;
    char *directory;
    struct line *line; /* NULL of one that stands alone */
};

static void share_release(struct share *s)
{
    free(s->directory);
}

static void find_line(struct files *f, struct share *s, const char *key)
{
    CLEANUP(free_ptr) char *whole = xasprintf("%d%s", s->kind, key);
    const json_t *at = json_object_get(f->index, whole);

    if (!at) {
        json_put(f->index, whole, number_json(f->n_lines++));
        at = json_object_get(f->index, whole);
    }
    s->line = &f->lines[json_integer_value(at)];
}

static void find_share(struct files *f, const json_t *change, struct share *ret)
{
    size_t path;

    *ret = (struct share){.kind = f->list.w->all ? ALONE : kind_of(change)};
    if (ret->kind == ALONE)
        return;
    CLEANUP(free_ptr) char *key = change_key(change, &path);
    if (ret->kind == FILES && cut_to_tree(f, key, path))
        ret->kind = TREE;
    else
        cut_to_directory(key, path);
    ret->directory = xstrdup(key + path);
    find_line(f, ret, key);
}

/* ---- writing -------------------------------------------------------------------------------- */

static void path_code(struct prose *w, const char *path, bool directory)
{
    CLEANUP(free_ptr) char *text = xasprintf("/%s%s", path, directory && *path ? "/" : "");

    prose_code(w, text);
}

static void shared_line(struct files *f, const json_t *change, const struct share *s)
{
    static const struct {
        const char *before, *after;
    } words[] = {
        [FILES] = {"", " files"},
        [EXECUTABLES] = {"", " executable files"},
        [CONTENT] = {"content of ", " files"},
        [TARGETS] = {"targets of ", " links"},
    };
    struct prose *w = f->list.w;
    size_t n = s->line->n;

    path_code(w, s->directory, true);
    if (s->kind == TREE && n > 1)
        buf_addf(w->out, " and %zu path%s in it", n - 1, n == 2 ? "" : "s");
    if (s->kind != TREE)
        buf_addf(w->out, ": %s%zu%s", words[s->kind].before, n, words[s->kind].after);
    difference_arches(w, f->document, change);
}

static void owner(struct prose *w, const json_t *side)
{
    buf_addf(w->out, "%lld:%lld", (long long)json_integer_value(json_object_get(side, "uid")),
             (long long)json_integer_value(json_object_get(side, "gid")));
}

/* What one that came has beside its path, unless that is the usual. */
static void new_file(struct prose *w, const json_t *to)
{
    bool file = is_type(to, "file"), directory = is_type(to, "directory");
    bool link = is_type(to, "symlink");

    if (!file && !directory)
        buf_addf(w->out, ", %s", type_of(to));
    if (*prose_string(to, "target")) {
        buf_addstr(w->out, " to ");
        prose_code(w, prose_string(to, "target"));
    }
    if (!link && mode_of(to) != (directory ? 0755 : 0644))
        buf_addf(w->out, ", mode %04o", mode_of(to));
    if (json_integer_value(json_object_get(to, "uid")) ||
        json_integer_value(json_object_get(to, "gid"))) {
        buf_addstr(w->out, ", owner ");
        owner(w, to);
    }
}

static void other_type(struct prose *w, const json_t *from, const json_t *to)
{
    buf_addf(w->out, ", %s -> %s", type_of(from), type_of(to));
    if (!*prose_string(to, "target"))
        return;
    buf_addstr(w->out, " to ");
    prose_code(w, prose_string(to, "target"));
}

/* What became different of one that stays. */
static void other_file(struct prose *w, const json_t *from, const json_t *to)
{
    if (!same(from, to, "type"))
        other_type(w, from, to);
    else if (!same(from, to, "target")) {
        buf_addstr(w->out, ", target ");
        prose_code(w, prose_string(from, "target"));
        buf_addstr(w->out, " -> ");
        prose_code(w, prose_string(to, "target"));
    } else if (!same(from, to, "digest"))
        buf_addstr(w->out, ", content");
    if (!same(from, to, "mode"))
        buf_addf(w->out, ", mode %04o -> %04o", mode_of(from), mode_of(to));
    if (!same(from, to, "uid") || !same(from, to, "gid")) {
        buf_addstr(w->out, ", owner ");
        owner(w, from);
        buf_addstr(w->out, " -> ");
        owner(w, to);
    }
}

static void own_line(struct files *f, const json_t *change)
{
    const json_t *from = json_object_get(change, "from"), *to = json_object_get(change, "to");
    struct prose *w = f->list.w;
    char sign = prose_sign(change);

    path_code(w, prose_string(change, "path"), is_type(sign == '-' ? from : to, "directory"));
    if (sign == '+')
        new_file(w, to);
    if (sign == '~')
        other_file(w, from, to);
    difference_arches(w, f->document, change);
}

static void tell(struct files *f, const json_t *change)
{
    CLEANUP(share_release) struct share s = {.kind = ALONE};
    char sign = prose_sign(change);

    find_share(f, change, &s);
    bool shared = s.line && (s.kind == TREE ? s.line->n > 1 : s.line->n > FEW);
    if (shared && s.line->told)
        return;
    if (s.line)
        s.line->told = true;
    if (!prose_change(&f->list, sign, prose_word(sign)))
        return;
    if (shared)
        shared_line(f, change, &s);
    else
        own_line(f, change);
    prose_end(f->list.w);
}

static void count(struct files *f, const json_t *change)
{
    CLEANUP(share_release) struct share s = {.kind = ALONE};

    find_share(f, change, &s);
    if (s.line)
        s.line->n++;
}

/* ---- architectures -------------------------------------------------------------------------- */

static bool alike_but_digest(const json_t *a, const json_t *b)
{
    static const char *const keys[] = {"type", "mode", "uid", "gid", "target"};
    const json_t *old[] = {json_object_get(a, "from"), json_object_get(b, "from")};
    const json_t *now[] = {json_object_get(a, "to"), json_object_get(b, "to")};

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        if (!same(old[0], old[1], keys[i]) || !same(now[0], now[1], keys[i]))
            return false;
    return same(old[0], now[0], "digest") == same(old[1], now[1], "digest");
}

static json_t *find_alike(json_t *list, const json_t *change)
{
    const char *path = prose_string(change, "path");

    for (size_t i = json_array_size(list); i-- > 0;) {
        json_t *one = json_array_get(list, i);
        if (strcmp(prose_string(one, "path"), path) != 0)
            break;
        if (alike_but_digest(one, change))
            return one;
    }
    return NULL;
}

/* The same change of several architectures, though a program's bytes are others in each. The list
 * is sorted by path. */
static json_t *join_architectures(const json_t *list)
{
    json_t *ret = json_array(), *change;
    size_t i;

    json_array_foreach(list, i, change)
    {
        json_t *there = find_alike(ret, change), *own = json_object_get(change, "architectures");
        if (there) {
            json_array_extend(json_object_get(there, "architectures"), own);
            continue;
        }
        there = json_copy(change);
        json_put(there, "architectures", json_is_array(own) ? json_copy(own) : json_array());
        json_add(ret, there);
    }
    return ret;
}

void difference_files(struct prose *w, const json_t *document)
{
    json_int_t left_out = json_integer_value(json_object_get(document, "files_more"));
    struct files f = {.list = {.w = w, .title = "Files"}, .document = document};
    json_t *list = join_architectures(json_object_get(document, "files"));
    const json_t *change;
    size_t i;

    f.trees = json_object();
    f.index = json_object();
    f.lines = xcalloc(json_array_size(list) + 1, sizeof(*f.lines));
    find_trees(&f, list);
    json_array_foreach(list, i, change)
    {
        count(&f, change);
    }
    json_array_foreach(list, i, change)
    {
        tell(&f, change);
    }
    prose_list_end(&f.list, left_out > 0 ? (size_t)left_out : 0);
    json_decref(list);
    json_decref(f.trees);
    json_decref(f.index);
    free(f.lines);
}
