/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/content.h"
#include "base/file.h"
#include "base/path.h"
#include "base/text.h"
#include "rootfs/account_files.h"
#include "rootfs/elf.h"
#include "rootfs/marks.h"
#include "rootfs/unpack.h"

#include <elf.h>
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

/* Whose bytes are kept with the facts. */
static const char *const kept_files[] = {
    "etc/ca-certificates.conf",
    "etc/debian_version",
    "etc/ld-musl-*.path",
    "etc/ld.so.cache",
    "etc/ld.so.conf",
    "etc/ld.so.conf.d/**/*.conf",
    "etc/ld.so.preload",
    "etc/os-release",
    "etc/php/*/mods-available/*.ini",
    "etc/shells",
    "etc/ssl/certs/**",
    "etc/tmpfiles.d/*.conf",
    "usr/lib/jvm/.*.jinfo",
    "usr/lib/os-release",
    "usr/lib/php/*/php.ini-production*",
    "usr/lib/sysusers.d/**/*.conf",
    "usr/lib/tmpfiles.d/*.conf",
    "usr/share/ca-certificates/**",
    "usr/share/php*/*/*.ini",
};

/* Whose content is kept in the facts (file_facts.content), for later stages. */
static bool unpack_keeps_content(const char *path)
{
    if (account_file_at(path))
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(kept_files); i++)
        if (glob_match(kept_files[i], path))
            return true;
    return false;
}

static void close_file(struct content_scan *c)
{
    if (c->hold == HOLD_FILE)
        close_fd(&c->fd);
    c->hold = HOLD_UNDECIDED;
}

void content_start(struct content_scan *c, const char *path, uint64_t size, unsigned want)
{
    close_file(c);
    c->path = path;
    c->want = want;
    c->keep = unpack_keeps_content(path);
    c->size = size;
    c->seen = c->n_head = 0;
    c->hold = HOLD_UNDECIDED;
    c->fd = -1;
    if (want & CONTENT_FACTS)
        hasher_start(&c->hasher);
    key_scan_start(&c->keys);
    token_scan_start(&c->tokens, path);
}

void content_release(struct content_scan *c)
{
    hasher_release(&c->hasher);
    key_scan_release(&c->keys);
    free_ptr(&c->memory);
    c->memory_cap = 0;
    close_file(c);
}

static bool is_elf(const struct content_scan *c)
{
    return c->n_head >= SELFMAG && memcmp(c->head, ELFMAG, SELFMAG) == 0;
}

static bool is_kept(const struct content_scan *c)
{
    return c->keep && c->size <= UNPACK_KEEP_MAX;
}

static bool is_held(const struct content_scan *c)
{
    return c->hold == HOLD_MEMORY || c->hold == HOLD_FILE;
}

static int hold(struct content_scan *c, uint64_t at, const void *p, size_t n, struct err *err)
{
    if (c->hold == HOLD_FILE)
        return write_all(c->fd, p, n, c->path, err);
    memcpy(c->memory + at, p, n);
    return 0;
}

/* Once the first bytes are there: whether the file is held, and where. */
static int decide(struct content_scan *c, struct err *err)
{
    bool elf = c->want & CONTENT_FACTS && is_elf(c);
    if (!elf && !is_kept(c) && !(c->want & CONTENT_MD5)) {
        c->hold = HOLD_NOT;
        return 0;
    }
    if (c->size <= CONTENT_MEMORY_MAX) {
        c->hold = HOLD_MEMORY;
        if (c->memory_cap <= c->size) {
            free(c->memory);
            c->memory_cap = (size_t)c->size + 1;
            c->memory = xmalloc(c->memory_cap);
        }
        return 0;
    }
    c->hold = HOLD_FILE;
    c->fd = spool_open(err);
    return c->fd < 0 ? c->fd : 0;
}

int content_add(struct content_scan *c, const void *p, size_t n, struct err *err)
{
    if (n > c->size - c->seen)
        return err_set(err, "is longer than its header says");
    size_t head = sizeof(c->head) - c->n_head;
    if (head > n)
        head = n;
    memcpy(c->head + c->n_head, p, head);
    c->n_head += head;
    if (c->want & CONTENT_FACTS) {
        hasher_add(&c->hasher, p, n);
        if (!is_elf(c)) {
            key_scan_add(&c->keys, p, n);
            token_scan_add(&c->tokens, p, n);
        }
    }

    int r = 0;
    if (c->hold == HOLD_UNDECIDED && (c->n_head >= SELFMAG || c->seen + n == c->size)) {
        r = decide(c, err);
        if (r == 0 && is_held(c) && c->seen) /* less than a magic: all of it is in the head */
            r = hold(c, 0, c->head, (size_t)c->seen, err);
    }
    if (r == 0 && is_held(c))
        r = hold(c, c->seen, p, n, err);
    c->seen += n;
    return r;
}

