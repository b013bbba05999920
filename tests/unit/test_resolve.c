/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/file.h"
#include "lock/resolve.h"
#include "miniarchive.h"
#include "scratch.h"

#define NOW  INT64_C(1795300000)
#define DAY  INT64_C(86400)
#define SHA  "\nSHA256: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nSize: 1\n"
#define FILE "Architecture: all\nFilename: pool/"

static const char main_packages[] = "Package: app\nVersion: 1\nDepends: lib, debconf\n" FILE
                                    "app.deb" SHA "\n"
                                    "Package: lib\nVersion: 1\n" FILE "lib1.deb" SHA "\n"
                                    "Package: tool\nVersion: 1\n" FILE "tool.deb" SHA "\n"
                                    "Package: debconf\nVersion: 1\n" FILE "debconf.deb" SHA;
static const char security_packages[] = "Package: lib\nVersion: 1+deb13u1\n" FILE "lib1u1.deb" SHA;
static const char new_security_packages[] = "Package: lib\nVersion: 1+deb13u2\n" FILE
                                            "lib1u2.deb" SHA "\n"
                                            "Package: lib\nVersion: 1+deb13u1\n" FILE
                                            "lib1u1.deb" SHA;

struct fixture {
    struct miniarchive archive;
    struct session session;
    struct http *http;
    struct cache *cache;
    struct recipe *recipe;
    struct strv arches, mirrors;
    char *lock_path;
    struct resolve_options options;
};

static void load(struct fixture *f, const char *text)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(free_ptr) char *path = xasprintf("%s/app.conf", f->archive.scratch);
    struct recipe_options options = {0};

    recipe_free(f->recipe);
    scratch_write(f->archive.scratch, "app.conf", text, strlen(text));
    assert_ok(recipe_load(path, &options, &f->recipe, &err), &err);
}

#define SOURCES                                     \
    "source \"debian\" { keyring = \"key.gpg\" }\n" \
    "source \"debian-security\" { keyring = \"key.gpg\" }\n"
#define RECIPE SOURCES "packages = {\"app\"}\nomit = {\"debconf\"}\n"

static int setup(struct fixture *f, const char *key)
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

static void teardown(struct fixture *f)
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

#define SETUP(f)                        \
    CLEANUP(teardown) struct fixture f; \
    if (setup(&f, *state) < 0)          \
    skip()

static void run(struct fixture *f, struct resolved *ret)
{
    CLEANUP(err_release) struct err err = ERR_INIT;

    assert_ok(resolve(CTX(&f->session, f->http, f->cache), f->recipe, &f->arches, f->lock_path,
                      &f->options, ret, &err),
              &err);
}

/* Resolves and writes the lock; what it holds, as text. */
static char *lock_text(struct fixture *f, bool fresh)
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

static void check_fails(struct fixture *f, const char *says, const char *hint)
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

static void check_version(const struct lock *l, const char *arch, const char *name,
                          const char *version)
{
    const struct lock_arch *a = lock_find_arch(l, arch);
    const struct lock_package *p = a ? lock_find(a, name) : NULL;

    if (!p)
        fail_msg("%s isn't locked for %s", name, arch);
    assert_string_equal(p->version, version);
}

static void test_first_lock(void **state)
{
    SETUP(f);
    CLEANUP(resolved_release) struct resolved r;

    run(&f, &r);
    assert_true(r.fresh);
    assert_null(r.old);
    check_version(r.lock, "amd64", "app", "1");
    check_version(r.lock, "amd64", "lib", "1+deb13u1");
    assert_int_equal(r.lock->arches[0].n_packages, 2);
    assert_string_equal(r.lock->arches[0].omitted.v[0], "debconf");
    const struct lock_package *lib = lock_find(&r.lock->arches[0], "lib");
    assert_string_equal(lib->origin, "debian-security");
    assert_string_equal(lib->path, "pool/lib1u1.deb");
    assert_int_equal(r.lock->n_sources, 2); /* trixie-updates isn't there, which is fine */
    assert_string_equal(r.lock->sources[0].suite, "trixie");
    assert_int_equal(r.lock->sources[0].date, NOW - 30 * DAY);
    assert_string_equal(r.lock->sources[1].suite, "trixie-security");
    assert_false(sha256_is_zero(&r.lock->sources[1].inrelease));
    assert_string_equal(r.lock->compressor, "zstd");
    assert_string_equal(r.lock->compressor_version, "1.5.4");
}

