/* SPDX-License-Identifier: Apache-2.0 */
#include "resolving.h"
#include "unit.h"

#include "base/file.h"
#include "lock/resolve.h"
#include "miniarchive.h"
#include "scratch.h"

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
        cmocka_unit_test(test_compressor_follows_the_recipe),
        cmocka_unit_test(test_accounts_are_kept),
    };
    return cmocka_run_group_tests(tests, make_key, drop_key);
}
