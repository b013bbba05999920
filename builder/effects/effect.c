/* SPDX-License-Identifier: Apache-2.0 */
#include "effects/effect.h"
#include "base/path.h"
#include "rootfs/files.h"
#include <ctype.h>

#define NOTES_MAX  100u
#define EFFORT_MAX (50u << 20) /* nodes looked at */
#define EFFORT_PUT 200u        /* one made counts as that many */

void effect_start(struct effect *m, struct assembly *a, struct tree *t, const struct package *p,
                  char *place)
{
    *m = (struct effect){
        .assembly = a, .tree = t, .package = p, .guest = assembly_is_guest(a, p), .place = place};
}

void effect_release(struct effect *m)
{
    free(m->place);
    *m = (struct effect){0};
}

PRINTF_LIKE(2, 0)
static void note(struct effect *m, const char *fmt, va_list args)
{
    struct strv *notes = &m->assembly->notes;
    if (notes->n >= NOTES_MAX)
        return;
    CLEANUP(free_ptr) char *text = xvasprintf(fmt, args);
    strv_addf(notes, "%s: %s", m->place, text);
}

void effect_note(struct effect *m, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    note(m, fmt, args);
    va_end(args);
}

/* The path, or a directory above it. */
static bool is_left_out(const struct effect *m, const char *path)
{
    CLEANUP(free_ptr) char *part = effect_path(m, path, false);
    for (size_t n = strlen(part); n; n = path_dir(part).n) {
        part[n] = '\0';
        if (effect_left_out(m->assembly, m->package, part, ENTRY_DIRECTORY) ||
            effect_left_out(m->assembly, m->package, part, ENTRY_FILE))
            return true;
    }
    return false;
}

void effect_lacks(struct effect *m, const char *path, const char *fmt, ...)
{
    if (is_left_out(m, path))
        return;
    va_list args;
    va_start(args, fmt);
    note(m, fmt, args);
    va_end(args);
}

int effect_works(struct effect *m, size_t nodes, struct err *err)
{
    size_t *effort = &m->assembly->effort;
    if (nodes <= EFFORT_MAX - *effort) {
        *effort += nodes;
        return 0;
    }
    (void)err_set(err, "%s: the scripts of the packages make or change more than is followed",
                  m->place);
    return err_hint(err, "omit package %s, or its script's files", m->package->name);
}

/* ---- where ---------------------------------------------------------------------------------- */

bool effect_is_path(const char *word)
{
    if (word[0] != '/' || strlen(word) > PATH_BYTES_MAX)
        return false;
    for (const char *p = word; *p; p++)
        if (iscntrl((unsigned char)*p))
            return false;
    for (const char *part = word; *part;) {
        part += strspn(part, "/");
        size_t n = strcspn(part, "/");
        if (n > PATH_PART_MAX || (n == 2 && memcmp(part, "..", 2) == 0) ||
            starts_with(part, ".wh."))
            return false;
        part += n;
    }
    return true;
}

/* Without slashes too many, and without "." parts. */
static void clean(const char *word, struct buf *ret)
{
    for (const char *part = word; *part;) {
        part += strspn(part, "/");
        size_t n = strcspn(part, "/");
        if (n && !(n == 1 && part[0] == '.')) {
            if (ret->len)
                buf_addch(ret, '/');
            buf_add(ret, part, n);
        }
        part += n;
    }
}

/* The nearest directory above that is there, with its links resolved, and the rest as it is. */
static char *behind_links(const struct tree *t, const char *path)
{
    size_t end = path_dir(path).n;
    while (end) {
        CLEANUP(free_ptr) char *above = xstrndup(path, end);
        const struct node *n = tree_resolve(t, above);
        if (n)
            return xasprintf("%s%s", n->path, path + end);
        end = path_dir(above).n;
    }
    return xstrdup(path);
}

char *effect_path(const struct effect *m, const char *word, bool follow)
{
    CLEANUP(buf_release) struct buf path = BUF_INIT(PATH_BYTES_MAX);
    clean(word, &path);
    const struct node *n = follow ? tree_resolve(m->tree, buf_str(&path)) : NULL;
    return n ? xstrdup(n->path) : behind_links(m->tree, buf_str(&path));
}

char *effect_name(const char *word)
{
    size_t n = strlen(word);
    while (n > 1 && word[n - 1] == '/')
        n--;
    CLEANUP(free_ptr) char *bare = xstrndup(word, n);
    return xstrdup(path_base(bare));
}

