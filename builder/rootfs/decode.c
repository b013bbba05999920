/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/facts.h"

/* What is left to read. Once something is amiss `bad` says what, all further reads give zeros and
 * the loops end. */
struct facts_reader {
    const uint8_t *p;
    size_t n;
    const char *bad;
};

static const uint8_t *take(struct facts_reader *r, size_t n)
{
    if (r->bad)
        return NULL;
    if (n > r->n) {
        r->bad = "it ends too early";
        return NULL;
    }
    const uint8_t *p = r->p;
    r->p += n;
    r->n -= n;
    return p;
}

static uint64_t get_number(struct facts_reader *r, unsigned bytes)
{
    const uint8_t *p = take(r, bytes);
    uint64_t v = 0;
    for (unsigned i = 0; p && i < bytes; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

static uint8_t get_u8(struct facts_reader *r)
{
    return (uint8_t)get_number(r, 1);
}

static uint16_t get_u16(struct facts_reader *r)
{
    return (uint16_t)get_number(r, 2);
}

static uint32_t get_u32(struct facts_reader *r)
{
    return (uint32_t)get_number(r, 4);
}

static uint64_t get_u64(struct facts_reader *r)
{
    return get_number(r, 8);
}

static bool get_bool(struct facts_reader *r)
{
    uint8_t v = get_u8(r);
    if (v > 1)
        r->bad = "a truth value is neither 0 nor 1";
    return v == 1;
}

/* A count of things that take at least `least` bytes each, so no more than the bytes at hand. */
static size_t get_count(struct facts_reader *r, size_t least)
{
    uint32_t n = get_u32(r);
    if (n > r->n / least) {
        r->bad = "a count is larger than the record";
        return 0;
    }
    return n;
}

static char *get_bytes(struct facts_reader *r, size_t *ret_n)
{
    uint32_t n = get_u32(r);
    *ret_n = 0;
    if (n == FACTS_NO_STRING)
        return NULL;
    const uint8_t *p = take(r, n);
    if (!p)
        return NULL;
    *ret_n = n;
    char *s = xmalloc((size_t)n + 1);
    memcpy(s, p, n);
    s[n] = 0;
    return s;
}

static char *get_optional(struct facts_reader *r)
{
    size_t n;
    char *s = get_bytes(r, &n);
    if (s && strlen(s) != n)
        r->bad = "a string holds a NUL byte";
    return s;
}

static char *get_string(struct facts_reader *r)
{
    char *s = get_optional(r);
    if (!s && !r->bad)
        r->bad = "a string is missing";
    return s ? s : xstrdup("");
}

static void get_strv(struct facts_reader *r, struct strv *ret)
{
    size_t n = get_count(r, 4);
    for (size_t i = 0; i < n && !r->bad; i++)
        strv_take(ret, get_string(r));
}

static void get_sha256(struct facts_reader *r, struct sha256 *ret)
{
    const uint8_t *p = take(r, sizeof(ret->bytes));
    if (p)
        memcpy(ret->bytes, p, sizeof(ret->bytes));
}

static struct elf_facts *get_elf(struct facts_reader *r)
{
    struct elf_facts *e = xcalloc(1, sizeof(*e));
    e->flags = get_u32(r);
    e->machine = get_u16(r);
    e->type = get_u16(r);
    e->e_flags = get_u32(r);
    e->osabi = get_u8(r);
    e->interp = get_optional(r);
    e->soname = get_optional(r);
    e->runpath = get_optional(r);
    e->rpath = get_optional(r);
    get_strv(r, &e->needed);
    get_strv(r, &e->versions_of);
    get_strv(r, &e->versions);
    get_strv(r, &e->defines);
    if (e->versions_of.n != e->versions.n && !r->bad)
        r->bad = "a symbol version is of no library";
    e->has_abi_note = get_bool(r);
    for (size_t i = 0; i < ARRAY_SIZE(e->abi_note); i++)
        e->abi_note[i] = get_u32(r);
    return e;
}

static void get_xattrs(struct facts_reader *r, struct file_facts *f)
{
    size_t n = get_count(r, 8);
    f->xattrs = n ? xcalloc(n, sizeof(*f->xattrs)) : NULL;
    for (size_t i = 0; i < n && !r->bad; i++) {
        struct xattr *x = &f->xattrs[f->n_xattrs++];
        x->name = get_string(r);
        x->value = get_bytes(r, &x->size);
        if (!x->value)
            x->value = xstrdup("");
    }
}

static struct file_facts *get_facts(struct facts_reader *r)
{
    struct file_facts *f = xcalloc(1, sizeof(*f));
    f->marks = get_u32(r);
    if (get_bool(r))
        f->elf = get_elf(r);
    f->interpreter = get_optional(r);
    f->program = get_optional(r);
    f->key = get_optional(r);
    f->token = get_optional(r);
    f->content = get_bytes(r, &f->content_size);
    get_xattrs(r, f);
    return f;
}

static void get_entry(struct facts_reader *r, struct package *p)
{
    GROW(p->entries, p->n_entries, p->cap_entries);
    struct entry *e = &p->entries[p->n_entries++];
    *e = (struct entry){0};

    uint8_t type = get_u8(r);
    if (type > ENTRY_FIFO)
        r->bad = "an entry has an unknown type";
    e->type = (enum entry_type)type;
    uint8_t flags = get_u8(r);
    if (flags & ~(FACTS_DROPPED | FACTS_HAS_FACTS | FACTS_HAS_DIGEST))
        r->bad = "an entry has an unknown flag";
    e->dropped = flags & FACTS_DROPPED;
    e->mode = get_u16(r);
    e->mode_deb = get_u16(r);
    e->uid = get_u32(r);
    e->gid = get_u32(r);
    e->mtime = (int64_t)get_u64(r);
    e->size = get_u64(r);
    uint32_t rule = get_u32(r);
    if (rule > p->rules.n)
        r->bad = "an entry has an unknown rule";
    else if (rule)
        e->rule = p->rules.v[rule - 1];
    e->path = get_string(r);
    e->target = get_optional(r);
    if (flags & FACTS_HAS_DIGEST)
        get_sha256(r, &e->sha256);
    if (flags & FACTS_HAS_FACTS)
        e->facts = get_facts(r);
}

static void get_scripts(struct facts_reader *r, struct package *p)
{
    size_t n = get_count(r, 8);
    p->scripts = n ? xcalloc(n, sizeof(*p->scripts)) : NULL;
    for (size_t i = 0; i < n && !r->bad; i++) {
        struct control_file *f = &p->scripts[p->n_scripts++];
        f->name = get_string(r);
        f->text = get_bytes(r, &f->size);
        if (!f->text)
            f->text = xstrdup("");
    }
}

static void get_layer(struct facts_reader *r, struct layer *ret)
{
    get_sha256(r, &ret->digest);
    get_sha256(r, &ret->diff_id);
    ret->size = get_u64(r);
    ret->tar_size = get_u64(r);
    uint8_t codec = get_u8(r);
    if (codec > CODEC_GZIP)
        r->bad = "a layer has an unknown codec";
    ret->codec = (enum codec)codec;
}

static void get_head(struct facts_reader *r)
{
    const uint8_t *magic = take(r, strlen(FACTS_MAGIC));
    if (magic && memcmp(magic, FACTS_MAGIC, strlen(FACTS_MAGIC)) != 0)
        r->bad = "it isn't one";
    if (get_u32(r) != PACKAGE_FORMAT && !r->bad)
        r->bad = "it is of another version";
}

static void get_package(struct facts_reader *r, struct package *p)
{
    get_head(r);
    p->name = get_string(r);
    p->version = get_string(r);
    p->arch = get_string(r);
    p->source = get_string(r);
    p->source_version = get_string(r);
    p->multiarch_same = get_bool(r);
    get_sha256(r, &p->deb);
    p->deb_size = get_u64(r);
    p->time = (int64_t)get_u64(r);
    p->control = get_string(r);
    p->md5sums = get_string(r);
    get_strv(r, &p->replaces);
    get_scripts(r, p);
    get_strv(r, &p->rules);
    size_t n = get_count(r, 40);
    for (size_t i = 0; i < n && !r->bad; i++)
        get_entry(r, p);
    get_sha256(r, &p->key);
    get_layer(r, &p->layer);
    p->files_offset = get_u64(r);
    p->files_packed = get_u64(r);
    p->files_raw = get_u64(r);
}

static int reader_end(const struct facts_reader *r, struct err *err)
{
    if (r->bad)
        return err_set(err, "a record of facts is damaged: %s", r->bad);
    if (r->n)
        return err_set(err, "a record of facts is damaged: bytes behind its end");
    return 0;
}

static void package_cleanup(struct package **p)
{
    package_free(*p);
}

int package_decode(const void *data, size_t n, struct package **ret, struct err *err)
{
    struct facts_reader r = {.p = data, .n = n};
    CLEANUP(package_cleanup) struct package *p = xcalloc(1, sizeof(*p));
    get_package(&r, p);
    int rc = reader_end(&r, err);
    if (rc < 0)
        return rc;
    *ret = p;
    p = NULL;
    return 0;
}

int layer_decode(const void *data, size_t n, struct layer *ret, struct err *err)
{
    struct facts_reader r = {.p = data, .n = n};
    if (get_u32(&r) != PACKAGE_FORMAT && !r.bad)
        r.bad = "it is of another version";
    get_layer(&r, ret);
    return reader_end(&r, err);
}
