/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile debs: each is refused with a reason, leaves no layer and no facts behind. */
#include "rootfs/content.h"
#include "unpacker.h"

#include "base/path.h"
#include "scratch.h"
#include "unit.h"
#include <dirent.h>
#include <zstd.h>

/* What is wrong with the data member, and what the error says of it. */
struct attack {
    const char *what;
    void (*make)(struct buf *data);
    const char *says;
};

static void climb(struct buf *d)
{
    maker_file(d, "../../etc/x", 0644, "x");
}
static void climb_inside(struct buf *d)
{
    maker_file(d, "./usr/../../etc/x", 0644, "x");
}
static void absolute(struct buf *d)
{
    maker_file(d, "/etc/x", 0644, "x");
}
static void empty_name(struct buf *d)
{
    maker_file(d, "", 0644, "x");
}
static void dot_part(struct buf *d)
{
    maker_file(d, "./usr/./x", 0644, "x");
}
static void empty_part(struct buf *d)
{
    maker_file(d, "./usr//x", 0644, "x");
}
static void newline(struct buf *d)
{
    maker_file(d, "./usr/a\nb", 0644, "x");
}
static void long_name(struct buf *d)
{
    CLEANUP(buf_release) struct buf name = BUF_INIT(0);
    while (name.len < 4100)
        buf_addstr(&name, "0123456789");
    maker_file(d, name.data, 0644, "x");
}
static void deep_name(struct buf *d)
{
    CLEANUP(buf_release) struct buf name = BUF_INIT(0);
    for (int i = 0; i < 200; i++)
        buf_addstr(&name, "d/");
    buf_addstr(&name, "f");
    maker_file(d, name.data, 0644, "x");
}
static void root_is_a_link(struct buf *d)
{
    maker_symlink(d, "./", "/tmp");
}

static void through_a_link(struct buf *d)
{
    maker_symlink(d, "./a", "/tmp");
    maker_file(d, "./a/b", 0644, "x");
}
static void link_over_parent(struct buf *d)
{
    maker_file(d, "./a/b", 0644, "x");
    maker_symlink(d, "./a", "/tmp");
}
static void through_a_dropped_link(struct buf *d)
{
    maker_symlink(d, "./dropped", "/tmp");
    maker_file(d, "./dropped/b", 0644, "x");
}
static void through_a_file(struct buf *d)
{
    maker_file(d, "./a", 0644, "x");
    maker_file(d, "./a/b/c", 0644, "x");
}
static void twice(struct buf *d)
{
    maker_file(d, "./usr/x", 0644, "1");
    maker_file(d, "./usr/x", 0644, "2");
}
static void twice_merged(struct buf *d)
{
    maker_file(d, "./bin/x", 0644, "1");
    maker_file(d, "./usr/bin/x", 0644, "2");
}
static void directory_twice(struct buf *d)
{
    maker_directory(d, "./usr/");
    maker_directory(d, "./usr/");
}
static void file_over_directory(struct buf *d)
{
    maker_directory(d, "./usr/");
    maker_file(d, "./usr", 0644, "1");
}
static void bin_is_a_file(struct buf *d)
{
    maker_file(d, "./bin", 0755, "x");
}
static void bin_leads_away(struct buf *d)
{
    maker_symlink(d, "./bin", "/tmp/bin");
}
static void run_leads_away(struct buf *d)
{
    maker_symlink(d, "./var/run", "/tmp");
}

static void link_outside(struct buf *d)
{
    maker_hardlink(d, "./x", "../../etc/shadow");
}
static void link_absolute(struct buf *d)
{
    maker_hardlink(d, "./x", "/etc/shadow");
}
static void link_to_nothing(struct buf *d)
{
    maker_hardlink(d, "./x", "./later");
    maker_file(d, "./later", 0644, "x");
}
static void link_to_directory(struct buf *d)
{
    maker_directory(d, "./usr/");
    maker_hardlink(d, "./x", "./usr");
}
static void link_to_missing_directory(struct buf *d)
{
    maker_file(d, "./usr/f", 0644, "f");
    maker_hardlink(d, "./x", "./usr");
}
static void link_to_symlink(struct buf *d)
{
    maker_symlink(d, "./s", "/etc/shadow");
    maker_hardlink(d, "./x", "./s");
}
static void link_through_link(struct buf *d)
{
    maker_directory(d, "./usr/");
    maker_file(d, "./usr/f", 0644, "x");
    maker_symlink(d, "./s", "usr");
    maker_hardlink(d, "./x", "./s/f");
}
static void link_to_itself(struct buf *d)
{
    maker_hardlink(d, "./x", "./x");
}
static void link_with_data(struct buf *d)
{
    maker_file(d, "./f", 0644, "x");
    maker_header(d, "./x", '1', 0644, "./f", 4);
    maker_bytes(d, "evil", 4);
}

static void block_device(struct buf *d)
{
    maker_header(d, "./dev/sda", '4', 0660, NULL, 0);
}
static void character_device(struct buf *d)
{
    maker_header(d, "./dev/mem", '3', 0660, NULL, 0);
}
static void pipe_entry(struct buf *d)
{
    maker_header(d, "./run/pipe", '6', 0660, NULL, 0);
}