char *effect_place(const struct effect *m, const char *word, const char *name, bool inside)
{
    const struct node *dir = inside ? effect_find(m, word) : NULL;
    if (!dir || dir->type != ENTRY_DIRECTORY)
        return effect_path(m, word, false);
    CLEANUP(free_ptr) char *place = xasprintf("/%s/%s", dir->path, name);
    return effect_path(m, place, false);
}

struct node *effect_find(const struct effect *m, const char *word)
{
    CLEANUP(buf_release) struct buf path = BUF_INIT(PATH_BYTES_MAX);
    clean(word, &path);
    return path.len ? tree_resolve(m->tree, buf_str(&path)) : NULL;
}

bool effect_is_own(const struct effect *m, const struct node *n)
{
    return n->maker == m->package;
}

bool effect_may_change(struct effect *m, const struct node *n)
{
    const struct package *by = n->package ? n->package : n->maker;
    if (!m->guest || (by && assembly_same_origin(m->assembly, m->package, by)))
        return true;
    if (by)
        effect_note(m, "/%s stays as it is: package %s has it, which is of another source", n->path,
                    by->name);
    else
        effect_note(m, "/%s stays as it is: it is the image's own", n->path);
    return false;
}

bool effect_may_put(struct effect *m, const char *path)
{
    const struct node *there = tree_find(m->tree, path);
    if (there)
        return effect_is_own(m, there);
    struct slice dirs = path_dir(path);
    CLEANUP(free_ptr) char *above = xstrndup(dirs.p, dirs.n);
    const struct node *dir = above[0] ? tree_find(m->tree, above) : NULL;
    if (above[0] && (!dir || dir->type != ENTRY_DIRECTORY)) {
        effect_lacks(m, above, "/%s isn't made: there is no directory /%s", path, above);
        return false;
    }
    return true;
}

/* ---- what the policy says ------------------------------------------------------------------- */

static int ask(struct effect *m, const struct entry *e, struct edit *ret, struct err *err)
{
    *ret = (struct edit){.action = EDIT_KEEP};
    if (m->assembly->decide)
        *ret = m->assembly->decide(m->assembly->recipe, m->assembly->lock, m->package->name, e);
    if (ret->action != EDIT_REFUSE)
        return 0;
    err_code(err, ERR_POLICY, "%s: /%s: rule %s: %s", m->place, e->path, ret->rule, ret->reason);
    return err_hint(err, "allow { rule = \"%s\"   path = \"/%s\"   reason = \"...\" }", ret->rule,
                    e->path);
}

bool effect_left_out(const struct assembly *a, const struct package *p, const char *path,
                     enum entry_type type)
{
    const struct entry e = {.path = (char *)(uintptr_t)path, .type = type, .mode = 0644};
    return a->decide && a->decide(a->recipe, a->lock, p->name, &e).action == EDIT_DROP;
}

/* Rules have names in capitals; "exclude" and "only" are the recipe's own words. */
static bool is_rule(const char *rule)
{
    return rule && isupper((unsigned char)rule[0]);
}

static int put(struct effect *m, struct node_spec *spec, struct err *err)
{
    struct edit edit = {.action = EDIT_KEEP};
    struct entry e = {
        .path = (char *)(uintptr_t)spec->path,
        .target = (char *)(uintptr_t)spec->target,
        .size = spec->size,
        .mtime = spec->mtime,
        .uid = spec->uid,
        .gid = spec->gid,
        .mode = spec->mode,
        .mode_deb = spec->mode,
        .type = spec->type,
    };
    int r = effect_works(m, EFFORT_PUT, err);
    if (r == 0)
        r = ask(m, &e, &edit, err);
    if (r < 0 || edit.action == EDIT_DROP) {
        if (r == 0 && is_rule(edit.rule))
            effect_note(m, "/%s isn't made: rule %s", spec->path, edit.rule);
        if (spec->content.fd >= 0)
            close_fd(&spec->content.fd);
        free(spec->content.bytes);
        file_facts_free(spec->facts);
        return r;
    }
    if (edit.action == EDIT_MODE) {
        effect_note(m, "/%s has mode %04o instead of %04o: rule %s", spec->path, edit.mode,
                    spec->mode, edit.rule);
        spec->mode = edit.mode;
    }
    const struct node *there = tree_find(m->tree, spec->path);
    if (there && spec->type != ENTRY_DIRECTORY && there->type != ENTRY_DIRECTORY)
        spec->replace = !tree_remove(m->tree, spec->path);
    spec->origin = m->place;
    spec->maker = m->package;
    spec->weak = !spec->replace;
    return tree_put(m->tree, spec, err);
}

