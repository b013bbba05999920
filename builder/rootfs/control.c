/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "deb/deb822.h"
#include "rootfs/tarread.h"
#include "rootfs/unpacking.h"

#define CONTROL_FILES_MAX 1000

static char *slice_dup(struct slice s)
{
    return xstrndup(s.p ? s.p : "", s.n);
}

static void read_source(const struct deb822 *stanza, struct package *p)
{
    struct slice name, version;
    deb822_source(stanza, &name, &version);
    p->source = name.n ? slice_dup(name) : xstrdup(p->name);
    p->source_version = version.n ? slice_dup(version) : xstrdup(p->version);
}

/* "libfoo1 (<< 2), libbar1", each relation with its blanks trimmed. */
static void read_replaces(const struct deb822 *stanza, struct package *p)
{
    struct slice list = deb822_get(stanza, "Replaces");
    while (list.n) {
        const char *comma = memchr(list.p, ',', list.n);
        size_t n = comma ? (size_t)(comma - list.p) : list.n;
        struct slice one = slice_trim((struct slice){list.p, n});
        if (one.n)
            strv_addn(&p->replaces, one.p, one.n);
        list.p += n + (comma != NULL);
        list.n -= n + (comma != NULL);
    }
}

static int need_field(const struct deb822 *stanza, const char *name, char **ret, struct err *err)
{
    struct slice value;
    int r = deb822_need(stanza, name, &value, err);
    if (r == 0)
        *ret = slice_dup(value);
    return r;
}

static int read_stanza(const struct deb822 *stanza, struct package *p, struct err *err)
{
    int r = need_field(stanza, "Package", &p->name, err);
    if (r == 0)
        r = need_field(stanza, "Version", &p->version, err);
    if (r == 0)
        r = need_field(stanza, "Architecture", &p->arch, err);
    if (r < 0)
        return r;
    if (deb822_get(stanza, "Status").p || deb822_get(stanza, "Conffiles").p)
        return err_set(err, "the control file has a field of dpkg's own records");
    p->multiarch_same = slice_eq(deb822_get(stanza, "Multi-Arch"), "same");
    p->control = xasprintf("%.*s\n", (int)stanza->stanza.n, stanza->stanza.p);
    size_t n = strlen(p->control);
    while (n > 1 && p->control[n - 2] == '\n')
        p->control[--n] = '\0';
    read_source(stanza, p);
    read_replaces(stanza, p);
    return 0;
}

static int parse_control(struct unpacking *u, const struct buf *text, struct err *err)
{
    CLEANUP(deb822_release) struct deb822 stanza;
    deb822_init(&stanza, buf_str(text), text->len, "control");
    int r = deb822_next(&stanza, err);
    if (r < 0)
        return r;
    if (r == 0)
        return err_set(err, "the control file is empty");
    r = read_stanza(&stanza, u->package, err);
    if (r < 0)
        return r;
    r = deb822_next(&stanza, err);
    return r > 0 ? err_set(err, "the control file has several stanzas") : r;
}

bool package_is(const struct package *p, const struct lock_package *want)
{
    return strcmp(p->name, want->name) == 0 && strcmp(p->version, want->version) == 0 &&
           strcmp(p->arch, want->arch) == 0 && p->deb_size == want->size &&
           sha256_eq(&p->deb, &want->sha256);
}

static int check_lock(const struct package *p, const struct lock_package *want, struct err *err)
{
    if (package_is(p, want))
        return 0;
    return err_set(err, "the deb says that it is %s %s for %s", p->name, p->version, p->arch);
}

/* One flat name; "./" alone is the root. */
static int control_name(const struct tar_item *item, struct buf *ret, struct err *err)
{
    int r = path_from_member(item->name, strlen(item->name), ret, err);
    if (r < 0)
        return r;
    if (ret->len == 0)
        return item->type == ENTRY_DIRECTORY ? 0 : err_set(err, "the root is no directory");
    if (strchr(ret->data, '/') || item->type != ENTRY_FILE) {
        return err_set(err, "\"%s\" is no plain file beside the control file", ret->data);
    }
    return 0;
}

static int read_text(struct unpacking *u, struct tar_reader *reader, struct buf *ret,
                     struct err *err)
{
    const void *p;
    ssize_t n;
    while ((n = tar_reader_data(reader, &p, err)) > 0) {
        buf_add(ret, p, (size_t)n);
        if (session_check(u->ctx->session, err) < 0)
            return err_ret(err);
    }
    return (int)n;
}

static int add_file(struct unpacking *u, const char *name, struct buf *text, struct err *err)
{
    struct package *p = u->package;
    for (size_t i = 0; i < p->n_scripts; i++) {
        if (strcmp(p->scripts[i].name, name) == 0) {
            return err_set(err, "\"%s\" stands twice", name);
        }
    }
    if (p->n_scripts == CONTROL_FILES_MAX)
        return err_set(err, "it holds more than %d files", CONTROL_FILES_MAX);
    size_t size = text->len;
    buf_add(text, "", 0);
    p->scripts = xrealloc(p->scripts, p->n_scripts + 1, sizeof(*p->scripts));
    p->scripts[p->n_scripts++] = (struct control_file){
        .name = xstrdup(name), .text = xmemdup(buf_str(text), size + 1), .size = size};
    return 0;
}

static int take_file(struct unpacking *u, struct tar_reader *reader, const char *name,
                     struct err *err)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(UNPACK_CONTROL_MAX);
    int r = read_text(u, reader, &text, err);
    if (r < 0)
        return r;
    if (text.overflow)
        return err_set(err, "a file is larger than %u bytes", UNPACK_CONTROL_MAX);
    if (strcmp(name, "control") == 0)
        return u->package->control ? err_set(err, "the control file stands twice")
                                   : parse_control(u, &text, err);
    if (strcmp(name, "md5sums") == 0) {
        if (u->md5sums)
            return err_set(err, "\"md5sums\" stands twice");
        u->md5sums = xstrdup(buf_str(&text));
        return 0;
    }
    return add_file(u, name, &text, err);
}

static void reader_cleanup(struct tar_reader **r)
{
    tar_reader_free(*r);
}

int control_read(struct unpacking *u, struct err *err)
{
    CLEANUP(reader_cleanup) struct tar_reader *reader = NULL;
    struct deb deb = u->deb;
    deb.name = "control.tar"; /* the errors of what is inside */
    struct source *tar = deb_tar(&deb, &deb.control, UNPACK_CONTROL_MAX, 1);
    int r = tar_reader_open(tar, deb.name, CONTROL_FILES_MAX, &reader, err);
    if (r < 0)
        return r;
    struct tar_item item;
    while ((r = tar_reader_next(reader, &item, err)) > 0) {
        CLEANUP(buf_release) struct buf name = BUF_INIT(PATH_BYTES_MAX);
        r = control_name(&item, &name, err);
        if (r == 0 && name.len)
            r = take_file(u, reader, name.data, err);
        if (r < 0)
            return err_wrap(err, "control.tar");
    }
    if (r < 0)
        return r;
    if (!u->package->control)
        return err_set(err, "control.tar: has no control file");
    return check_lock(u->package, u->request->package, err);
}
