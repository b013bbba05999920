/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"
#include "oci/tar.h"
#include "scratch.h"
#include "unit.h"
#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#define X10  "abcdefghi/"
#define X50  X10 X10 X10 X10 X10
#define X100 X50 X50
#define N20  "nnnnnnnnnnnnnnnnnnnn"
#define N100 N20 N20 N20 N20 N20

/* Entries and the SHA-256 of their header bytes: frozen, these bytes are in published layers. */
static const struct golden {
    struct tar_entry entry;
    size_t length;
    const char *sha256;
} table[] = {
    {{"usr/bin/x", TAR_FILE, 0755, 0, 0, 1700000000, 5, NULL},
     512,
     "2441398028af392fb1d50cabfd53636fae6fee6032aeaf4a220fc80758148279"},
    {{"usr", TAR_DIRECTORY, 0755, 0, 0, 0, 0, NULL},
     512,
     "05b653063e46fc8e3153d1af03309f73cbb6ef1656ea49725cef246342039c02"},
    {{"tmp", TAR_DIRECTORY, 01777, 0, 0, -5, 99, NULL},
     512,
     "8e87e966dc229c602e6f5f187c34f2dc954cd9ff5b09eb662d7257238b4bad8d"},
    {{"bin", TAR_SYMLINK, 0777, 0, 0, 1, 7, "usr/bin"},
     512,
     "ca1dbfe654917be771d322fcbf3c324e7a67a6c7fde3ec1a8c6235f45bc52df2"},
    {{"a/b", TAR_HARDLINK, 0644, 5000, 5000, 2, 9, "a/c"},
     512,
     "c6ee495bdcb539fe70419b10ac35a6dea8644c37271ef24dd7f35c6d8f0e1c43"},
    /* name of 100 bytes, then 101 without a slash */
    {{N100, TAR_FILE, 0644, 1, 2, 3, 0, NULL},
     512,
     "dedd64c1d814ca40edff75919c7b72c7268af228123beabf0358b0d69ed5a09b"},
    {{N100 "n", TAR_FILE, 0644, 1, 2, 3, 0, NULL},
     1536,
     "58dcb56aebd0d6de2115b087d89ac5cec131475e49cfbfd3a175edd5b23741dc"},
    /* a directory's slash counts: 99 and 100 bytes */
    {{X50 "123456789/123456789/123456789/123456789/123456789", TAR_DIRECTORY, 0700, 0, 0, 0, 0,
      NULL},
     512,
     "2801aa39bd6309fb0173f9fff5a79be0b7ed6c2433b24227357a49b26f00134b"},
    {{N100, TAR_DIRECTORY, 0700, 0, 0, 0, 0, NULL},
     1536,
     "63d52f2651e2a9ff76b7eff5b3d3e11d588206247a569e1c2ea32154f1231816"},
    /* split at a slash: prefix of 155, then 156 bytes */
    {{X100 X50 "12345/" N100, TAR_FILE, 0644, 0, 0, 0, 1, NULL},
     512,
     "58ad4bc6fdf0ac87447d3558f785fcc5a1934336b3cf230df982ac1c13734a58"},
    {{X100 X50 "123456/" N100, TAR_FILE, 0644, 0, 0, 0, 1, NULL},
     1536,
     "522e8f6e0f98fc74d31c85429bbac4c24b26771d5d9badbf4e4f47246cd1f18a"},
    {{X100 N20, TAR_DIRECTORY, 0755, 0, 0, 0, 0, NULL},
     512,
     "16cacb12f294d863dfe3341a6b2fd9279e703c0157250429d227e6b4e6be8a65"},
    {{X100 X100 X100 "f", TAR_FILE, 0644, 0, 0, 0, 1, NULL},
     1536,
     "14429559c74c2e5ad4d21efec71b1029a06af590aeb957f861edada420b0a22d"},
    {{"l", TAR_SYMLINK, 0777, 0, 0, 0, 0, N100},
     512,
     "c9c222d7c8c3afc85813649aa1182c7340a4bd2d50acc15cf2351d72e3ec3385"},
    {{"l", TAR_SYMLINK, 0777, 0, 0, 0, 0, N100 "n"},
     1536,
     "9e218542c5854cccb0d4eccf35d9ad9a4e66684bbf461ad401c467e77a63d2d0"},
    {{N100 "n", TAR_HARDLINK, 0644, 0, 0, 0, 0, X100 X100 X100 X100 N100},
     2048,
     "7065866f26524ad402092554eeb83b862b54e25a929fa33d23dfd31d118af7c7"},
    {{"\xc3\xa4/\xe2\x82\xac", TAR_FILE, 0644, 0, 0, 0, 3, NULL},
     512,
     "30db748822695f5183b148ad80261f9016a85c8ce47ad93e44d23d76fbc15419"},
    {{N100 "/\xc3\xa4" N100, TAR_FILE, 0644, 0, 0, 0, 3, NULL},
     1536,
     "2aa0d99c012475b0da2356f3bf8bdb251e40c2d603c67b48a3ae27653da83395"},
    {{"raw\xff\xfe", TAR_FILE, 0644, 0, 0, 0, 3, NULL},
     512,
     "5f2cb13a1825a28f83766dddca79fbb72a8bb4c2466c66707d2224c7815948f1"},
    {{"big", TAR_FILE, 0644, 0, 0, 0, 8589934591u, NULL},
     512,
     "391fe18c154625620a9f4106c3d3f4d861aaae3dc562950e9ba30d905cd6e95d"},
    {{"big", TAR_FILE, 0644, 0, 0, 0, 8589934592u, NULL},
     1536,
     "e8fd20a2edc11fcd319531d1831aa0f6ba71c01670731803f0eaaa23fe8ea29e"},
    {{"ids", TAR_FILE, 06755, 2097151, 2097151, 8589934591, 0, NULL},
     512,
     "81964418da87309270586a9ce22717e769576f1c860517022dc158369691ebaf"},
    {{"ids", TAR_FILE, 0644, 2097152, 4294967294u, 8589934592, 0, NULL},
     1536,
     "56afa88bbf3091392108680957e8472ddc07500088943fc6ebb28fb2744cf0c0"},
    {{X100 X100 X100 "f", TAR_FILE, 0644, 2097152, 2097152, 0, 8589934592u, NULL},
     1536,
     "11fc4ce21c0da751e3ddafa9d6eb1b23de90c95cece97d0e7685ad8089fba63d"},
};

