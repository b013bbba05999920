/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/file.h"
#include "deb/aptsources.h"
#include <unistd.h>

struct machine {
    char *root;
    struct apt_sources sources;
    struct strv notes;
};

static void machine_make(struct machine *m)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    *m = (struct machine){.root = xstrdup("/tmp/mkimage-test.XXXXXX")};
    assert_non_null(mkdtemp(m->root));
    CLEANUP(free_ptr) char *dir = path_join(m->root, "etc/apt/sources.list.d");
    assert_ok(dir_make(dir, 0755, &err), &err);
}

static void machine_remove(struct machine *m)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    assert_ok(dir_remove(m->root, &err), &err);
    free(m->root);
    apt_sources_release(&m->sources);
    strv_release(&m->notes);
}

static void put(const struct machine *m, const char *file, const char *text)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(free_ptr) char *dir = path_join(m->root, "etc/apt");
    CLEANUP(free_ptr) char *path = path_join(dir, file);
    assert_ok(file_write(path, text, strlen(text), 0644, &err), &err);
}

static void read_all(struct machine *m)
{
    apt_sources_read(m->root, &m->sources, &m->notes);
}

static void assert_mirrors(const struct machine *m, bool security, const char *want,
                           bool want_guess)
{
    CLEANUP(strv_release) struct strv got = STRV_INIT;
    bool guessed;
    apt_sources_mirrors(&m->sources, security, &got, &guessed);
    CLEANUP(free_ptr) char *all = strv_join(&got, " ");
    assert_string_equal(all, want);
    assert_int_equal(guessed, want_guess);
}

static void test_no_sources(void **state)
{
    (void)state;
    CLEANUP(machine_remove) struct machine m;
    machine_make(&m);
    read_all(&m);
    assert_int_equal(m.sources.n, 0);
    assert_int_equal(m.notes.n, 0);
    assert_mirrors(&m, false, "", false);
    assert_mirrors(&m, true, "", false);
}

static void test_one_line_format(void **state)
{
    (void)state;
    CLEANUP(machine_remove) struct machine m;
    machine_make(&m);
    put(&m, "sources.list",
        "# comment\n"
        "deb http://mirror.example/debian/ bookworm main contrib # behind\n"
        "deb-src http://mirror.example/debian bookworm main\n"
        "#deb http://off.example/debian bookworm main\n"
        "deb cdrom:[Debian GNU/Linux 12 _Bookworm_]/ bookworm main\n"
        "deb [ arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg ] "
        "https://sec.example/debian-security bookworm-security main\n"
        "deb [arch=amd64] file:/srv/flat ./\n");
    read_all(&m);
    assert_int_equal(m.notes.n, 0);
    assert_int_equal(m.sources.n, 3);
    const struct apt_source *s = &m.sources.v[0];
    assert_string_equal(s->uri, "http://mirror.example/debian");
    assert_int_equal(s->suites.n, 1);
    assert_string_equal(s->suites.v[0], "bookworm");
    assert_int_equal(s->components.n, 2);
    assert_string_equal(s->components.v[1], "contrib");
    assert_null(s->signed_by);
    assert_string_equal(m.sources.v[1].signed_by, "/usr/share/keyrings/debian-archive-keyring.gpg");
    assert_string_equal(m.sources.v[2].uri, "file:/srv/flat");
    assert_mirrors(&m, false, "http://mirror.example/debian", false);
    assert_mirrors(&m, true, "https://sec.example/debian-security", false);
}