static void global_header(struct buf *d)
{
    maker_pax(d, 'g', "19 path=./etc/evil\n", 19);
    maker_file(d, "./x", 0644, "x");
}
static void sparse_file(struct buf *d)
{
    maker_header(d, "./x", 'S', 0644, NULL, 0);
}
static void sparse_pax(struct buf *d)
{
    maker_pax_record(d, "GNU.sparse.name", "./etc/evil");
    maker_file(d, "./x", 0644, "x");
}
static void pax_charset(struct buf *d)
{
    maker_pax_record(d, "hdrcharset", "BINARY");
    maker_file(d, "./x", 0644, "x");
}
static void pax_size(struct buf *d)
{
    maker_pax_record(d, "size", "600");
    maker_file(d, "./x", 0644, "x");
    maker_file(d, "./hidden", 0644, "x");
}
static void pax_size_over_long_name(struct buf *d)
{
    maker_pax_record(d, "size", "1536");
    maker_header(d, "././@LongLink", 'L', 0, NULL, 6);
    maker_bytes(d, "./usr", 6);
    maker_file(d, "./x", 0644, "x");
}
static void pax_twice(struct buf *d)
{
    maker_pax_record(d, "path", "./a");
    maker_pax_record(d, "path", "./b");
    maker_file(d, "./x", 0644, "x");
}
static void pax_key_twice(struct buf *d)
{
    maker_pax(d, 'x', "12 path=./a\n12 path=./b\n", 24);
    maker_file(d, "./x", 0644, "x");
}
static void pax_nul(struct buf *d)
{
    maker_pax(d, 'x', "14 path=./a\0b\n", 14);
    maker_file(d, "./x", 0644, "x");
}
static void pax_damaged(struct buf *d)
{
    maker_pax(d, 'x', "99 path=./a\n", 12);
    maker_file(d, "./x", 0644, "x");
}
static void pax_climb(struct buf *d)
{
    maker_pax_record(d, "path", "../../etc/x");
    maker_file(d, "./x", 0644, "x");
}
static void pax_link_climb(struct buf *d)
{
    maker_file(d, "./f", 0644, "x");
    maker_pax_record(d, "linkpath", "../../etc/shadow");
    maker_hardlink(d, "./x", "./f");
}
static void pax_alone(struct buf *d)
{
    maker_pax_record(d, "path", "./a");
}
static void name_with_nul(struct buf *d)
{
    maker_file(d, "./x", 0644, "x");
    d->data[8] = 'y';
    maker_checksum(d, 0);
}
static void long_name_with_nul(struct buf *d)
{
    maker_header(d, "././@LongLink", 'L', 0, NULL, 8);
    maker_bytes(d, "./a\0b/c", 8);
    maker_file(d, "./x", 0644, "x");
}
static void wrong_checksum(struct buf *d)
{
    maker_file(d, "./x", 0644, "x");
    d->data[0] ^= 1;
}
static void directory_with_data(struct buf *d)
{
    maker_header(d, "./x/", '5', 0755, NULL, 512);
    maker_bytes(d, "", 1);
}
static void unknown_type(struct buf *d)
{
    maker_header(d, "./x", 'V', 0755, NULL, 0);
}
static void negative_size(struct buf *d)
{
    maker_file(d, "./x", 0644, "x");
    memset(d->data + 124, 0xff, 12);
    maker_checksum(d, 0);
}
static void behind_the_end(struct buf *d)
{
    maker_file(d, "./x", 0644, "x");
    maker_end(d);
    maker_file(d, "./y", 0644, "y");
}
static void data_too_short(struct buf *d)
{
    maker_header(d, "./x", '0', 0644, NULL, 100000);
    maker_bytes(d, "x", 1);
}
static void records_of_dpkg(struct buf *d)
{
    maker_file(d, "./var/lib/dpkg/status", 0644, "Package: evil\n");
}
static void link_over_records(struct buf *d)
{
    maker_symlink(d, "./var/lib/dpkg", "/tmp");
}

