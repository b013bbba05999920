/* SPDX-License-Identifier: Apache-2.0 */
/* The strict look at a tar: each field of a header to its limits, and pax records to the byte.
 * (What whole packages do with it is test_unpack_attacks'.) */
#include "rootfs/tarcheck.h"
#include "unit.h"
#include <inttypes.h>

#define BLOCK 512
enum { NAME = 0, MODE = 100, UID = 108, GID = 116, SIZE = 124, MTIME = 136, SUM = 148, TYPE = 156 };
enum { LINK = 157, MAGIC = 257, PREFIX = 345 };

static void set_checksum(char *h)
{
    unsigned sum = 0;
    memset(h + SUM, ' ', 8);
    for (size_t i = 0; i < BLOCK; i++)
        sum += (unsigned char)h[i];
    CLEANUP(free_ptr) char *text = xasprintf("%06o", sum);
    memcpy(h + SUM, text, 7);
}

static void make_header(char *h, char type, uint64_t size)
{
    memset(h, 0, BLOCK);
    memcpy(h + NAME, "x", 1);
    memcpy(h + MODE, "0000644", 7);
    memcpy(h + UID, "0000000", 7);
    memcpy(h + GID, "0000000", 7);
    memcpy(h + MTIME, "00000000000", 11);
    memcpy(h + MAGIC,
           "ustar\0"
           "00",
           8);
    CLEANUP(free_ptr) char *text = xasprintf("%011" PRIo64, size);
    memcpy(h + SIZE, text, 12);
    h[TYPE] = type;
    set_checksum(h);
}

static void add(struct buf *tar, char type, const void *data, size_t size)
{
    static const char zeros[BLOCK];
    char h[BLOCK];
    make_header(h, type, size);
    buf_add(tar, h, BLOCK);
    buf_add(tar, data, size);
    buf_add(tar, zeros, (BLOCK - size % BLOCK) % BLOCK);
}

/* Reads it all, `step` bytes at a time; says: NULL if it is to pass. */
static void check_look(const struct buf *tar, size_t step, const char *says, size_t line)
{
    static const char end[2 * BLOCK];
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf all = BUF_INIT(0);
    buf_add(&all, tar->data, tar->len);
    buf_add(&all, end, sizeof(end));
    CLEANUP(source_cleanup)
    struct source *s = source_tarcheck(source_mem(all.data, all.len), "t", 100);
    CLEANUP(free_ptr) char *chunk = xmalloc(step);
    ssize_t got;
    while ((got = source_read(s, chunk, step, &err)) > 0)
        ;
    if ((got == 0) != (says == NULL) || (says && !strstr(err.message, says)))
        fail_msg("row %zu: %zd, %s, wanted %s", line, got, err.message, says ? says : "nothing");
}

static void test_fields(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        const char *bytes;
        size_t n;
        const char *says;
    } rows[] = {
        {MODE, "7777777", 8, NULL},
        {MODE, " 644 \0\0", 8, NULL},
        {MODE, "4\0\0\0\0\0\0", 8, NULL},
        {MODE, "\x80\0\0\0\0\x1f\xff\xff", 8, NULL},
        {MODE, "\x80\0\0\0\0\x20\0\0", 8, "has no mode"},
        {MODE, "       ", 8, "has no mode"},
        {MODE, "\0\0\0\0\0\0\0", 8, "has no mode"},
        {MODE, "644x\0\0\0", 8, "has no mode"},
        {MODE, "648\0\0\0\0", 8, "has no mode"},
        {MODE,
         "64\0"
         "4\0\0\0",
         8, "has no mode"},
        {MODE, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, "has no mode"}, /* negative */
        {UID, "\x80\0\0\0\xff\xff\xff\xfe", 8, NULL},
        {UID, "\x80\0\0\0\xff\xff\xff\xff", 8, "has no owner"},
        {UID, "x", 1, "has no owner"},
        {GID, "\x80\0\0\0\xff\xff\xff\xfe", 8, NULL},
        {GID, "\x80\0\0\0\xff\xff\xff\xff", 8, "has no owner"},
        {GID, "x", 1, "has no owner"},
        {MTIME, "777777777777", 12, NULL},
        {MTIME, "\x80\0\0\0\0\xff\xff\xff\xff\xff\xff\xff", 12, NULL},
        {MTIME, "\x80\0\0\0\0\x80\0\0\0\0\0\0", 12, NULL},
        {MTIME, "\x80\0\0\x01\0\0\0\0\0\0\0\0", 12, "has no time"},
        {MTIME, "-1", 2, "has no time"},
        {SIZE, "\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", 12, "has no size"},
        {SIZE, "\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xfe\x00", 12, "has no size"},
        {SIZE, "\x80\0\0\0\0\0\0\0\0\0\0\0", 12, NULL},
        {NAME, "a\0b", 3, "has a NUL byte in a name"},
        {LINK, "a\0b", 3, "has a NUL byte in a name"},
        {PREFIX, "a\0b", 3, "has a NUL byte in a name"},
        {PREFIX, "a", 1, NULL},
        {MAGIC, "ustar  \0", 8, NULL},
        {MAGIC, "ustaR", 5, "is not a ustar header"},
        {TYPE, "g", 1, "is a global pax header"},
        {TYPE, "S", 1, "is a sparse file"},
        {TYPE, "7", 1, "is of an unknown type"},
        {TYPE, "\0", 1, NULL},
        {TYPE, "6", 1, NULL},
        {NAME, "d/", 2, "is a file whose name ends in a slash"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char h[BLOCK];
        CLEANUP(buf_release) struct buf tar = BUF_INIT(0);
        make_header(h, '0', 0);
        memcpy(h + rows[i].at, rows[i].bytes, rows[i].n);
        set_checksum(h);
        buf_add(&tar, h, BLOCK);
        check_look(&tar, 100, rows[i].says, i);
        h[BLOCK - 1] ^= 1; /* what counts in the checksum is all of it */
        buf_reset(&tar);
        buf_add(&tar, h, BLOCK);
        check_look(&tar, BLOCK,
                   rows[i].at == MAGIC && rows[i].says ? rows[i].says : "wrong checksum", i);
    }
    /* GNU headers have times and more where the prefix is. */
    char h[BLOCK];
    CLEANUP(buf_release) struct buf tar = BUF_INIT(0);
    make_header(h, '0', 0);
    memcpy(h + MAGIC, "ustar  \0", 8);
    memcpy(h + PREFIX,
           "1\0"
           "2",
           3);
    set_checksum(h);
    buf_add(&tar, h, BLOCK);
    check_look(&tar, 7, NULL, 1000);
}