static void test_with_a_lock_no_index_is_read(void **state)
{
    SETUP(f);
    CLEANUP(free_ptr) char *first = lock_text(&f, true);

    assert_int_equal(scratch_run(f.archive.scratch, NULL, "rm -r debian debian-security"), 0);
    CLEANUP(free_ptr) char *second = lock_text(&f, false);
    assert_string_equal(first, second);
    f.options.locked = true;
    CLEANUP(free_ptr) char *third = lock_text(&f, false);
    assert_string_equal(first, third);
}

static struct universe *universe_of(struct fixture *f, struct archives *a)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    struct archive_view view;
    struct universe *u = NULL;

    assert_ok(archives_get(a, CTX(&f->session, f->http, f->cache), f->recipe, &f->arches,
                           &f->options.archive, &view, &err),
              &err);
    assert_int_equal(view.n_arches, 1);
    assert_ok(archives_load(&view, CTX(&f->session, f->http, f->cache), &err), &err);
    assert_ok(archives_universe(&view, 0, &u, &err), &err);
    return u;
}

static void test_recipes_of_a_run_share_the_archive(void **state)
{
    SETUP(f);
    CLEANUP(free_ptr) char *alone = lock_text(&f, true);
    CLEANUP(archives_cleanup) struct archives *a = archives_new();
    const struct universe *first = universe_of(&f, a);

    f.options.archives = a;
    f.options.update = true;
    CLEANUP(free_ptr) char *shared = lock_text(&f, true);
    assert_string_equal(alone, shared);
    /* The second recipe finds all in memory, and is not misled by what the first one's omitted. */
    assert_int_equal(scratch_run(f.archive.scratch, NULL, "rm -r debian debian-security"), 0);
    load(&f, "packages = {\"app\"}\nomit = {\"lib\"}\n" SOURCES);
    assert_ptr_equal(universe_of(&f, a), first);
    CLEANUP(resolved_release) struct resolved r;
    run(&f, &r);
    assert_null(lock_find(&r.lock->arches[0], "lib"));
    load(&f, RECIPE);
    CLEANUP(free_ptr) char *again = lock_text(&f, true);
    assert_string_equal(alone, again);
    /* Another keyring is another archive, and that one isn't there any more. */
    load(&f, RECIPE);
    free(f.recipe->sources[0].keyring);
    f.recipe->sources[0].keyring = xstrdup("/nowhere.gpg");
    check_fails(&f, "trixie", "");
}

static void test_update_moves_only_what_moved(void **state)
{
    SETUP(f);
    CLEANUP(free_ptr) char *first = lock_text(&f, true);
    CLEANUP(resolved_release) struct resolved r;
    struct lock_change *c = NULL;

    f.options.update = true;
    CLEANUP(free_ptr) char *again = lock_text(&f, true);
    assert_string_equal(first, again);
    miniarchive_suite(&f.archive, "debian-security", "trixie-security", new_security_packages, "gz",
                      NOW - 10);
    run(&f, &r);
    check_version(r.lock, "amd64", "lib", "1+deb13u2");
    assert_int_equal(lock_diff(r.old, r.lock, &c), 1);
    assert_int_equal(c[0].kind, LOCK_UPGRADED);
    free(c);
}

/* Signed again with the same packages: only the lines of the sources differ. */
static void test_resigned_archive(void **state)
{
    SETUP(f);
    CLEANUP(free_ptr) char *first = lock_text(&f, true);

    miniarchive_suite(&f.archive, "debian-security", "trixie-security", security_packages, "xz",
                      NOW - 10);
    f.options.update = true;
    CLEANUP(free_ptr) char *second = lock_text(&f, true);
    assert_string_not_equal(first, second);
    assert_string_equal(strstr(first, " \"compressor\""), strstr(second, " \"compressor\""));
}

/* What was solved for the same indexes isn't solved again: they aren't even there any more. */
static void test_solution_is_remembered(void **state)
{
    SETUP(f);
    CLEANUP(free_ptr) char *first = NULL;

    f.options.update = true;
    first = lock_text(&f, true);
    miniarchive_suite(&f.archive, "debian-security", "trixie-security", security_packages, "gz",
                      NOW - 10);
    assert_int_equal(scratch_run(f.archive.scratch, NULL,
                                 "rm -r cache/blobs; find . -name SHA256 | xargs rm -r"),
                     0);
    CLEANUP(free_ptr) char *second = lock_text(&f, true);
    assert_string_not_equal(first, second);
    assert_string_equal(strstr(first, " \"compressor\""), strstr(second, " \"compressor\""));
    load(&f, RECIPE "layers = 2\n");
    check_fails(&f, "SHA256", "");
}

