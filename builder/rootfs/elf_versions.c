/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/elf_versions.h"
#include "rootfs/elf.h"

#include <elf.h>

/* The records look the same in both classes, so one pair of them serves. */
static uint16_t half(const struct elf_version_tables *t, uint16_t v)
{
    return t->swapped ? __builtin_bswap16(v) : v;
}

static uint32_t word(const struct elf_version_tables *t, uint32_t v)
{
    return t->swapped ? __builtin_bswap32(v) : v;
}

static bool record_at(const struct elf_version_tables *t, uint64_t at, void *ret, size_t size)
{
    if (at > t->n || size > t->n - at)
        return false;
    memcpy(ret, t->bytes + at, size);
    return true;
}

static const char *string_at(const struct elf_version_tables *t, uint32_t offset)
{
    if (offset >= t->strings_size)
        return NULL;
    return elf_text_at((struct slice){t->bytes, t->n}, t->strings + offset,
                       t->strings_size - offset);
}

/* The versions that are asked of one library. */
static bool read_needed(const struct elf_version_tables *t, uint64_t at, const char *from,
                        size_t *records, struct elf_facts *e)
{
    for (;;) {
        Elf64_Vernaux aux;
        if (!record_at(t, at, &aux, sizeof(aux)) || ++*records > ELF_VERSIONS_MAX)
            return false;
        const char *name = string_at(t, word(t, aux.vna_name));
        if (!name)
            return false;
        if (!(half(t, aux.vna_flags) & VER_FLG_WEAK)) {
            strv_add(&e->versions_of, from);
            strv_add(&e->versions, name);
        }
        if (!aux.vna_next)
            return true;
        at += word(t, aux.vna_next);
    }
}

static bool read_needs(const struct elf_version_tables *t, struct elf_facts *e)
{
    size_t records = 0;

    for (uint64_t at = t->need;;) {
        Elf64_Verneed need;
        if (!record_at(t, at, &need, sizeof(need)) || ++records > ELF_VERSIONS_MAX ||
            half(t, need.vn_version) != VER_NEED_CURRENT)
            return false;
        const char *from = string_at(t, word(t, need.vn_file));
        if (!from || !read_needed(t, at + word(t, need.vn_aux), from, &records, e))
            return false;
        if (!need.vn_next)
            return true;
        at += word(t, need.vn_next);
    }
}

static bool read_defines(const struct elf_version_tables *t, struct elf_facts *e)
{
    size_t records = 0;

    for (uint64_t at = t->def;;) {
        Elf64_Verdef def;
        Elf64_Verdaux aux; /* the first has the name, further ones those that it follows */
        if (!record_at(t, at, &def, sizeof(def)) || ++records > ELF_VERSIONS_MAX ||
            half(t, def.vd_version) != VER_DEF_CURRENT ||
            !record_at(t, at + word(t, def.vd_aux), &aux, sizeof(aux)))
            return false;
        const char *name = string_at(t, word(t, aux.vda_name));
        if (!name)
            return false;
        strv_add(&e->defines, name);
        if (!def.vd_next)
            return true;
        at += word(t, def.vd_next);
    }
}

bool elf_versions_read(const struct elf_version_tables *t, struct elf_facts *e)
{
    bool sound = !t->need || read_needs(t, e);

    return (!t->def || read_defines(t, e)) && sound;
}