/* All of the file, while `mapped` lives. */
struct mapping {
    void *p;
    size_t n;
};

static void unmap(struct mapping *m)
{
    if (m->p)
        munmap(m->p, m->n);
}

static int held_bytes(struct content_scan *c, struct mapping *m, struct slice *ret, struct err *err)
{
    *ret = (struct slice){c->memory, (size_t)c->size};
    if (c->hold != HOLD_FILE)
        return 0;
    void *p = mmap(NULL, (size_t)c->size, PROT_READ, MAP_PRIVATE, c->fd, 0);
    if (p == MAP_FAILED)
        return err_errno(err, errno, "%s: map", c->path);
    *m = (struct mapping){p, (size_t)c->size};
    *ret = (struct slice){p, (size_t)c->size};
    return 0;
}

static struct file_facts *facts_of(struct entry *e)
{
    if (!e->facts)
        e->facts = xcalloc(1, sizeof(*e->facts));
    return e->facts;
}

static void elf_facts(struct slice bytes, struct entry *e)
{
    struct file_facts *f = facts_of(e);
    f->marks |= MARK_ELF;
    f->elf = elf_read(bytes.p, bytes.n);
    if (!elf_is_program(f->elf) && f->elf->flags & ELF_SSP)
        return; /* what is left to ask is why a library has no canaries */
    struct program_marks marks;
    marks_program(bytes.p, bytes.n, &marks);
    f->elf->flags |= (marks.go ? ELF_GO : 0) | (marks.rust ? ELF_RUST : 0);
    if (!elf_is_program(f->elf) || !marks.name)
        return;
    f->marks |= marks.shell ? MARK_SHELL : 0;
    f->program = xstrdup(marks.name);
}

static void script_facts(const struct content_scan *c, struct entry *e)
{
    char *interpreter = marks_interpreter(c->head, c->n_head);
    if (!interpreter)
        return;
    facts_of(e)->marks |= MARK_SCRIPT;
    e->facts->interpreter = interpreter;
}

static void key_facts(struct content_scan *c, struct entry *e)
{
    static const char putty[] = "PuTTY-User-Key-File-";
    bool is_putty = c->n_head >= strlen(putty) && memcmp(c->head, putty, strlen(putty)) == 0;

    if (!c->keys.kind && !is_putty)
        return;
    facts_of(e)->marks |= MARK_KEY;
    e->facts->key = is_putty ? xstrdup("PuTTY PRIVATE KEY") : c->keys.kind;
    if (!is_putty)
        c->keys.kind = NULL;
}

int content_end(struct content_scan *c, struct entry *e, struct md5_text *ret_md5, struct err *err)
{
    if (c->seen != c->size)
        return err_set(err, "is shorter than its header says");
    if (c->hold == HOLD_UNDECIDED && decide(c, err) < 0)
        return err_ret(err);
    CLEANUP(unmap) struct mapping m = {0};
    struct slice bytes;
    int r = held_bytes(c, &m, &bytes, err);
    if (r < 0)
        return r;
    if (c->want & CONTENT_FACTS) {
        e->sha256 = hasher_end(&c->hasher);
        if (is_elf(c))
            elf_facts(bytes, e);
        else {
            script_facts(c, e);
            key_facts(c, e);
            const char *token = token_scan_end(&c->tokens);
            if (token)
                facts_of(e)->token = xstrdup(token);
        }
    }
    if (c->want & CONTENT_MD5 && ret_md5)
        *ret_md5 = md5_hex(bytes.p, bytes.n);
    if (is_kept(c)) {
        struct file_facts *f = facts_of(e);
        f->content = xmalloc(bytes.n + 1);
        memcpy(f->content, bytes.p, bytes.n);
        f->content[bytes.n] = '\0';
        f->content_size = bytes.n;
    }
    return 0;
}

struct sha256 content_tables_digest(void)
{
    CLEANUP(hasher_release) struct hasher h = {0};
    hasher_start(&h);
    for (size_t i = 0; i < ARRAY_SIZE(kept_files); i++)
        hasher_add(&h, kept_files[i], strlen(kept_files[i]) + 1);
    size_t n;
    const struct account_file *accounts = account_files(&n);
    for (size_t i = 0; i < n; i++)
        hasher_add(&h, accounts[i].path, strlen(accounts[i].path) + 1);
    marks_hash(&h);
    tokens_hash(&h);
    elf_names_hash(&h);
    return hasher_end(&h);
}