static void test_long_names(void **state)
{
    (void)state;
    static const struct {
        const char *types; /* of the headers in turn, before a file */
        size_t size;
        const char *says;
    } rows[] = {
        {"L", TARCHECK_NAME_MAX, NULL},
        {"L", TARCHECK_NAME_MAX + 1, "of a wrong size"},
        {"L", 0, "of a wrong size"},
        {"L", 1, NULL},
        {"L", 511, NULL},
        {"L", 512, NULL},
        {"L", 513, NULL},
        {"K", TARCHECK_NAME_MAX, NULL},
        {"K", TARCHECK_NAME_MAX + 1, "of a wrong size"},
        {"LK", 10, NULL},
        {"KL", 10, NULL},
        {"LL", 10, "contradict each other"},
        {"KK", 10, "contradict each other"},
        {"LKL", 10, "contradict each other"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(buf_release) struct buf tar = BUF_INIT(0);
        CLEANUP(free_ptr) char *name = xmalloc(rows[i].size + 1);
        memset(name, 'n', rows[i].size + 1);
        for (const char *type = rows[i].types; *type; type++)
            add(&tar, *type, name, rows[i].size);
        add(&tar, '0', "data", 4);
        check_look(&tar, 1000, rows[i].says, i);
        check_look(&tar, 1, rows[i].says, i);
    }
}

/* "LENGTH RECORD\n"; off: how much the length is wrong. */
static void add_record(struct buf *text, const char *record, int off)
{
    size_t n = strlen(record) + 2, digits = 1;
    while (snprintf(NULL, 0, "%zu", n + digits) != (int)digits)
        digits++;
    buf_addf(text, "%d %s\n", (int)(n + digits) + off, record);
}

static void test_pax(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second;
        int off;
        const char *says;
    } rows[] = {
        {"path=x", NULL, 0, NULL},
        {"linkpath=x", NULL, 1, "damaged"},
        {"path=x", NULL, -1, "damaged"},
        {"path=x", "path=y", 0, "has a pax key twice"},
        {"path=x", "linkpath=y", 0, NULL},
        {"linkpath=y", "linkpath=y", 0, "has a pax key twice"},
        {"linkpath=y", "path=x", 1, "damaged"},
        {"size=4", NULL, 0, NULL},
        {"size=4", "size=4", 0, "has a pax key twice"},
        {"size=5", NULL, 0, "has two sizes"},
        {"size=", NULL, 0, "has a pax size that is none"},
        {"size=-4", NULL, 0, "has a pax size that is none"},
        {"size=4 ", NULL, 0, "has a pax size that is none"},
        {"size=4:", NULL, 0, "has a pax size that is none"},
        {"size=4/", NULL, 0, "has a pax size that is none"},
        {"size=9223372036854775799", NULL, 0, "has two sizes"},
        {"size=9223372036854775810", NULL, 0, "has a pax size that is none"},
        {"size=99999999999999999999", NULL, 0, "has a pax size that is none"},
        {"path=", NULL, 0, "has an empty name"},
        {"linkpath=", NULL, 0, "has an empty name"},
        {"comment=", NULL, 0, NULL},
        {"uname=ab", "gname=cd", 0, NULL},
        {"uid=1", "uid=1", 0, NULL}, /* plain ones say nothing that is believed */
        {"pathx", NULL, 0, "damaged"},
        {"=", NULL, 0, "pax key \"\""},
        {"xath=x", NULL, 0, "pax key \"xath\", which is refused"},
        {"SCHILY.xattr.a=b", NULL, 0, NULL},
        {"SCHILY.xattr.=b", NULL, 0, "pax key \"SCHILY.xattr.\""},
        {"LIBARCHIVE.xattr.a=b", NULL, 0, NULL},
        {"GNU.sparse.map=0", NULL, 0, "which is refused"},
        {"hdrcharset=BINARY", NULL, 0, "which is refused"},
    };
    static const char *const damaged[] = {
        "path=x\n",    " path=x\n",    "9 path=x ",  "9999999999999999999999 path=x\n",
        "2 \n",        "3 =\n\n",      "9path=x\n",  "x path=x\n",
        "9 path=x\n9", "9 path=x\n\n", "-9 path=x\n"};
    for (size_t i = 0; i < ARRAY_SIZE(rows) + ARRAY_SIZE(damaged); i++) {
        bool row = i < ARRAY_SIZE(rows);
        CLEANUP(buf_release) struct buf tar = BUF_INIT(0), text = BUF_INIT(0);
        if (!row)
            buf_addstr(&text, damaged[i - ARRAY_SIZE(rows)]);
        else
            add_record(&text, rows[i].first, rows[i].off);
        if (row && rows[i].second)
            add_record(&text, rows[i].second, 0);
        add(&tar, 'x', text.data, text.len);
        add(&tar, '0', "data", 4);
        check_look(&tar, 600, row ? rows[i].says : "damaged", i);
    }
}

