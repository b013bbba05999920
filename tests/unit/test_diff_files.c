/* SPDX-License-Identifier: Apache-2.0 */
/* Which files that differ share a line, and which have one of their own. */
#include "records.h"
#include "report/difference.h"
#include "unit.h"

/* What many files share stands in one line, but for what is setuid; `all` takes that back. */
static void test_groups(void **state)
{
    CLEANUP(record_release) struct record old, now;
    CLEANUP(diff_release) struct image_diff d;
    CLEANUP(buf_release) struct buf text = BUF_INIT(0), all = BUF_INIT(0);
    struct log *log = log_new(stderr, LOG_ERROR);

    (void)state;
    made_record(&old, "old");
    made_record(&now, "now");
    made_directory(&old, "usr", 0755);
    made_directory(&now, "usr", 0755);
    for (char c = 'a'; c <= 'i'; c++) {
        CLEANUP(free_ptr) char *changed = xasprintf("usr/%c", c);
        CLEANUP(free_ptr) char *added = xasprintf("usr/new/below/%c", c);
        CLEANUP(free_ptr) char *program = xasprintf("usr/new/bin/%c", c);
        CLEANUP(free_ptr) char *link = xasprintf("usr/link-%c", c);
        made_file(&old, changed, 0644, "old");
        made_file(&now, changed, c == 'b' ? 0600 : 0644, "now");
        made_file(&now, added, c == 'd' ? 04755 : 0644, "x");
        made_file(&now, program, c == 'e' ? 02755 : 0755, "x");
        made_link(&old, link, "old");
        made_link(&now, link, c == 'f' ? "old" : "now");
    }
    made_directory(&now, "usr/new", 01777);
    made_directory(&now, "usr/new/below", 0755);
    made_directory(&now, "usr/new/bin", 0755);
    made_file(&now, "usr/new/below/run", 0755, "x");
    made_directory(&old, "usr/few", 0755);
    made_file(&old, "usr/few/x", 0644, "x");
    made_package(&old, "pp", "1", "ss");
    made_package(&old, "qq", "1", "ss");
    made_package(&now, "pp", "2", "ss");
    made_package(&now, "qq", "2", "ss");
    made_file(&old, "top", 0644, "x");
    made_directory(&now, "usr/only", 02700);
    made_file(&now, "usr/secret", 0600, "x");
    now.arches[0].paths[now.arches[0].n_paths - 1].gid = 42;
    made_file(&now, "usr/owned", 0644, "x");
    now.arches[0].paths[now.arches[0].n_paths - 1].uid = 7;
    made_link(&now, "usr/to", "new`");
    made_done(&old);
    made_done(&now);
    diff_records(&old, &now, &d);
    assert_int_equal(d.arches[0].n_paths, 9 + 8 + 9 + 9 + 4 + 2 + 1 + 1 + 3);
    difference_text(&d, "a", "b", false, log, &text);
    assert_string_equal(buf_str(&text), "- a\n+ b\n"
                                        "  Packages\n"
                                        "    ~ pp, qq 1 -> 2\n"
                                        "  Files\n"
                                        "    - /top\n"
                                        "    ~ /usr/: content of 8 files\n"
                                        "    ~ /usr/b, content, mode 0644 -> 0600\n"
                                        "    - /usr/few/ and 1 path in it\n"
                                        "    ~ /usr/: targets of 8 links\n"
                                        "    + /usr/new/ and 10 paths in it\n"
                                        "    + /usr/new/below/d, mode 4755\n"
                                        "    + /usr/new/below/run, mode 0755\n"
                                        "    + /usr/new/bin/: 8 executable files\n"
                                        "    + /usr/new/bin/e, mode 2755\n"
                                        "    + /usr/only/, mode 2700\n"
                                        "    + /usr/owned, owner 7:0\n"
                                        "    + /usr/secret, mode 0600, owner 0:42\n"
                                        "    + /usr/to, symlink to new`\n");
    difference_text(&d, "a", "b", true, log, &all);
    assert_non_null(strstr(buf_str(&all), "    ~ pp 1 -> 2\n    ~ qq 1 -> 2\n"));
    assert_non_null(strstr(buf_str(&all), "    ~ /usr/i, content\n"));
    assert_non_null(strstr(buf_str(&all), "    ~ /usr/link-a, target old -> now\n"));
    assert_non_null(strstr(buf_str(&all), "    + /usr/new/, mode 1777\n    + /usr/new/below/\n"));
    assert_null(strstr(buf_str(&all), "files"));
    assert_null(strstr(buf_str(&all), "in it"));
    log_free(log);
}

/* Six files alike have a line each, seven share one. Who may execute it makes no difference; a
 * setgid directory is told with what is in it. */