static void test_golden_headers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        CLEANUP(buf_release) struct buf b = BUF_INIT(0);
        tar_header(&b, &table[i].entry);
        struct sha256 have = sha256_of(b.data, b.len);
        assert_int_equal(b.len, table[i].length);
        if (strcmp(sha256_hex(&have).s, table[i].sha256) != 0)
            fail_msg("entry %zu: %zu bytes, %s", i, b.len, sha256_hex(&have).s);
    }
}

/* Each field at its place, spelled out once. */
static void test_fields_of_a_header(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    const struct tar_entry e = {"usr/bin/x", TAR_FILE, 0107755, 10, 8, 511, 4096, NULL};
    tar_header(&b, &e);
    assert_int_equal(b.len, 512);
    assert_memory_equal(b.data, "usr/bin/x\0", 10);
    assert_memory_equal(b.data + 100,
                        "0007755\0"
                        "0000012\0"
                        "0000010\0",
                        24);
    assert_memory_equal(b.data + 124,
                        "00000010000\0"
                        "00000000777\0",
                        24);
    unsigned sum = 0;
    for (int i = 0; i < 512; i++)
        sum += i >= 148 && i < 156 ? ' ' : (uint8_t)b.data[i];
    char text[9];
    snprintf(text, sizeof(text), "%06o", sum);
    assert_memory_equal(b.data + 148, text, 7);
    assert_int_equal(b.data[155], ' ');
    assert_memory_equal(b.data + 156, "0\0", 2);
    assert_memory_equal(b.data + 257,
                        "ustar\0"
                        "00\0",
                        9);
    assert_memory_equal(b.data + 329,
                        "0000000\0"
                        "0000000\0",
                        17);
    for (int i = 345; i < 512; i++)
        assert_int_equal(b.data[i], 0);
}

