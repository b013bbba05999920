/* SPDX-License-Identifier: Apache-2.0 */
#include "unpacker.h"
#include "rootfs/content.h"

#include "base/path.h"
#include "scratch.h"
#include "unit.h"
#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>

void package_cleanup(struct package **p)
{
    package_free(*p);
    *p = NULL;
}

static bool next_line(struct slice *rest, struct slice *ret)
{
    if (rest->n == 0)
        return false;
    const char *newline = memchr(rest->p, '\n', rest->n);
    size_t n = newline ? (size_t)(newline - rest->p) : rest->n;
    *ret = (struct slice){rest->p, n};
    n += newline != NULL;
    *rest = (struct slice){rest->p + n, rest->n - n};
    return true;
}

static struct edit decide(const void *context, const char *package, const struct entry *e)
{
    (void)package;
    struct slice rest = slice_of(context), line;
    while (next_line(&rest, &line)) {
        CLEANUP(free_ptr) char *text = xstrndup(line.p, line.n);
        const char *pattern = strrchr(text, ' ') + 1;
        if (!glob_match(pattern, e->path))
            continue;
        if (strncmp(text, "drop", 4) == 0)
            return (struct edit){.action = EDIT_DROP, .rule = "exclude"};
        if (strncmp(text, "refuse", 6) == 0)
            return (struct edit){
                .action = EDIT_REFUSE, .rule = "SW-SHELL", .reason = "is a shell by name"};
        return (struct edit){
            .action = EDIT_MODE, .mode = (uint16_t)strtoul(text + 5, NULL, 8), .rule = "FS-SUID"};
    }
    return (struct edit){.action = EDIT_KEEP};
}

void unpacker_policy(struct unpacker *u, const char *text)
{
    u->policy = (struct edit_policy){decide, text, sha256_of(text, strlen(text))};
}

void unpacker_start(struct unpacker *u)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    *u = (struct unpacker){.compressor = {CODEC_ZSTD, 1}};
    u->scratch = scratch_new();
    CLEANUP(free_ptr) char *dir = path_join(u->scratch, "cache");
    assert_ok(cache_open(dir, &u->cache, &err), &err);
    u->session = (struct session){log_new(stderr, LOG_ERROR), pool_new(1), &u->stop};
    unpacker_policy(u, "");
}

void unpacker_end(struct unpacker *u)
{
    cache_free(u->cache);
    pool_end(u->session.pool);
    log_free(u->session.log);
    scratch_remove(u->scratch);
}

int unpacker_get(struct unpacker *u, const struct buf *deb, const char *name, struct package **ret,
                 struct err *err)
{
    char all[] = "all", version[] = "1.0";
    CLEANUP(free_ptr) char *own = xstrdup(name);
    struct lock_package want = {.name = own, .version = version, .arch = all, .size = deb->len};
    assert_ok(cache_blob_put(u->cache, deb->data, deb->len, &want.sha256, err), err);
    struct unpack_request request = {&want, u->policy, u->compressor, content_tables_digest()};
    return package_get(CTX(&u->session, NULL, u->cache), &request, ret, &u->made, err);
}

static struct archive *open_layer(struct unpacker *u, const struct layer *l)
{
    CLEANUP(free_ptr) char *path = cache_blob_path(u->cache, &l->digest);
    struct archive *a = archive_read_new();
    archive_read_support_filter_zstd(a);
    archive_read_support_filter_gzip(a);
    archive_read_support_format_tar(a);
    assert_int_equal(archive_read_open_filename(a, path, 10240), ARCHIVE_OK);
    return a;
}

static void read_content(struct archive *a, struct buf *ret)
{
    char chunk[512];
    la_ssize_t n;
    while ((n = archive_read_data(a, chunk, sizeof(chunk))) > 0)
        buf_add(ret, chunk, (size_t)n);
    assert_int_equal(n, 0);
}

static void describe(struct archive *a, struct archive_entry *e, struct buf *ret)
{
    const char *path = archive_entry_pathname(e);
    char type = archive_entry_hardlink(e)               ? 'h'
                : archive_entry_filetype(e) == AE_IFREG ? 'f'
                : archive_entry_filetype(e) == AE_IFDIR ? 'd'
                : archive_entry_filetype(e) == AE_IFLNK ? 'l'
                                                        : '?';
    buf_addf(ret, "%c %04o %d:%d %s", type, (unsigned)archive_entry_perm(e),
             (int)archive_entry_uid(e), (int)archive_entry_gid(e), path);
    if (type == 'l')
        buf_addf(ret, " -> %s", archive_entry_symlink(e));
    if (type == 'h')
        buf_addf(ret, " = %s", archive_entry_hardlink(e));
    if (type == 'f' && !path_below(path, "var/lib/dpkg")) {
        buf_addch(ret, ' ');
        read_content(a, ret);
    }
    buf_addch(ret, '\n');
}