static const struct attack attacks[] = {
    {"up and out", climb, "has a \"..\" part"},
    {"up and out further in", climb_inside, "has a \"..\" part"},
    {"absolute", absolute, "is absolute"},
    {"no name", empty_name, "a path is empty"},
    {"a dot in the way", dot_part, "has a \".\" part"},
    {"an empty part", empty_part, "has an empty part"},
    {"a newline", newline, "newline"},
    {"a long name", long_name, "longer than 4096"},
    {"a deep name", deep_name, "more than 128 parts"},
    {"the root as a link", root_is_a_link, "the root must be a directory"},
    {"through a link", through_a_link, "lies below /a, which is not a directory"},
    {"a link over a parent", link_over_parent, "other files of this package lie below it"},
    {"through a dropped link", through_a_dropped_link, "lies below /dropped"},
    {"through a file", through_a_file, "lies below /a"},
    {"twice", twice, "stands twice"},
    {"twice by usrmerge", twice_merged, "stands twice"},
    {"a directory twice", directory_twice, "stands twice"},
    {"a file over a directory", file_over_directory, "stands twice"},
    {"/bin as a file", bin_is_a_file, "must be a directory or the link to usr/bin"},
    {"/bin to elsewhere", bin_leads_away, "must be a directory or the link to usr/bin"},
    {"/var/run to elsewhere", run_leads_away, "must be a directory or the link to /run"},
    {"a hard link outside", link_outside, "target of a hard link"},
    {"an absolute hard link", link_absolute, "target of a hard link"},
    {"a hard link to nothing yet", link_to_nothing, "no earlier file"},
    {"a hard link to a directory", link_to_directory, "no earlier file"},
    {"a hard link to a directory that isn't there", link_to_missing_directory, "no earlier file"},
    {"a hard link to a symlink", link_to_symlink, "no earlier file"},
    {"a hard link through a symlink", link_through_link, "no earlier file"},
    {"a hard link to itself", link_to_itself, "no earlier file"},
    {"a hard link with data", link_with_data, "hard link with data"},
    {"a block device", block_device, "FS-DEV: it is a block device"},
    {"a character device", character_device, "FS-DEV: it is a character device"},
    {"a pipe", pipe_entry, "FS-DEV: it is a named pipe"},
    {"a global header", global_header, "global pax header"},
    {"a sparse file", sparse_file, "sparse file"},
    {"a sparse file by pax", sparse_pax, "pax key \"GNU.sparse.name\""},
    {"a charset by pax", pax_charset, "pax key \"hdrcharset\""},
    {"a size by pax", pax_size, "two sizes"},
    {"a pax size over a long name", pax_size_over_long_name, "contradict each other"},
    {"two pax headers", pax_twice, "contradict each other"},
    {"a pax key twice", pax_key_twice, "pax key twice"},
    {"a NUL by pax", pax_nul, "NUL byte in a name"},
    {"a damaged pax header", pax_damaged, "damaged pax header"},
    {"up and out by pax", pax_climb, "has a \"..\" part"},
    {"a hard link out by pax", pax_link_climb, "target of a hard link"},
    {"a pax header alone", pax_alone, "is missing behind"},
    {"a NUL in a name", name_with_nul, "NUL byte in a name"},
    {"a NUL in a long name", long_name_with_nul, "NUL byte in a long name"},
    {"a wrong checksum", wrong_checksum, "wrong checksum"},
    {"a directory with data", directory_with_data, "has data and is no file"},
    {"an unknown type", unknown_type, "unknown type"},
    {"a negative size", negative_size, "has no size"},
    {"something behind the end", behind_the_end, "behind the end"},
    {"too little data", data_too_short, "ends too early"},
    {"dpkg's status", records_of_dpkg, "in the place of dpkg's records"},
    {"a link over dpkg's records", link_over_records, "in the place of dpkg's records"},
};

static void test_hostile_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(attacks); i++) {
        CLEANUP(buf_release) struct buf control = BUF_INIT(0);
        CLEANUP(buf_release) struct buf data = BUF_INIT(0);
        CLEANUP(buf_release) struct buf deb = BUF_INIT(0);
        maker_control(&control, "x", "", NULL);
        attacks[i].make(&data);
        maker_deb(&deb, &control, &data);
        expect_refused(attacks[i].what, &deb, attacks[i].says);
    }
}

static void expect_hostile(const char *what, struct buf *control, const char *says)
{
    CLEANUP(buf_release) struct buf data = BUF_INIT(0), deb = BUF_INIT(0);
    maker_deb(&deb, control, &data);
    expect_refused(what, &deb, says);
    buf_reset(control);
}

static void test_hostile_control(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf c = BUF_INIT(0);
    maker_control(&c, "y", "", NULL);
    expect_hostile("another package", &c, "says that it is y 1.0 for all");
    maker_control(&c, "x", "Status: install ok installed\n", NULL);
    expect_hostile("a status of its own", &c, "field of dpkg's own records");
    maker_control(&c, "x", "\nPackage: z\n", NULL);
    expect_hostile("two stanzas", &c, "several stanzas");
    maker_control(&c, "x", "", NULL);
    maker_control(&c, "x", "", NULL);
    expect_hostile("control twice", &c, "stands twice");
    maker_control(&c, "x", "", NULL);
    maker_file(&c, "./a/postinst", 0755, "");
    expect_hostile("a directory in it", &c, "no plain file");
    maker_control(&c, "x", "", NULL);
    maker_symlink(&c, "./postinst", "/etc/passwd");
    expect_hostile("a link in it", &c, "no plain file");
    maker_control(&c, "x", "", NULL);
    maker_file(&c, "../postinst", 0755, "");
    expect_hostile("up and out", &c, "has a \"..\" part");
    maker_file(&c, "./md5sums", 0644, "");
    expect_hostile("no control file", &c, "has no control file");
    maker_file(&c, "./control", 0644, "");
    expect_hostile("an empty control file", &c, "is empty");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile_data),
        cmocka_unit_test(test_hostile_control),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