static void test_pax_records(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    const struct tar_entry e = {"d/" N100 "tail", TAR_HARDLINK, 0600, 2097152, 2097153, 7, 0,
                                N100 "x"};
    tar_header(&b, &e);
    assert_int_equal(b.len, 512 + 512 + 512);
    assert_memory_equal(b.data, "PaxHeaders/" N20 N20 N20 "nnnnnnnnnnnnnnnntail\0", 92);
    assert_memory_equal(b.data + 100,
                        "0000644\0"
                        "0000000\0"
                        "0000000\0",
                        24);
    assert_memory_equal(b.data + 136, "00000000000\0", 12);
    assert_int_equal(b.data[156], 'x');
    assert_string_equal(b.data + 512, "116 path=d/" N100 "tail\n"
                                      "115 linkpath=" N100 "x\n"
                                      "15 uid=2097152\n"
                                      "15 gid=2097153\n");
    assert_memory_equal(b.data + 1024, "d/" N100, 100);
    assert_memory_equal(b.data + 1024 + 157, N100, 100);
    assert_memory_equal(b.data + 1024 + 108,
                        "0000000\0"
                        "0000000\0"
                        "00000000000\0",
                        28);
}

/* A record's length counts its own digits, also where that makes it a digit longer. */
static void test_record_length_at_the_edge(void **state)
{
    (void)state;
    for (size_t n = 101; n < 1100; n++) {
        CLEANUP(free_ptr) char *path = xmalloc(n + 1);
        memset(path, 'p', n);
        path[n] = 0;
        CLEANUP(buf_release) struct buf b = BUF_INIT(0);
        tar_header(&b, &(struct tar_entry){.path = path, .type = TAR_FILE});
        char *end;
        unsigned long length = strtoul(b.data + 512, &end, 10);
        assert_memory_equal(end, " path=p", 7);
        assert_int_equal(b.data[512 + length - 1], '\n');
        assert_int_equal(b.len, 1024 + (length + 511) / 512 * 512);
        for (size_t i = 512 + length; i < b.len - 512; i++)
            assert_int_equal(b.data[i], 0);
    }
}

static void test_root_padding_and_end(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    tar_header(&b, &(struct tar_entry){.path = "", .type = TAR_DIRECTORY, .mode = 0755});
    tar_padding(&b, 0);
    tar_padding(&b, 512);
    tar_padding(&b, UINT64_C(1) << 40);
    assert_int_equal(b.len, 0);
    tar_padding(&b, 1);
    assert_int_equal(b.len, 511);
    tar_padding(&b, 513);
    assert_int_equal(b.len, 1022);
    tar_end(&b);
    assert_int_equal(b.len, 2046);
    for (size_t i = 0; i < b.len; i++)
        assert_int_equal(b.data[i], 0);
}

/* The whole table as an archive; sizes are kept small, as content follows. */
static void make_archive(struct buf *b)
{
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct tar_entry e = table[i].entry;
        e.size = e.type == TAR_FILE && e.size < 1000 ? e.size : 0;
        tar_header(b, &e);
        for (uint64_t n = 0; n < e.size; n++)
            buf_addch(b, 'c');
        tar_padding(b, e.size);
    }
    tar_end(b);
}

static int64_t written_time(const struct tar_entry *e)
{
    return e->mtime < 0 ? 0 : e->mtime > 8589934591 ? 8589934591 : e->mtime;
}

static void check_entry(struct archive_entry *have, const struct tar_entry *e)
{
    CLEANUP(free_ptr) char *path = xasprintf("%s%s", e->path, e->type == TAR_DIRECTORY ? "/" : "");
    /* Under LC_ALL=C libarchive gives a pax record's text only as UTF-8. */
    const char *name = archive_entry_pathname(have);
    assert_string_equal(name ? name : archive_entry_pathname_utf8(have), path);
    const char *target = archive_entry_symlink(have);
    assert_string_equal(target ? target : "", e->type == TAR_SYMLINK ? e->target : "");
    const char *hard = archive_entry_hardlink(have);
    assert_string_equal(hard ? hard : "", e->type == TAR_HARDLINK ? e->target : "");
    assert_int_equal(archive_entry_perm(have), e->mode);
    assert_int_equal(archive_entry_uid(have), e->uid);
    assert_int_equal(archive_entry_gid(have), e->gid);
    assert_int_equal(archive_entry_mtime(have), written_time(e));
    assert_string_equal(archive_entry_uname(have) ? archive_entry_uname(have) : "", "");
    if (e->type != TAR_HARDLINK)
        assert_int_equal(archive_entry_filetype(have), e->type == TAR_FILE      ? AE_IFREG
                                                       : e->type == TAR_SYMLINK ? AE_IFLNK
                                                                                : AE_IFDIR);
}

