/* SPDX-License-Identifier: Apache-2.0 */
/* What resolve() refuses. */
#include "resolving.h"
#include "unit.h"

#include "base/file.h"
#include "lock/resolve.h"
#include "miniarchive.h"
#include "scratch.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_locked_refuses),  cmocka_unit_test(test_rollback),
        cmocka_unit_test(test_archive_refused), cmocka_unit_test(test_debians_own_keyring),
        cmocka_unit_test(test_lowered_budget),  cmocka_unit_test(test_unsigned),
        cmocka_unit_test(test_damaged_lock),
    };
    return cmocka_run_group_tests(tests, make_key, drop_key);
}