/* A lock in memory in place of the file: its accounts go on, its dates are the rollback's. */
static void test_base(void **state)
{
    SETUP(f);
    CLEANUP(resolved_release) struct resolved first, second;
    struct lock_account account = {"_x", 123, 124};

    run(&f, &first);
    free(first.lock->accounts);
    first.lock->accounts = &account;
    first.lock->n_accounts = 1;
    f.options.update = true;
    f.options.base = first.lock;
    run(&f, &second);
    assert_int_equal(second.lock->n_accounts, 1);
    assert_string_equal(second.lock->accounts[0].name, "_x");
    assert_int_equal(second.old->n_accounts, 1);
    first.lock->sources[0].date = NOW;
    check_fails(&f, "its Date is older", "");
    first.lock->accounts = NULL;
    first.lock->n_accounts = 0;
}

static void test_stale_lock_stays_with_versions(void **state)
{
    SETUP(f);
    CLEANUP(free_ptr) char *first = lock_text(&f, true);
    CLEANUP(resolved_release) struct resolved r;

    miniarchive_suite(&f.archive, "debian-security", "trixie-security", new_security_packages, "gz",
                      NOW - 10);
    load(&f, RECIPE "packages += {\"tool\"}\n");
    run(&f, &r);
    assert_true(r.fresh);
    check_version(r.lock, "amd64", "lib", "1+deb13u1");
    check_version(r.lock, "amd64", "tool", "1");
    load(&f, RECIPE "title = \"a label isn't what the solver reads\"\n");
    CLEANUP(free_ptr) char *second = lock_text(&f, false);
    assert_string_equal(first, second);
}

static void test_architectures(void **state)
{
    SETUP(f);
    free(lock_text(&f, true));
    CLEANUP(resolved_release) struct resolved r;

    strv_release(&f.arches);
    strv_add(&f.arches, "arm64");
    run(&f, &r); /* the lock's amd64 stays */
    assert_true(r.fresh);
    assert_int_equal(r.lock->n_arches, 2);
    check_version(r.lock, "amd64", "app", "1");
    check_version(r.lock, "arm64", "app", "1");
    f.options.locked = true;
    check_fails(&f, "--locked: ", "mkimage lock");
    f.options.locked = false;
    strv_add(&f.arches, "riscv64");
    check_fails(&f, "suite trixie has no packages of component main for riscv64",
                "it has: amd64 arm64");
}

static void test_locked_refuses(void **state)
{
    SETUP(f);
    f.options.locked = true;
    check_fails(&f, "--locked: there is no ", "run mkimage lock ");
    f.options.locked = false;
    CLEANUP(free_ptr) char *first = lock_text(&f, true);
    f.options.locked = true;
    load(&f, RECIPE "packages += {\"tool\"}\n");
    check_fails(&f, "app.lock is stale", "app.conf:5 wants tool, which isn't locked for amd64");
    load(&f, RECIPE "level = 19\n");
    check_fails(&f, "is for zstd of level 3, the recipe says zstd of level 19", "--update");
    load(&f, RECIPE);
    f.options.compressor_version = "1.5.7";
    check_fails(&f, "is for zstd 1.5.4, this program builds with 1.5.7", "--update");
    f.options.locked = false;
    CLEANUP(free_ptr) char *kept = lock_text(&f, false);
    assert_string_equal(first, kept);
    f.options.update = true;
    CLEANUP(free_ptr) char *adopted = lock_text(&f, true);
    assert_non_null(strstr(adopted, "\"version\":\"1.5.7\""));
}

static void test_compressor_follows_the_recipe(void **state)
{
    SETUP(f);
    free(lock_text(&f, true));

    load(&f, RECIPE "compression = \"gzip\"\n");
    f.options.compressor_version = "1.14";
    CLEANUP(free_ptr) char *text = lock_text(&f, false);
    assert_non_null(strstr(text, "{\"name\":\"gzip\",\"version\":\"1.14\",\"level\":6}"));
}

static void test_accounts_are_kept(void **state)
{
    SETUP(f);
    CLEANUP(resolved_release) struct resolved r, again;
    CLEANUP(err_release) struct err err = ERR_INIT;

    run(&f, &r);
    free(r.lock->accounts);
    r.lock->accounts = xcalloc(1, sizeof(*r.lock->accounts));
    r.lock->n_accounts = 1;
    r.lock->accounts[0] = (struct lock_account){xstrdup("_app"), 999, 998};
    assert_ok(lock_write(r.lock, f.lock_path, &err), &err);
    f.options.update = true;
    run(&f, &again);
    assert_int_equal(again.lock->n_accounts, 1);
    assert_string_equal(again.lock->accounts[0].name, "_app");
    assert_int_equal(again.lock->accounts[0].gid, 998);
}