void unpacker_layer(struct unpacker *u, const struct layer *l, struct buf *ret)
{
    struct archive *a = open_layer(u, l);
    struct archive_entry *e;
    int r;
    buf_reset(ret);
    while ((r = archive_read_next_header(a, &e)) == ARCHIVE_OK || r == ARCHIVE_WARN)
        describe(a, e, ret);
    assert_int_equal(r, ARCHIVE_EOF);
    archive_read_free(a);
}

void unpacker_file(struct unpacker *u, const struct layer *l, const char *path, struct buf *ret)
{
    struct archive *a = open_layer(u, l);
    struct archive_entry *e;
    bool found = false;
    buf_reset(ret);
    while (!found && archive_read_next_header(a, &e) == ARCHIVE_OK) {
        found = strcmp(archive_entry_pathname(e), path) == 0;
        if (found)
            read_content(a, ret);
    }
    archive_read_free(a);
    if (!found)
        fail_msg("%s isn't in the layer", path);
}

size_t count_files(const char *dir)
{
    DIR *d = opendir(dir);
    const struct dirent *e;
    size_t n = 0;
    while (d && (e = readdir(d))) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        CLEANUP(free_ptr) char *path = path_join(dir, e->d_name);
        n += e->d_type == DT_DIR ? count_files(path) : 1;
    }
    if (d)
        closedir(d);
    return n;
}

void expect_nothing_made(const struct unpacker *u)
{
    CLEANUP(free_ptr) char *cache = path_join(u->scratch, "cache");
    CLEANUP(free_ptr) char *blobs = path_join(cache, "blobs");
    CLEANUP(free_ptr) char *facts = path_join(cache, "facts");
    CLEANUP(free_ptr) char *partial = path_join(cache, "partial");
    assert_int_equal(count_files(blobs), 1);
    assert_int_equal(count_files(facts), 0);
    assert_int_equal(count_files(partial), 0);
}

void expect_refused(const char *what, const struct buf *deb, const char *says)
{
    CLEANUP(unpacker_end) struct unpacker u;
    CLEANUP(err_release) struct err err = ERR_INIT;
    struct package *p = NULL;
    unpacker_start(&u);
    unpacker_policy(&u, "drop dropped\n");
    if (unpacker_get(&u, deb, "x", &p, &err) >= 0)
        fail_msg("%s: should have been refused", what);
    if (!strstr(err.message, says) || !strstr(err.message, "x_1.0_all.deb: "))
        fail_msg("%s: \"%s\" doesn't say \"%s\" and where", what, err.message, says);
    assert_null(p);
    expect_nothing_made(&u);
}

void parts_release(struct parts *p)
{
    buf_release(&p->control);
    buf_release(&p->data);
    buf_release(&p->deb);
}

void parts_finish(struct parts *p, const char *name, const char *fields)
{
    maker_control(&p->control, name, fields, NULL);
    maker_deb(&p->deb, &p->control, &p->data);
}

void expect_layer(struct unpacker *u, const struct package *p, const char *text)
{
    CLEANUP(buf_release) struct buf got = BUF_INIT(0);
    unpacker_layer(u, &p->layer, &got);
    assert_string_equal(buf_str(&got), text);
}

void expect_file(struct unpacker *u, const struct package *p, const char *path, const char *text)
{
    CLEANUP(buf_release) struct buf got = BUF_INIT(0);
    unpacker_file(u, &p->layer, path, &got);
    assert_string_equal(buf_str(&got), text);
}

void parts_simple(struct parts *d)
{
    maker_directory(&d->data, "./");
    maker_directory(&d->data, "./usr/");
    maker_directory(&d->data, "./usr/share/");
    maker_file(&d->data, "./usr/share/z", 0644, "last by name");
    maker_file(&d->data, "./usr/share/a", 0755, "#!/usr/bin/perl -w\n");
    maker_symlink(&d->data, "./usr/share/l", "../x y");
    maker_hardlink(&d->data, "./usr/share/h", "./usr/share/z");
}

void expect_package(struct unpacker *u, const struct parts *d, const char *policy,
                    struct package **ret)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    package_free(*ret);
    *ret = NULL;
    unpacker_policy(u, policy);
    assert_ok(unpacker_get(u, &d->deb, "x", ret, &err), &err);
}
