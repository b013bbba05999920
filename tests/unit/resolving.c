/* SPDX-License-Identifier: Apache-2.0 */
#include "resolving.h"

const char main_packages[] = "Package: app\nVersion: 1\nDepends: lib, debconf\n" FILE "app.deb" SHA
                             "\n"
                             "Package: lib\nVersion: 1\n" FILE "lib1.deb" SHA "\n"
                             "Package: tool\nVersion: 1\n" FILE "tool.deb" SHA "\n"
                             "Package: debconf\nVersion: 1\n" FILE "debconf.deb" SHA;

const char security_packages[] = "Package: lib\nVersion: 1+deb13u1\n" FILE "lib1u1.deb" SHA;

const char new_security_packages[] = "Package: lib\nVersion: 1+deb13u2\n" FILE "lib1u2.deb" SHA "\n"
                                     "Package: lib\nVersion: 1+deb13u1\n" FILE "lib1u1.deb" SHA;

void load(struct fixture *f, const char *text)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(free_ptr) char *path = xasprintf("%s/app.conf", f->archive.scratch);
    struct recipe_options options = {0};

    recipe_free(f->recipe);
    scratch_write(f->archive.scratch, "app.conf", text, strlen(text));
    assert_ok(recipe_load(path, &options, &f->recipe, &err), &err);
}

int setup(struct fixture *f, const char *key)
{
    CLEANUP(err_release) struct err err = ERR_INIT;

    *f = (struct fixture){0};
    if (!key)
        return -1;
    miniarchive_new(&f->archive, key);
    CLEANUP(free_ptr) char *cache = path_join(f->archive.scratch, "cache");
    f->session.log = log_new(stderr, LOG_ERROR);
    f->session.pool = pool_new(1);
    assert_ok(http_new(&f->session, 0, &f->http, &err), &err);
    assert_ok(cache_open(cache, &f->cache, &err), &err);
    miniarchive_suite(&f->archive, "debian", "trixie", main_packages, "xz", NOW - 30 * DAY);
    miniarchive_suite(&f->archive, "debian-security", "trixie-security", security_packages, "gz",
                      NOW - DAY);
    load(f, RECIPE);
    strv_add(&f->arches, "amd64");
    strv_take(&f->mirrors, miniarchive_url(&f->archive, "debian"));
    f->lock_path = path_join(f->archive.scratch, "app.lock");
    f->options = (struct resolve_options){
        .archive = {.mirrors = {.command_line = &f->mirrors, .apt_root = f->archive.scratch},
                    .now = NOW},
        .compressor_version = "1.5.4",
    };
    return 0;
}

void teardown(struct fixture *f)
{
    http_free(f->http);
    cache_free(f->cache);
    recipe_free(f->recipe);
    pool_end(f->session.pool);
    log_free(f->session.log);
    strv_release(&f->arches);
    strv_release(&f->mirrors);
    free(f->lock_path);
    miniarchive_release(&f->archive);
}

void run(struct fixture *f, struct resolved *ret)
{
    CLEANUP(err_release) struct err err = ERR_INIT;

    assert_ok(resolve(CTX(&f->session, f->http, f->cache), f->recipe, &f->arches, f->lock_path,
                      &f->options, ret, &err),
              &err);
}

char *lock_text(struct fixture *f, bool fresh)
{
    CLEANUP(resolved_release) struct resolved r;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);

    run(f, &r);
    assert_int_equal(r.fresh, fresh);
    assert_ok(lock_write(r.lock, f->lock_path, &err), &err);
    lock_format(r.lock, &text);
    return buf_detach(&text);
}

void check_fails(struct fixture *f, const char *says, const char *hint)
{
    CLEANUP(resolved_release) struct resolved r;
    CLEANUP(err_release) struct err err = ERR_INIT;

    assert_true(resolve(CTX(&f->session, f->http, f->cache), f->recipe, &f->arches, f->lock_path,
                        &f->options, &r, &err) < 0);
    assert_null(r.lock);
    if (!strstr(err.message, says) || !strstr(err.hint ? err.hint : "", hint))
        fail_msg("\"%s\" with \"%s\" doesn't say \"%s\" and \"%s\"", err.message, err.hint, says,
                 hint);
}

void check_version(const struct lock *l, const char *arch, const char *name, const char *version)
{
    const struct lock_arch *a = lock_find_arch(l, arch);
    const struct lock_package *p = a ? lock_find(a, name) : NULL;

    if (!p)
        fail_msg("%s isn't locked for %s", name, arch);
    assert_string_equal(p->version, version);
}

int make_key(void **state)
{
    *state = miniarchive_key_new();
    return 0;
}

int drop_key(void **state)
{
    miniarchive_key_free(*state);
    return 0;
}
