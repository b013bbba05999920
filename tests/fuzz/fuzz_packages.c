/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a Packages index, of which the first package is wanted: the table of offsets,
 * libsolv's reader, the solver and what it says of what it can't solve. */
#include "base/file.h"
#include "deb/deb822.h"
#include "lock/check.h"
#include "lock/solve.h"
#include <assert.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *first_name(const uint8_t *data, size_t size)
{
    CLEANUP(deb822_release) struct deb822 d;
    CLEANUP(err_release) struct err err = ERR_INIT;

    deb822_init(&d, data, size, "fuzz");
    if (deb822_next(&d, &err) != 1)
        return NULL;
    struct slice name = deb822_get(&d, "Package");
    return xstrndup(name.n ? name.p : "x", name.n ? name.n : 1);
}

static void try_solve(struct universe *u, char *name)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(lock_arch_release) struct lock_arch result = {0};
    CLEANUP(buf_release) struct buf dump = BUF_INIT(0);
    const struct session session = {0};
    struct recipe_item omitted = {(char[]){"omitted"}, {"fuzz.conf", 2}};
    const struct recipe_list omit = {&omitted, 1, 0};
    struct recipe_package want = {.name = name, .at = {"fuzz.conf", 1}};
    const struct solve_request request = {
        .packages = &want, .n_packages = 1, .omit = &omit, .recommends = true};

    if (solve(&session, u, &request, RECIPE_LAYERS, &result, &err) == 0)
        assert(result.n_packages > 0 && result.n_layers > 0);
    else
        assert(err.message && result.n_packages == 0);
    err_clear(&err);
    (void)!solve_dump(u, &request, &dump, &err);
}

static const struct recipe_source debian = {.name = (char[]){"debian"}, .all_packages = true};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(close_fd) int fd = memfd_create("fuzz", MFD_CLOEXEC);
    CLEANUP(free_ptr) char *name = first_name(data, size);
    struct universe *u = NULL;

    if (!name || universe_new("amd64", &u, &err) < 0 || write_all(fd, data, size, "fuzz", &err) < 0)
        goto out;
    if (universe_add(u, fd, size, "Packages", &debian, &err) == 0)
        try_solve(u, name);
out:
    universe_free(u);
    return 0;
}