static void test_rollback(void **state)
{
    SETUP(f);
    free(lock_text(&f, true));

    f.options.update = true;
    miniarchive_suite(&f.archive, "debian-security", "trixie-security", security_packages, "gz",
                      NOW - 2 * DAY);
    check_fails(&f, "the archive was rolled back", "another mirror"); /* the cache remembers */
    assert_int_equal(scratch_run(f.archive.scratch, NULL, "rm -rf cache/facts"), 0);
    check_fails(&f, "its Date is older than the one in", "another one"); /* so does the lock */
}

static void test_archive_refused(void **state)
{
    SETUP(f);

    f.options.archive.now = NOW - 60 * DAY;
    check_fails(&f, "is in the future", "clock");
    f.options.archive.now = NOW;
    load(&f,
         "source \"debian\" { keyring = \"key.gpg\" max_age_days = 7 }\npackages = {\"app\"}\n");
    check_fails(&f, "more than 7 days ago", "max_age_days");
    load(&f, RECIPE);
    assert_int_equal(scratch_run(f.archive.scratch, NULL,
                                 "for x in debian/dists/trixie/main/binary-amd64/by-hash/*/*; do "
                                 "printf x | dd of=$x bs=1 seek=40 conv=notrunc 2>/dev/null; done"),
                     0);
    check_fails(&f, "debian/trixie/main/binary-amd64/Packages.xz", "");
    assert_int_equal(scratch_run(f.archive.scratch, NULL, "rm -r debian-security"), 0);
    check_fails(&f, "suite trixie-security", "--mirror debian-security=https://MIRROR/debian-");
}

static void test_debians_own_keyring(void **state)
{
    SETUP(f);
    load(&f, "packages = {\"app\"}\nomit = {\"debconf\"}\n");
    check_fails(&f, "source \"debian\": Debian's keyring isn't on this machine",
                "    /usr/share/keyrings/debian-archive-keyring.gpg\n");
    assert_int_equal(scratch_run(f.archive.scratch, NULL,
                                 "mkdir -p usr/share/keyrings && "
                                 "cp key.gpg usr/share/keyrings/debian-archive-keyring.gpg"),
                     0);
    free(lock_text(&f, true));
}

static void test_lowered_budget(void **state)
{
    SETUP(f);
    CLEANUP(resolved_release) struct resolved r;

    free(lock_text(&f, true));
    load(&f, RECIPE "layers = 2\n");
    f.options.locked = true;
    check_fails(&f, "app.lock has more layers than the recipe allows: layers = 2", "mkimage lock");
    f.options.locked = false;
    run(&f, &r);
    assert_true(r.fresh);
    assert_int_equal(r.lock->arches[0].n_layers, 1);
}

static void test_unsigned(void **state)
{
    SETUP(f);
    assert_int_equal(scratch_run(f.archive.scratch, NULL,
                                 "cp debian/dists/trixie/Release debian/dists/trixie/InRelease"),
                     0);
    check_fails(&f, "InRelease", "");
}

static void test_damaged_lock(void **state)
{
    SETUP(f);
    scratch_write(f.archive.scratch, "app.lock", "{", 1);
    check_fails(&f, "app.lock:1: ", "remove it");
}

static int make_key(void **state)
{
    *state = miniarchive_key_new();
    return 0;
}

static int drop_key(void **state)
{
    miniarchive_key_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_lock),
        cmocka_unit_test(test_with_a_lock_no_index_is_read),
        cmocka_unit_test(test_recipes_of_a_run_share_the_archive),
        cmocka_unit_test(test_update_moves_only_what_moved),
        cmocka_unit_test(test_resigned_archive),
        cmocka_unit_test(test_solution_is_remembered),
        cmocka_unit_test(test_base),
        cmocka_unit_test(test_stale_lock_stays_with_versions),
        cmocka_unit_test(test_architectures),
        cmocka_unit_test(test_locked_refuses),
        cmocka_unit_test(test_compressor_follows_the_recipe),
        cmocka_unit_test(test_accounts_are_kept),
        cmocka_unit_test(test_rollback),
        cmocka_unit_test(test_archive_refused),
        cmocka_unit_test(test_debians_own_keyring),
        cmocka_unit_test(test_lowered_budget),
        cmocka_unit_test(test_unsigned),
        cmocka_unit_test(test_damaged_lock),
    };
    return cmocka_run_group_tests(tests, make_key, drop_key);
}
