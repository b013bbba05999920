/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Solves many sets over one universe, for tests/resolve-check:
 *
 *     resolve_sets ARCH SETS PACKAGES… >picks
 *
 * SETS has a line a set: name, wanted, forbidden, omitted, separated by tabs, names by blanks; the
 * last two may be missing. A line of the picks is the set's name, a tab, and "package=version"
 * sorted, or "FAIL" and why. Times go to stderr.
 */
#include "base/file.h"
#include "base/session.h"
#include "lock/solve.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int add_file(struct universe *u, const char *path, struct err *err)
{
    CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    const struct recipe_source debian = {.name = (char[]){"debian"}, .all_packages = true};
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return err_set(err, "%s can't be opened", path);
    return universe_add(u, fd, (uint64_t)st.st_size, path, &debian, err);
}

static void print_set(const struct lock_arch *a)
{
    for (size_t i = 0; i < a->n_packages; i++)
        printf("%s%s=%s", i ? " " : "", a->packages[i].name, a->packages[i].version);
    printf("\n");
}

/* The names stay the list's. */
static struct recipe_list list_of(const struct strv *names, const char *set)
{
    struct recipe_list ret = {xcalloc(names->n + 1, sizeof(struct recipe_item)), names->n, 0};
    for (size_t i = 0; i < names->n; i++)
        ret.v[i] = (struct recipe_item){names->v[i], {set, 1}};
    return ret;
}

static void one_set(struct universe *u, const char *line)
{
    struct session session = {0};
    CLEANUP(strv_release)
    struct strv columns = STRV_INIT, wanted = STRV_INIT, forbidden = STRV_INIT, omitted = STRV_INIT;
    CLEANUP(err_release) struct err err = ERR_INIT;
    struct lock lock = {0};

    strv_split(&columns, slice_of(line), "\t");
    if (columns.n < 2)
        return;
    strv_split(&wanted, slice_of(columns.v[1]), " ");
    if (columns.n > 2)
        strv_split(&forbidden, slice_of(columns.v[2]), " ");
    if (columns.n > 3)
        strv_split(&omitted, slice_of(columns.v[3]), " ");
    struct recipe_package *packages = xcalloc(wanted.n, sizeof(*packages));
    for (size_t i = 0; i < wanted.n; i++)
        packages[i] = (struct recipe_package){.name = wanted.v[i], .at = {columns.v[0], 1}};
    struct recipe_list forbid = list_of(&forbidden, columns.v[0]);
    struct recipe_list omit = list_of(&omitted, columns.v[0]);
    const struct solve_request request = {
        .packages = packages, .n_packages = wanted.n, .forbid = &forbid, .omit = &omit};
    lock.arches = xcalloc(1, sizeof(*lock.arches));
    printf("%s\t", columns.v[0]);
    if (solve(&session, u, &request, RECIPE_LAYERS, lock.arches, &err) == 0)
        print_set(lock.arches);
    else
        printf("FAIL %s\n", err.message);
    free(packages);
    free(forbid.v);
    free(omit.v);
    struct lock *l = xmemdup(&lock, sizeof(lock));
    l->n_arches = 1;
    lock_free(l);
}

int main(int argc, char **argv)
{
    CLEANUP(buf_release) struct buf sets = BUF_INIT(16 << 20);
    CLEANUP(strv_release) struct strv lines = STRV_INIT;
    CLEANUP(err_release) struct err err = ERR_INIT;
    struct universe *u = NULL;
    double start = now();

    if (argc < 4) {
        fprintf(stderr, "usage: resolve_sets ARCH SETS PACKAGES...\n");
        return 2;
    }
    if (universe_new(argv[1], &u, &err) < 0 || file_read(argv[2], 16 << 20, &sets, &err) < 0)
        goto failed;
    for (int i = 3; i < argc; i++)
        if (add_file(u, argv[i], &err) < 0)
            goto failed;
    double loaded = now();
    strv_split(&lines, slice_of(buf_str(&sets)), "\n");
    size_t n = 0;
    strv_each (line, &lines) {
        if (**line == '#')
            continue;
        one_set(u, *line);
        n++;
    }
    fprintf(stderr, "loading %.2f s, solving %zu sets %.2f s\n", loaded - start, n, now() - loaded);
    universe_free(u);
    return 0;
failed:
    fprintf(stderr, "%s\n", err.message);
    universe_free(u);
    return 1;
}
