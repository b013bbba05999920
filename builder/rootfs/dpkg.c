/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/dpkg.h"

#include "oci/tar.h"

#define STATUS_LINE "Status: install ok installed\n"

/* Where the first field ends: behind its line and the continuation lines below it. */
static size_t first_field(const char *control)
{
    const char *p = control;
    do {
        const char *newline = strchr(p, '\n');
        if (!newline)
            return strlen(control);
        p = newline + 1;
    } while (*p == ' ' || *p == '\t');
    return (size_t)(p - control);
}

void dpkg_stanza(const struct package *p, struct buf *ret)
{
    size_t n = first_field(p->control);
    buf_add(ret, p->control, n);
    buf_addstr(ret, STATUS_LINE);
    buf_addstr(ret, p->control + n);
    buf_addch(ret, '\n');
}

/* "var/lib/dpkg/info/libc6:amd64" (with ":ARCH" for Multi-Arch: same), to which ".list" and
 * ".md5sums" are added. The caller frees. */
static char *dpkg_info_name(const struct package *p)
{
    if (p->multiarch_same)
        return xasprintf("%s/%s:%s", DPKG_INFO, p->name, p->arch);
    return xasprintf("%s/%s", DPKG_INFO, p->name);
}

void dpkg_list(const struct package *p, struct buf *ret)
{
    buf_addstr(ret, "/.\n");
    for (size_t i = 0; i < p->n_entries; i++) {
        const struct entry *e = &p->entries[i];
        if (e->dropped)
            continue;
        buf_addch(ret, '/');
        buf_addstr(ret, e->path);
        buf_addch(ret, '\n');
    }
}

static void record_tar(const char *path, const struct buf *text, int64_t time, struct buf *ret)
{
    struct tar_entry e = {
        .path = path, .type = TAR_FILE, .mode = 0644, .mtime = time, .size = text->len};
    tar_header(ret, &e);
    buf_add(ret, text->data, text->len);
    tar_padding(ret, text->len);
}

/* One file of info/, to be sorted by name. */
struct info_file {
    char *path;
    const struct package *package;
    bool md5sums;
};

static int compare_info(const void *a, const void *b)
{
    const struct info_file *x = a, *y = b;
    return strcmp(x->path, y->path);
}

static void info_tar(const struct info_file *f, int64_t time, struct buf *ret)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    if (f->md5sums)
        buf_addstr(&text, f->package->md5sums);
    else
        dpkg_list(f->package, &text);
    record_tar(f->path, &text, time, ret);
}

void dpkg_records_tar(struct package *const *packages, size_t n, int64_t time, struct buf *ret)
{
    CLEANUP(buf_release) struct buf status = BUF_INIT(0);
    struct info_file *files = xcalloc(2 * n, sizeof(*files));
    for (size_t i = 0; i < n; i++) {
        dpkg_stanza(packages[i], &status);
        char *name = dpkg_info_name(packages[i]);
        files[2 * i] = (struct info_file){xasprintf("%s.list", name), packages[i], false};
        files[2 * i + 1] = (struct info_file){xasprintf("%s.md5sums", name), packages[i], true};
        free(name);
    }
    qsort(files, 2 * n, sizeof(*files), compare_info);

    record_tar(DPKG_STATUS, &status, time, ret);
    for (size_t i = 0; i < 2 * n; i++) {
        info_tar(&files[i], time, ret);
        free(files[i].path);
    }
    free(files);
}

void dpkg_records_directories(struct strv *ret)
{
    strv_add(ret, "var");
    strv_add(ret, "var/lib");
    strv_add(ret, "var/lib/dpkg");
    strv_add(ret, DPKG_INFO);
}