static void test_deb822_format(void **state)
{
    (void)state;
    CLEANUP(machine_remove) struct machine m;
    machine_make(&m);
    put(&m, "sources.list.d/debian.sources",
        "# made by an installer\n"
        "Types: deb deb-src\nURIs: http://a.example/debian/\n http://b.example/debian\n"
        "Suites: trixie trixie-updates\nComponents: main\n"
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.pgp\n\n"
        "Types: deb\nURIs: http://a.example/debian-security\nSuites: trixie-security\n"
        "# between\nComponents: main\n\n"
        "Types: deb\nEnabled: no\nURIs: http://off.example/debian\nSuites: trixie\n"
        "Components: main\n\n"
        "Types: deb-src\nURIs: http://src.example/debian\nSuites: trixie\nComponents: main\n");
    put(&m, "sources.list.d/ignored.sources.bak",
        "Types: deb\nURIs: http://bak.example/debian\nSuites: trixie\nComponents: main\n");
    read_all(&m);
    assert_int_equal(m.notes.n, 0);
    assert_int_equal(m.sources.n, 3);
    assert_string_equal(m.sources.v[0].uri, "http://a.example/debian");
    assert_int_equal(m.sources.v[0].suites.n, 2);
    assert_mirrors(&m, false, "http://a.example/debian http://b.example/debian", false);
    assert_mirrors(&m, true, "http://a.example/debian-security", false);
}

static void test_embedded_key(void **state)
{
    (void)state;
    CLEANUP(machine_remove) struct machine m;
    machine_make(&m);
    put(&m, "sources.list.d/x.sources",
        "Types: deb\nURIs: http://a.example/debian\nSuites: trixie\nComponents: main\nSigned-By:\n"
        " -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mDMEZ\n -----END PGP PUBLIC KEY BLOCK-----\n");
    read_all(&m);
    assert_int_equal(m.sources.n, 1);
    assert_null(m.sources.v[0].signed_by);
}

static void test_damaged_files_are_noted(void **state)
{
    (void)state;
    CLEANUP(machine_remove) struct machine m;
    machine_make(&m);
    put(&m, "sources.list",
        "deb http://a.example/debian trixie main\nnonsense here\ndeb [x http://b c\n");
    put(&m, "sources.list.d/b.sources", "Types deb\n");
    read_all(&m);
    assert_int_equal(m.sources.n, 1);
    assert_int_equal(m.notes.n, 3);
    assert_non_null(strstr(m.notes.v[0], "sources.list:2: not a line"));
    assert_non_null(strstr(m.notes.v[1], "sources.list:3: an option list"));
    assert_non_null(strstr(m.notes.v[2], "b.sources:1: a line without a colon"));
}

static void test_security_is_guessed_beside_main(void **state)
{
    (void)state;
    CLEANUP(machine_remove) struct machine m;
    machine_make(&m);
    put(&m, "sources.list",
        "deb http://debian.example/debian trixie main\n"
        "deb http://snap.example/archive/debian/20250520T000000Z trixie main\n"
        "deb http://other.example/mirror trixie main\n");
    read_all(&m);
    assert_mirrors(&m, true,
                   "http://debian.example/debian-security "
                   "http://snap.example/archive/debian-security/20250520T000000Z",
                   true);
}

static void test_third_parties_are_no_mirrors(void **state)
{
    (void)state;
    CLEANUP(machine_remove) struct machine m;
    machine_make(&m);
    put(&m, "sources.list",
        "deb [signed-by=/etc/apt/keyrings/vendor.asc] http://vendor.example/linux/debian trixie "
        "main\n"
        "deb http://stable.example/debian trixie stable\n"
        "deb http://pgdg.example/debian trixie-pgdg main\n"
        "deb http://cloud.example/debian cloud-sdk main\n");
    read_all(&m);
    assert_int_equal(m.sources.n, 4);
    assert_mirrors(&m, false, "http://vendor.example/linux/debian", false);
    put(&m, "sources.list.d/a.list", "deb http://real.example/debian sid main\n");
    apt_sources_release(&m.sources);
    read_all(&m);
    assert_mirrors(&m, false, "http://real.example/debian", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_sources),
        cmocka_unit_test(test_one_line_format),
        cmocka_unit_test(test_deb822_format),
        cmocka_unit_test(test_embedded_key),
        cmocka_unit_test(test_damaged_files_are_noted),
        cmocka_unit_test(test_security_is_guessed_beside_main),
        cmocka_unit_test(test_third_parties_are_no_mirrors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