static void test_few(void **state)
{
    CLEANUP(record_release) struct record old, now;
    CLEANUP(diff_release) struct image_diff d;
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    struct log *log = log_new(stderr, LOG_ERROR);

    (void)state;
    made_record(&old, "old");
    made_record(&now, "now");
    for (char c = '1'; c <= '7'; c++) {
        CLEANUP(free_ptr) char *six = xasprintf("six/%c", c), *seven = xasprintf("seven/%c", c);
        made_file(c == '7' ? &old : &now, six, 0601, c == '7' ? "old" : "x");
        CLEANUP(free_ptr) char *others = xasprintf("others/%c", c), *was = xasprintf("was/%c", c);
        made_file(&now, seven, 0644, "x");
        made_file(&now, others, 0605, "x");
        made_link(&old, was, "x");
        made_file(&now, was, 0777, "x");
    }
    made_file(&now, "six/7", 0601, "now");
    made_directory(&now, "group", 02755);
    made_file(&now, "group/x", 0644, "x");
    made_done(&old);
    made_done(&now);
    diff_records(&old, &now, &d);
    difference_text(&d, "a", "b", false, log, &text);
    assert_string_equal(buf_str(&text), "- a\n+ b\n  Files\n"
                                        "    + /group/ and 1 path in it\n"
                                        "    + /others/: 7 executable files\n"
                                        "    + /seven/: 7 files\n"
                                        "    + /six/1, mode 0601\n"
                                        "    + /six/2, mode 0601\n"
                                        "    + /six/3, mode 0601\n"
                                        "    + /six/4, mode 0601\n"
                                        "    + /six/5, mode 0601\n"
                                        "    + /six/6, mode 0601\n"
                                        "    ~ /six/7, content\n"
                                        "    ~ /was/1, symlink -> file\n"
                                        "    ~ /was/2, symlink -> file\n"
                                        "    ~ /was/3, symlink -> file\n"
                                        "    ~ /was/4, symlink -> file\n"
                                        "    ~ /was/5, symlink -> file\n"
                                        "    ~ /was/6, symlink -> file\n"
                                        "    ~ /was/7, symlink -> file\n");
    log_free(log);
}

/* A file is told once for two architectures if all but its bytes is alike: not where its bytes
 * changed in one alone. */
static void test_bytes_of_architectures(void **state)
{
    struct record one[2], two[2];
    CLEANUP(diff_release) struct image_diff d;
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    struct log *log = log_new(stderr, LOG_ERROR);

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        made_record(&one[i], "x");
        made_record(&two[i], "x");
        made_file(&one[i], "both", 0644, i ? "arm" : "amd");
        made_file(&two[i], "both", 0644, i ? "new arm" : "new amd");
        made_file(&one[i], "one", 0644, "x");
        made_file(&two[i], "one", 0600, i ? "y" : "x");
        made_file(i ? &one[i] : &two[i], "way", 0644, "x");
    }
    made_both(one);
    made_both(two);
    diff_records(one, two, &d);
    difference_text(&d, "a", "b", false, log, &text);
    assert_string_equal(buf_str(&text), "- a\n+ b\n  Files\n"
                                        "    ~ /both, content\n"
                                        "    ~ /one, mode 0644 -> 0600 (amd64)\n"
                                        "    ~ /one, content, mode 0644 -> 0600 (arm64)\n"
                                        "    + /way (amd64)\n"
                                        "    - /way (arm64)\n");
    record_release(one);
    record_release(two);
    log_free(log);
}

/* The work grows with the number of files: by its square this would take minutes. */
static void test_many(void **state)
{
    enum { MANY = 30000 };
    CLEANUP(record_release) struct record old, now;
    CLEANUP(diff_release) struct image_diff d;
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    struct log *log = log_new(stderr, LOG_ERROR);

    (void)state;
    made_record(&old, "old");
    made_record(&now, "now");
    for (unsigned i = 0; i < MANY; i++) {
        CLEANUP(free_ptr) char *path = xasprintf("d%06u%s", i / 2 * 2, i % 2 ? "/x" : "");
        if (i % 2)
            made_file(&now, path, 0644, "x");
        else
            made_directory(&now, path, 0755);
    }
    made_done(&old);
    made_done(&now);
    diff_records(&old, &now, &d);
    time_t start = time(NULL);
    difference_text(&d, "a", "b", false, log, &text);
    assert_true(time(NULL) - start < 60);
    assert_non_null(strstr(buf_str(&text), "    + /d029998/ and 1 path in it\n"));
    log_free(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_few),
        cmocka_unit_test(test_bytes_of_architectures),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
