/* SPDX-License-Identifier: Apache-2.0 */
/* Rule SRC-RECORD: whose file is found where, in a build and in an image of others. The same with
 * real packages: tests/cli/hostile-records.sh. */
#include "harden.h"
#include "unit.h"

static struct lock_package locked[] = {{.name = (char[]){"app"}, .origin = (char[]){"debian"}}};
static const struct lock_arch lock = {.packages = locked, .n_packages = ARRAY_SIZE(locked)};

struct world {
    const char *path;
    const char *package;  /* or NULL */
    bool made;            /* by the build */
    enum records records; /* of an image of others; RECORDS_UNKNOWN: a build of our own */
    size_t n;
    const char *target; /* of a link at this path */
};

static const struct world worlds[] = {
    {.path = "etc/passwd", .n = 1},
    {.path = "etc/passwd", .made = true},
    {.path = "etc/gshadow-", .n = 1},
    {.path = "opt/x/etc/passwd"},
    {.path = "etc/ld.so.cache"}, /* needs `replace`, and no allowance */
    {.path = "var/lib/dpkg/status", .n = 1},
    {.path = "var/lib/dpkg/status", .made = true},
    {.path = "var/lib/dpkg/info/x.list", .n = 1},
    {.path = "var/lib/dpkg/status.d/x", .package = "app", .n = 1}, /* was allowed, and is told */
    {.path = "opt/x/var/lib/dpkg/status", .n = 1},
    {.path = "opt/x/lib/dpkg/status.d/x", .n = 1},
    {.path = "usr/lib/apk/db/installed", .n = 1},
    {.path = "usr/lib/apk/db/installed", .n = 1},
    {.path = "usr/lib/apk/exec/x"},
    {.path = "usr/lib/sysimage/rpm/rpmdb.sqlite-shm", .n = 1},
    {.path = "usr/lib/rpm/macros"},
    {.path = "opt/bitnami/a/b/.spdx-a.spdx", .n = 1},
    {.path = "opt/x/.spdx-a.spdx"},
    {.path = "opt/venv/lib/python3.13/site-packages/x.dist-info/sboms/x.cdx.json"},
    {.path = "etc/os-release", .n = 1},
    {.path = "etc/os-release", .package = "base-files"},
    {.path = "etc/os-release", .package = "app", .n = 1},
    {.path = "etc/debian_version", .package = "base-files"},
    {.path = "etc/alpine-release", .package = "base-files", .n = 1},
    {.path = "etc/redhat-release", .n = 1},
    {.path = "etc/my-release", .n = 1},
    {.path = "usr/lib/x/os-release"},
    /* An image of others: its own package manager's are in their place. */
    {.path = "var/lib/dpkg/status", .records = RECORDS_DPKG},
    {.path = "usr/lib/apk/db/installed", .records = RECORDS_DPKG, .n = 1},
    {.path = "usr/lib/apk/db/installed", .records = RECORDS_APK},
    {.path = "usr/lib/apk/db/installed", .records = RECORDS_NONE},
    {.path = "var/lib/rpm/rpmdb.sqlite", .records = RECORDS_RPM},
    {.path = "var/lib/rpm/rpmdb.sqlite", .records = RECORDS_APK, .n = 1},
    {.path = "etc/alpine-release", .records = RECORDS_DPKG, .n = 1},
    {.path = "etc/redhat-release", .records = RECORDS_RPM},
    {.path = "etc/debian_version", .records = RECORDS_DPKG},
    {.path = "etc/os-release", .records = RECORDS_APK},
    {.path = "etc/passwd", .records = RECORDS_DPKG},
    {.path = "opt/bitnami/a/.spdx-a.spdx", .records = RECORDS_DPKG},
    /* What only leads to one. */
    {.path = "usr/lib/apk/db", .n = 2, .target = "/opt/x"},
    {.path = "var/lib/rpm", .n = 1, .target = "../../opt/x"},
    {.path = "var/lib/rpm", .target = "/opt/nowhere"},
    {.path = "opt/y", .target = "/opt/x"},
};

/* What is there from the start was made by the build. */
static struct subject *built(void)
{
    struct subject *s = subject_new();
    size_t n;
    struct node *const *nodes = tree_nodes(s->tree, &n);

    for (size_t i = 0; i < n; i++)
        nodes[i]->made = true;
    s->view.lock = &lock;
    s->view.records = RECORDS_DPKG;
    return s;
}

static void test_worlds(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(worlds); i++) {
        const struct world *w = &worlds[i];
        struct subject *s = built();

        if (w->records) {
            s->view.lock = NULL;
            s->view.records = w->records;
        }
        subject_put(s, &(struct subject_file){.path = "opt/x", .type = ENTRY_DIRECTORY});
        if (!tree_find(s->tree, w->path))
            subject_put(s, &(struct subject_file){.path = w->path,
                                                  .target = w->target,
                                                  .size = 1,
                                                  .text = w->target ? NULL : "x",
                                                  .package = w->package});
        if (!w->target)
            tree_resolve(s->tree, w->path)->made = w->made;
        size_t n = subject_count(s, "SRC-RECORD");
        if (n != w->n)
            fail_msg("%zu: /%s: %zu findings, expected %zu", i, w->path, n, w->n);
        subject_free(s);
    }
}

/* Clair takes each "status" beside a directory "info" for dpkg's. */
static void test_look_alikes(void **state)
{
    static const struct {
        const char *file, *beside;
        size_t n;
    } cases[] = {
        {"opt/db/status", "opt/db/info/x", 1},   {"opt/db/status", "opt/db/info", 0},
        {"opt/db/status", "opt/info/x", 0},      {"status", "info/x", 1},
        {"opt/db/status/x", "opt/db/info/x", 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct subject *s = built();
        subject_put(s, &(struct subject_file){.path = cases[i].file, .mode = 0644});
        subject_put(s, &(struct subject_file){.path = cases[i].beside, .mode = 0644});
        size_t n = subject_count(s, "SRC-RECORD");
        if (n != cases[i].n)
            fail_msg("%zu: %s and %s: %zu", i, cases[i].file, cases[i].beside, n);
        subject_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worlds),
        cmocka_unit_test(test_look_alikes),
    };
    return cmocka_run_group_tests_name("rules_records", tests, NULL, NULL);
}
