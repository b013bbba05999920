/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/facts.h"

static void put_u8(struct buf *b, unsigned v)
{
    buf_addch(b, (char)(v & 0xff));
}

static void put_number(struct buf *b, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        put_u8(b, (unsigned)(v >> (8 * i)) & 0xff);
}

static void put_u16(struct buf *b, uint16_t v)
{
    put_number(b, v, 2);
}

static void put_u32(struct buf *b, uint32_t v)
{
    put_number(b, v, 4);
}

static void put_u64(struct buf *b, uint64_t v)
{
    put_number(b, v, 8);
}

static void put_bytes(struct buf *b, const char *p, size_t n)
{
    put_u32(b, p ? (uint32_t)n : FACTS_NO_STRING);
    if (p)
        buf_add(b, p, n);
}

static void put_string(struct buf *b, const char *s)
{
    put_bytes(b, s, s ? strlen(s) : 0);
}

static void put_strv(struct buf *b, const struct strv *s)
{
    put_u32(b, (uint32_t)s->n);
    strv_each (item, s)
        put_string(b, *item);
}

static void put_sha256(struct buf *b, const struct sha256 *d)
{
    buf_add(b, d->bytes, sizeof(d->bytes));
}

static void put_elf(struct buf *b, const struct elf_facts *e)
{
    put_u32(b, e->flags);
    put_u16(b, e->machine);
    put_u16(b, e->type);
    put_u32(b, e->e_flags);
    put_u8(b, e->osabi);
    put_string(b, e->interp);
    put_string(b, e->soname);
    put_string(b, e->runpath);
    put_string(b, e->rpath);
    put_strv(b, &e->needed);
    put_strv(b, &e->versions_of);
    put_strv(b, &e->versions);
    put_strv(b, &e->defines);
    put_u8(b, e->has_abi_note);
    for (size_t i = 0; i < ARRAY_SIZE(e->abi_note); i++)
        put_u32(b, e->abi_note[i]);
}

static void put_facts(struct buf *b, const struct file_facts *f)
{
    put_u32(b, f->marks);
    put_u8(b, f->elf != NULL);
    if (f->elf)
        put_elf(b, f->elf);
    put_string(b, f->interpreter);
    put_string(b, f->program);
    put_string(b, f->key);
    put_string(b, f->token);
    put_bytes(b, f->content, f->content_size);
    put_u32(b, (uint32_t)f->n_xattrs);
    for (size_t i = 0; i < f->n_xattrs; i++) {
        put_string(b, f->xattrs[i].name);
        put_bytes(b, f->xattrs[i].value, f->xattrs[i].size);
    }
}

/* The place of a rule in the package's list, from 1; 0 for none. Texts that a caller put in by
 * hand are found by value; what isn't listed counts as none. */
static uint32_t rule_number(const struct package *p, const char *rule)
{
    for (size_t i = 0; rule && i < p->rules.n; i++) {
        if (p->rules.v[i] == rule || strcmp(p->rules.v[i], rule) == 0)
            return (uint32_t)i + 1;
    }
    return 0;
}

static void put_entry(struct buf *b, const struct package *p, const struct entry *e)
{
    put_u8(b, e->type);
    put_u8(b, (e->dropped ? FACTS_DROPPED : 0) | (e->facts ? FACTS_HAS_FACTS : 0) |
                  (sha256_is_zero(&e->sha256) ? 0 : FACTS_HAS_DIGEST));
    put_u16(b, e->mode);
    put_u16(b, e->mode_deb);
    put_u32(b, e->uid);
    put_u32(b, e->gid);
    put_u64(b, (uint64_t)e->mtime);
    put_u64(b, e->size);
    put_u32(b, rule_number(p, e->rule));
    put_string(b, e->path);
    put_string(b, e->target);
    if (!sha256_is_zero(&e->sha256))
        put_sha256(b, &e->sha256);
    if (e->facts)
        put_facts(b, e->facts);
}

static void put_layer(struct buf *b, const struct layer *l)
{
    put_sha256(b, &l->digest);
    put_sha256(b, &l->diff_id);
    put_u64(b, l->size);
    put_u64(b, l->tar_size);
    put_u8(b, l->codec);
}

void package_encode(const struct package *p, struct buf *ret)
{
    buf_addstr(ret, FACTS_MAGIC);
    put_u32(ret, PACKAGE_FORMAT);
    put_string(ret, p->name);
    put_string(ret, p->version);
    put_string(ret, p->arch);
    put_string(ret, p->source);
    put_string(ret, p->source_version);
    put_u8(ret, p->multiarch_same);
    put_sha256(ret, &p->deb);
    put_u64(ret, p->deb_size);
    put_u64(ret, (uint64_t)p->time);
    put_string(ret, p->control);
    put_string(ret, p->md5sums);
    put_strv(ret, &p->replaces);
    put_u32(ret, (uint32_t)p->n_scripts);
    for (size_t i = 0; i < p->n_scripts; i++) {
        put_string(ret, p->scripts[i].name);
        put_bytes(ret, p->scripts[i].text, p->scripts[i].size);
    }
    put_strv(ret, &p->rules);
    put_u32(ret, (uint32_t)p->n_entries);
    for (size_t i = 0; i < p->n_entries; i++)
        put_entry(ret, p, &p->entries[i]);
    put_sha256(ret, &p->key);
    put_layer(ret, &p->layer);
    put_u64(ret, p->files_offset);
    put_u64(ret, p->files_packed);
    put_u64(ret, p->files_raw);
}

void layer_encode(const struct layer *l, struct buf *ret)
{
    put_u32(ret, PACKAGE_FORMAT);
    put_layer(ret, l);
}
