/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/template.h"
#include "base/file.h"
#include "base/path.h"
#include "rootfs/assembly.h"
#include <archive.h>
#include <archive_entry.h>
#include <ctype.h>
#include <fcntl.h>

#define TEMPLATE_DIR     "rootfs-templates"
#define TEMPLATE_DEFAULT "base"

void template_release(struct template *t)
{
    for (size_t i = 0; i < t->n; i++) {
        free(t->entries[i].path);
        free(t->entries[i].target);
    }
    free(t->entries);
    *t = (struct template){0};
}

/* Keywords that libarchive takes in silence, and that would change nothing here. */
static const char *unknown_keyword(const char *text, size_t n)
{
    static const char *const words[] = {
        "contents=", "content=", "uname=", "gname=", "resdevice=", "device="};
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        const char *at = memmem(text, n, words[i], strlen(words[i]));
        if (at && at > text && isspace((unsigned char)at[-1]))
            return words[i];
    }
    return NULL;
}

static const char *fill(struct archive_entry *e, struct template_entry *out)
{
    int64_t uid = archive_entry_uid(e), gid = archive_entry_gid(e);
    const char *target = archive_entry_symlink(e);
    if (uid < 0 || gid < 0 || uid >= UINT32_MAX || gid >= UINT32_MAX)
        return "its owner is out of range";
    out->uid = (uint32_t)uid;
    out->gid = (uint32_t)gid;
    out->mode = (uint16_t)(archive_entry_perm(e) & 07777);
    switch (archive_entry_filetype(e)) {
    case AE_IFDIR:
        out->type = ENTRY_DIRECTORY;
        break;
    case AE_IFREG:
        out->type = ENTRY_FILE;
        break;
    case AE_IFLNK:
        out->type = ENTRY_SYMLINK;
        if (!target || target[0] == '\0' || strlen(target) > PATH_BYTES_MAX)
            return "a link needs link=TARGET";
        out->target = xstrdup(target);
        return NULL;
    default:
        return "it is no directory, file or link";
    }
    if (out->mode == 0)
        return "it has no mode";
    return NULL;
}

static void archive_cleanup(struct archive **a)
{
    archive_read_free(*a);
}

static int add_entry(struct archive_entry *e, const char *name, struct template *ret,
                     struct err *err)
{
    CLEANUP(buf_release) struct buf path = BUF_INIT(PATH_BYTES_MAX);
    const char *raw = archive_entry_pathname(e);
    if (!raw)
        return err_set(err, "%s: an entry without a path", name);
    if (strcmp(raw, ".") == 0)
        return 0;
    if (path_from_member(raw, strlen(raw), &path, err) < 0)
        return err_wrap(err, "%s", name);
    if (path.len == 0)
        return 0;
    if (ret->n == TEMPLATE_ENTRIES_MAX)
        return err_set(err, "%s: more than %u entries", name, TEMPLATE_ENTRIES_MAX);
    GROW(ret->entries, ret->n, ret->cap);
    struct template_entry *out = &ret->entries[ret->n++];
    *out = (struct template_entry){.path = buf_detach(&path)};
    const char *why = fill(e, out);
    if (!why)
        return 0;
    return err_set(err, "%s: /%s: %s", name, out->path, why);
}

static int parse(const char *text, size_t n, const char *name, struct template *ret,
                 struct err *err)
{
    const char *word = unknown_keyword(text, n);
    if (word)
        return err_set(err, "%s: %s is not supported here", name, word);
    if (n > TEMPLATE_BYTES_MAX)
        return err_set(err, "%s: more than %u bytes", name, TEMPLATE_BYTES_MAX);
    CLEANUP(archive_cleanup) struct archive *a = archive_read_new();
    if (!a || archive_read_support_format_mtree(a) != ARCHIVE_OK ||
        archive_read_open_memory(a, text, n) != ARCHIVE_OK)
        return err_set(err, "%s: %s", name, archive_error_string(a));
    for (;;) {
        struct archive_entry *e;
        int r = archive_read_next_header(a, &e);
        if (r == ARCHIVE_EOF)
            return 0;
        if (r != ARCHIVE_OK) {
            const char *why = archive_error_string(a);
            return err_set(err, "%s: %s", name, why ? why : "not an mtree text");
        }
        if (add_entry(e, name, ret, err) < 0)
            return err_ret(err);
    }
}