static struct archive *open_memory(const struct buf *b)
{
    struct archive *a = archive_read_new();
    assert_int_equal(archive_read_support_format_tar(a), ARCHIVE_OK);
    assert_int_equal(archive_read_open_memory(a, b->data, b->len), ARCHIVE_OK);
    return a;
}

static void test_libarchive_reads_the_same(void **state)
{
    (void)state;
    setlocale(LC_ALL, "C");
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    make_archive(&b);
    struct archive *a = open_memory(&b);
    struct archive_entry *entry;
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        int r = archive_read_next_header(a, &entry);
        if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
            fail_msg("entry %zu: %s", i, archive_error_string(a));
        check_entry(entry, &table[i].entry);
        if (table[i].entry.type == TAR_FILE && table[i].entry.size < 1000)
            assert_int_equal(archive_entry_size(entry), table[i].entry.size);
    }
    assert_int_equal(archive_read_next_header(a, &entry), ARCHIVE_EOF);
    archive_read_free(a);
}

static void test_libarchive_reads_huge_sizes(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {8589934591u, 8589934592u, UINT64_C(1) << 50};
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        CLEANUP(buf_release) struct buf b = BUF_INIT(0);
        tar_header(&b, &(struct tar_entry){.path = "big", .type = TAR_FILE, .size = sizes[i]});
        struct archive *a = open_memory(&b);
        struct archive_entry *entry;
        assert_int_equal(archive_read_next_header(a, &entry), ARCHIVE_OK);
        assert_true(archive_entry_size(entry) == (int64_t)sizes[i]);
        archive_read_free(a);
    }
}

/* Prints a line an entry: name, type, mode, ids, size, time, target. */
static const char python[] =
    "import sys, tarfile\n"
    "t = tarfile.open('x.tar', encoding='utf-8', errors='surrogateescape')\n"
    "for m in t:\n"
    "    line = '%s %s %o %d %d %d %d %s\\n' % (m.name, m.type.decode(), m.mode, m.uid, m.gid,\n"
    "                                           m.size, m.mtime, m.linkname)\n"
    "    sys.stdout.buffer.write(line.encode('utf-8', 'surrogateescape'))\n";

static void test_python_reads_the_same(void **state)
{
    (void)state;
    if (!have_command("python3"))
        skip();
    CLEANUP(scratch_cleanup) char *scratch = scratch_new();
    CLEANUP(buf_release) struct buf b = BUF_INIT(0), want = BUF_INIT(0), have = BUF_INIT(0);
    make_archive(&b);
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        const struct tar_entry *e = &table[i].entry;
        bool file = e->type == TAR_FILE && e->size < 1000;
        buf_addf(&want, "%s %c %o %u %u %llu %lld %s\n", e->path, (char)e->type, e->mode, e->uid,
                 e->gid, file ? (unsigned long long)e->size : 0, (long long)written_time(e),
                 e->target ? e->target : "");
    }
    scratch_write(scratch, "x.tar", b.data, b.len);
    scratch_write(scratch, "list.py", python, strlen(python));
    assert_int_equal(scratch_run(scratch, &have, "python3 list.py"), 0);
    assert_string_equal(have.data, want.data);
}

static void test_gnu_tar_reads_the_same(void **state)
{
    (void)state;
    CLEANUP(scratch_cleanup) char *scratch = scratch_new();
    CLEANUP(buf_release) struct buf b = BUF_INIT(0), want = BUF_INIT(0), have = BUF_INIT(0);
    make_archive(&b);
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        buf_addf(&want, "%s%s\n", table[i].entry.path,
                 table[i].entry.type == TAR_DIRECTORY ? "/" : "");
    scratch_write(scratch, "x.tar", b.data, b.len);
    assert_int_equal(scratch_run(scratch, &have, "tar -t --quoting-style=literal -f x.tar 2>&1"),
                     0);
    assert_string_equal(have.data, want.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_headers),
        cmocka_unit_test(test_fields_of_a_header),
        cmocka_unit_test(test_pax_records),
        cmocka_unit_test(test_record_length_at_the_edge),
        cmocka_unit_test(test_root_padding_and_end),
        cmocka_unit_test(test_libarchive_reads_the_same),
        cmocka_unit_test(test_libarchive_reads_huge_sizes),
        cmocka_unit_test(test_python_reads_the_same),
        cmocka_unit_test(test_gnu_tar_reads_the_same),
    };
    return cmocka_run_group_tests_name("tar", tests, NULL, NULL);
}
