/* SPDX-License-Identifier: Apache-2.0 */
/* Stanzas, numbers, versions and names of packages. */
#include "deb/deb822.h"
#include "deb/version.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(struct slice s, const uint8_t *data, size_t size)
{
    assert(s.n == 0 || (s.p >= (const char *)data && s.p + s.n <= (const char *)data + size));
}

static void check_versions(struct slice a, struct slice b)
{
    CLEANUP(free_ptr) char *va = xstrndup(a.p, a.n);
    CLEANUP(free_ptr) char *vb = xstrndup(b.p, b.n);
    int ab = version_compare(va, vb), ba = version_compare(vb, va);
    assert((ab > 0) == (ba < 0) && (ab == 0) == (ba == 0));
    assert(version_compare(va, va) == 0);
}

static void check_stanza(const struct deb822 *p, const uint8_t *data, size_t size)
{
    uint64_t number;
    check_inside(p->stanza, data, size);
    assert(p->n > 0 && p->stanza.n > 0);
    for (size_t i = 0; i < p->n; i++) {
        const struct deb822_field *f = &p->fields[i];
        check_inside(f->name, data, size);
        check_inside(f->value, data, size);
        assert(f->name.n > 0);
        CLEANUP(free_ptr) char *name = xstrndup(f->name.p, f->name.n);
        assert(deb822_get(p, name).p == f->value.p);
        if (slice_number(f->value, &number))
            assert(f->value.n > 0);
        if (version_valid(f->value) && i > 0 && version_valid(p->fields[i - 1].value))
            check_versions(f->value, p->fields[i - 1].value);
        if (package_name_valid(f->value))
            assert(!memchr(f->value.p, '/', f->value.n));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(deb822_release) struct deb822 p;
    int r;
    deb822_init(&p, data, size, "fuzz");
    while ((r = deb822_next(&p, &err)) > 0)
        check_stanza(&p, data, size);
    assert((r < 0) == (err.message != NULL));
    return 0;
}