int template_parse(const char *text, size_t n, const char *name, struct template *ret,
                   struct err *err)
{
    *ret = (struct template){0};
    int r = parse(text, n, name, ret, err);
    if (r < 0)
        template_release(ret);
    return r;
}

/* ---- putting one into the tree ---- */

static int read_content(const char *directory, const char *path, struct content *ret,
                        uint64_t *ret_size, struct err *err)
{
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(TEMPLATE_FILE_MAX);
    CLEANUP(close_fd) int fd = open_beneath(directory, path, O_RDONLY | O_NONBLOCK, err);
    if (fd < 0 || file_read_fd(fd, path, TEMPLATE_FILE_MAX, &bytes, err) < 0)
        return err_ret(err);
    *ret_size = bytes.len;
    *ret = (struct content){.from = FROM_MEMORY, .bytes = buf_detach(&bytes), .fd = -1};
    return 0;
}

static int put_entry(struct tree *t, const struct template_entry *e, const char *directory,
                     const char *origin, struct err *err)
{
    struct node_spec spec = {
        .path = e->path,
        .type = e->type,
        .mode = e->mode,
        .uid = e->uid,
        .gid = e->gid,
        .mtime = tree_epoch(t),
        .target = e->target,
        .content.fd = -1,
        .weak = true,
        .origin = origin,
    };
    if (e->type == ENTRY_FILE && read_content(directory, e->path, &spec.content, &spec.size, err))
        return err_wrap(err, "%s", origin);
    if (e->type == ENTRY_FILE)
        spec.sha256 = sha256_of(spec.content.bytes ? spec.content.bytes : "", spec.size);
    return tree_put(t, &spec, err);
}

/* Where the templates are that have this one: *ret, or ERR_NOT_FOUND. */
static int find_template(const struct assembly *a, const char *name, char **ret,
                         struct buf *ret_text, struct err *err)
{
    CLEANUP(free_ptr) char *beside = path_join(a->recipe->directory, "../" TEMPLATE_DIR);
    CLEANUP(free_ptr) char *shipped = a->data_dir ? path_join(a->data_dir, TEMPLATE_DIR) : NULL;
    const char *places[] = {beside, shipped};
    for (size_t i = 0; i < ARRAY_SIZE(places) && places[i]; i++) {
        CLEANUP(free_ptr) char *path = xasprintf("%s/%s.mtree", places[i], name);
        if (file_read(path, TEMPLATE_BYTES_MAX, ret_text, err) == 0) {
            *ret = xasprintf("%s/%s", places[i], name);
            return 0;
        }
        if (err->code != ERR_NOT_FOUND)
            return err_ret(err);
        err_clear(err);
    }
    (void)err_code(err, ERR_NOT_FOUND, "template \"%s\" isn't there", name);
    return err_hint(err, "looked for %s.mtree in %s%s%s", name, beside, shipped ? " and " : "",
                    shipped ? shipped : "");
}

static int put_template(struct assembly *a, struct tree *t, const char *name, struct err *err)
{
    CLEANUP(template_release) struct template template = {0};
    CLEANUP(free_ptr) char *directory = NULL;
    CLEANUP(free_ptr) char *origin = xasprintf("template %s", name);
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    if (name[0] == '\0' || name[0] == '.' || strchr(name, '/'))
        return err_set(err, "template \"%s\": not a name", name);
    if (find_template(a, name, &directory, &text, err) < 0)
        return err_ret(err);
    CLEANUP(free_ptr) char *file = xasprintf("%s.mtree", directory);
    if (template_parse(buf_str(&text), text.len, file, &template, err) < 0)
        return err_ret(err);
    for (size_t i = 0; i < template.n; i++)
        if (put_entry(t, &template.entries[i], directory, origin, err) < 0)
            return err_ret(err);
    return 0;
}

int assemble_template(struct assembly *a, struct tree *t, struct err *err)
{
    const struct recipe_list *templates = &a->recipe->templates;
    if (templates->n == 0)
        return put_template(a, t, TEMPLATE_DEFAULT, err);
    for (size_t i = 0; i < templates->n; i++) {
        const struct recipe_item *item = &templates->v[i];
        if (put_template(a, t, item->text, err) < 0)
            return err_wrap(err, "%s:%u", item->at.file, item->at.line);
    }
    return 0;
}