int effect_put_directory(struct effect *m, const char *path, uint16_t mode, uint32_t uid,
                         uint32_t gid, struct err *err)
{
    struct node_spec spec = {.path = path,
                             .type = ENTRY_DIRECTORY,
                             .mode = mode,
                             .uid = uid,
                             .gid = gid,
                             .mtime = tree_epoch(m->tree),
                             .content.fd = -1};
    return put(m, &spec, err);
}

/* spec: where, and with which attributes. */
static int put_bytes(struct effect *m, struct node_spec spec, const char *text, size_t n,
                     struct err *err)
{
    const char *path = spec.path;
    spec.type = ENTRY_FILE;
    spec.content.fd = -1;
    CLEANUP(source_cleanup) struct source *from = source_mem(text, n);
    if (files_look_at(m->assembly->ctx->session, from, n, &spec, err) < 0)
        return err_wrap(err, "%s: /%s", m->place, path);
    spec.content.from = FROM_MEMORY;
    spec.content.bytes = xcalloc(1, n + 1);
    memcpy(spec.content.bytes, text, n);
    return put(m, &spec, err);
}

int effect_put_text(struct effect *m, const char *path, uint16_t mode, const char *text, size_t n,
                    struct err *err)
{
    struct node_spec spec = {.path = path, .mode = mode, .mtime = tree_epoch(m->tree)};
    return put_bytes(m, spec, text, n, err);
}

int effect_put_link(struct effect *m, const char *path, const char *target, struct err *err)
{
    struct node_spec spec = {.path = path,
                             .type = ENTRY_SYMLINK,
                             .mode = 0777,
                             .mtime = tree_epoch(m->tree),
                             .target = target,
                             .content.fd = -1};
    return put(m, &spec, err);
}

int effect_put_copy(struct effect *m, const char *path, const struct node *from, uint16_t mode,
                    uint32_t uid, uint32_t gid, int64_t mtime, struct err *err)
{
    const struct node *data = from;
    if (from->type == ENTRY_HARDLINK && !(data = tree_find(m->tree, from->target)))
        return err_set(err, "%s: /%s has no content", m->place, from->path);
    struct node_spec spec = {
        .path = path, .type = ENTRY_FILE, .mode = mode, .uid = uid, .gid = gid, .mtime = mtime};
    if (!data->package && data->content.from == FROM_MEMORY)
        return put_bytes(m, spec, data->content.bytes ? data->content.bytes : "", data->size, err);
    spec.size = data->size;
    spec.sha256 = data->sha256;
    if (tree_copy_content(data, &spec.content, err) < 0)
        return err_wrap(err, "%s", m->place);
    const struct file_facts *facts = data->package || spec.content.package ? data->facts : NULL;
    if (put(m, &spec, err) < 0)
        return err_ret(err);
    struct node *n = tree_find(m->tree, path);
    if (n && !n->facts)
        n->facts = facts;
    return 0;
}

int effect_attributes(struct effect *m, struct node *n, uint16_t mode, uint32_t uid, uint32_t gid,
                      struct err *err)
{
    struct edit edit;
    struct entry e = {
        .path = n->path,
        .size = n->size,
        .mtime = n->mtime,
        .uid = uid,
        .gid = gid,
        .mode = mode,
        .mode_deb = mode,
        .type = n->type,
    };
    if (n->type == ENTRY_SYMLINK || (n->mode == mode && n->uid == uid && n->gid == gid) ||
        !effect_may_change(m, n))
        return 0;
    if (ask(m, &e, &edit, err) < 0)
        return err_ret(err);
    if (edit.action == EDIT_MODE) {
        effect_note(m, "/%s has mode %04o instead of %04o: rule %s", n->path, edit.mode, mode,
                    edit.rule);
        mode = edit.mode;
    }
    if (n->mode == mode && n->uid == uid && n->gid == gid)
        return 0;
    n->mode = mode;
    n->uid = uid;
    n->gid = gid;
    n->own_layer = true;
    return 0;
}