/* Its longest is a whole MiB; a name before it, or another one, would contradict it. */
static void test_pax_headers(void **state)
{
    (void)state;
    static const char *const types[] = {"Lx", "xL", "Kx", "xK", "xx"};
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        CLEANUP(buf_release) struct buf tar = BUF_INIT(0);
        for (const char *type = types[i]; *type; type++)
            add(&tar, *type, "9 path=x\n", 9);
        add(&tar, '0', "data", 4);
        check_look(&tar, 600, "contradict each other", i);
    }
    for (size_t i = 0; i < 2; i++) {
        CLEANUP(buf_release) struct buf tar = BUF_INIT(0), text = BUF_INIT(0);
        size_t n = TARCHECK_PAX_MAX + i;
        buf_addf(&text, "%zu comment=", n);
        while (text.len < n - 1)
            buf_addch(&text, 'c');
        buf_addch(&text, '\n');
        add(&tar, 'x', text.data, text.len);
        add(&tar, '0', "data", 4);
        check_look(&tar, 5000, i ? "of a wrong size" : NULL, i);
    }
}

/* What one header says holds for its entry, and for no later one. */
static void test_several_entries(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf tar = BUF_INIT(0);
    add(&tar, 'x', "9 size=4\n", 9);
    add(&tar, '0', "data", 4);
    add(&tar, '0', "d", 1);
    add(&tar, '5', "", 0);
    add(&tar, 'L', "name", 4);
    add(&tar, '0', "dd", 2);
    add(&tar, 'L', "name", 4);
    add(&tar, 'K', "name", 4);
    add(&tar, '1', "", 0);
    check_look(&tar, 600, NULL, 0);
    add(&tar, 'x', "9 xath=x\n", 9);
    add(&tar, '0', "", 0);
    check_look(&tar, 600, "t: tar entry 6: has the pax key \"xath\"", 1);
}

static void test_its_end(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf tar = BUF_INIT(0);
    check_look(&tar, 600, NULL, 0);
    add(&tar, 'L', "name", 4);
    check_look(&tar, 600, "is missing behind its long name", 1);
    buf_reset(&tar);
    static const char zeros[BLOCK];
    buf_add(&tar, zeros, BLOCK);
    add(&tar, '0', "", 0);
    check_look(&tar, 600, "bytes behind the end", 2);
    buf_reset(&tar);
    for (size_t i = 0; i < 101; i++) {
        check_look(&tar, 5000, NULL, i);
        add(&tar, '0', "", 0);
    }
    check_look(&tar, 5000, "holds more than 100 entries", 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_long_names),
        cmocka_unit_test(test_pax),
        cmocka_unit_test(test_pax_headers),
        cmocka_unit_test(test_several_entries),
        cmocka_unit_test(test_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
