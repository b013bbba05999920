/* SPDX-License-Identifier: Apache-2.0 */
#include "layers.h"

#define STACK(s)                                     \
    CLEANUP(stack_end) struct stack s;               \
    CLEANUP(buf_release) struct buf t = BUF_INIT(0); \
    stack_start(&s)

static void assert_text(const struct stack *s, const char *path, const char *text)
{
    const struct node *n = stack_node(s, path);
    struct sha256 want = sha256_of(text, strlen(text));

    assert_int_equal(n->type, ENTRY_FILE);
    assert_int_equal(n->size, strlen(text));
    assert_true(sha256_eq(&n->sha256, &want));
}

static void test_all_packings_are_read(void **state)
{
    (void)state;
    STACK(s);
    maker_directory(&t, "a/");
    maker_file(&t, "a/plain", 0644, "plain");
    stack_layer(&s, &t, PACK_NOT);
    maker_file(&t, "a/gzip", 0644, "gzip");
    stack_layer(&s, &t, PACK_GZIP);
    maker_file(&t, "./a/zstd", 04755, "zstd");
    stack_layer(&s, &t, PACK_ZSTD);
    flat_finish(&s.flat);
    assert_text(&s, "a/plain", "plain");
    assert_text(&s, "a/gzip", "gzip");
    assert_text(&s, "a/zstd", "zstd");
    assert_int_equal(stack_node(&s, "a/zstd")->mode, 04755);
    assert_int_equal(flat_layer_of(&s.flat, stack_node(&s, "a/gzip")->origin), 1);
    assert_int_equal(s.flat.layers[0].entries, 2);
    assert_int_equal(s.flat.layers[2].content, 4);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(s.flat.layers[i].faults.n, 0);
}

static void test_a_whiteout_removes_and_its_layer_remembers(void **state)
{
    (void)state;
    STACK(s);
    maker_file(&t, "root/key", 0600, "secret");
    maker_file(&t, "root/stays", 0600, "stays");
    maker_file(&t, "dir/x/y", 0600, "deep");
    stack_layer(&s, &t, PACK_NOT);
    maker_file(&t, "root/.wh.key", 0, "");
    maker_file(&t, ".wh.dir", 0, "");
    maker_file(&t, "root/.wh.never", 0, "");
    stack_layer(&s, &t, PACK_GZIP);
    flat_finish(&s.flat);
    stack_nothing(&s, "root/key");
    stack_nothing(&s, "root/.wh.key");
    stack_nothing(&s, "dir");
    assert_text(&s, "root/stays", "stays");
    assert_non_null(stack_hidden(&s, 0, "root/key"));
    assert_int_equal(stack_hidden(&s, 0, "root/key")->mode, 0600);
    assert_non_null(stack_hidden(&s, 0, "dir/x/y"));
    assert_null(stack_hidden(&s, 0, "root/stays"));
    assert_null(stack_hidden(&s, 0, "root"));
    assert_int_equal(stack_hidden(&s, 0, "dir/x")->type, ENTRY_DIRECTORY);
    assert_int_equal(s.flat.layers[0].n_hidden, 4);
    assert_int_equal(s.flat.layers[0].hidden_files, 2);
    assert_int_equal(s.flat.layers[0].hidden_bytes, 10);
    assert_int_equal(s.flat.layers[1].whiteouts, 3);
    assert_int_equal(s.flat.layers[1].faults.n, 0);
}

static void test_a_whiteout_leaves_its_own_layer_alone(void **state)
{
    (void)state;
    STACK(s);
    maker_file(&t, "d/old", 0644, "old");
    maker_file(&t, "d/e/old", 0644, "old");
    stack_layer(&s, &t, PACK_NOT);
    maker_file(&t, "d/new", 0644, "new");
    maker_file(&t, "d/e/new", 0644, "new");
    maker_file(&t, ".wh.d", 0, "");
    stack_layer(&s, &t, PACK_NOT);
    flat_finish(&s.flat);
    stack_nothing(&s, "d/old");
    stack_nothing(&s, "d/e/old");
    assert_text(&s, "d/new", "new");
    assert_text(&s, "d/e/new", "new");
}

static void test_an_opaque_directory_hides_what_lay_in_it(void **state)
{
    (void)state;
    STACK(s);
    maker_file(&t, "d/old", 0644, "old");
    maker_file(&t, "d/sub/old", 0644, "old");
    maker_file(&t, "other", 0644, "other");
    stack_layer(&s, &t, PACK_NOT);
    maker_file(&t, "d/before", 0644, "1");
    maker_file(&t, "d/.wh..wh..opq", 0, "");
    maker_file(&t, "d/sub/after", 0644, "2");
    maker_file(&t, ".wh..wh.plnk", 0, "");
    stack_layer(&s, &t, PACK_NOT);
    flat_finish(&s.flat);
    stack_nothing(&s, "d/old");
    stack_nothing(&s, "d/sub/old");
    stack_nothing(&s, ".wh..wh.plnk");
    assert_text(&s, "d/before", "1");
    assert_text(&s, "d/sub/after", "2");
    assert_text(&s, "other", "other");
    assert_non_null(stack_hidden(&s, 0, "d/sub/old"));
    assert_int_equal(s.flat.layers[0].n_hidden, 3);
    assert_int_equal(s.flat.layers[0].hidden_files, 2); /* the directory apart */
}

static void test_what_stands_over_what(void **state)
{
    (void)state;
    STACK(s);
    maker_file(&t, "file", 0644, "1");
    maker_file(&t, "same", 0644, "same");
    maker_file(&t, "tree/x", 0644, "x");
    maker_directory(&t, "kept/");
    maker_file(&t, "kept/x", 0644, "x");
    maker_symlink(&t, "link", "kept");
    stack_layer(&s, &t, PACK_NOT);
    maker_file(&t, "file", 0644, "2");
    maker_file(&t, "same", 0644, "same");
    maker_file(&t, "tree", 0644, "no tree");
    maker_header(&t, "kept/", '5', 0700, NULL, 0);
    maker_directory(&t, "link/");
    maker_file(&t, "link/own", 0644, "own");
    stack_layer(&s, &t, PACK_NOT);
    flat_finish(&s.flat);
    assert_text(&s, "file", "2");
    assert_text(&s, "tree", "no tree");
    assert_text(&s, "kept/x", "x");
    assert_int_equal(stack_node(&s, "kept")->mode, 0700);
    assert_text(&s, "link/own", "own");
    stack_nothing(&s, "kept/own");
    assert_non_null(stack_hidden(&s, 0, "file"));
    assert_non_null(stack_hidden(&s, 0, "tree/x"));
    assert_non_null(stack_hidden(&s, 0, "link"));
    assert_null(stack_hidden(&s, 0, "same"));
}

static void test_entries_follow_links_inside_the_tree(void **state)
{
    (void)state;
    STACK(s);
    maker_directory(&t, "usr/bin/");
    maker_symlink(&t, "bin", "usr/bin");
    maker_symlink(&t, "out", "../../../../etc");
    maker_symlink(&t, "abs", "/srv");
    maker_symlink(&t, "loop", "loop");
    maker_symlink(&t, "a", "b");
    maker_symlink(&t, "b", "a");
    stack_layer(&s, &t, PACK_NOT);
    maker_file(&t, "bin/tool", 0755, "tool");
    maker_file(&t, "out/passwd", 0644, "p");
    maker_file(&t, "abs/x", 0644, "x");
    maker_file(&t, "loop/x", 0644, "x");
    maker_file(&t, "a/x", 0644, "x");
    maker_file(&t, "usr/bin/tool/below", 0644, "x");
    stack_layer(&s, &t, PACK_NOT);
    flat_finish(&s.flat);
    assert_text(&s, "usr/bin/tool", "tool");
    assert_text(&s, "etc/passwd", "p");
    assert_text(&s, "srv/x", "x");
    assert_true(stack_fault(&s, 1, "/loop/x lies below something that is no directory"));
    assert_true(stack_fault(&s, 1, "/a/x lies below"));
    assert_true(stack_fault(&s, 1, "/usr/bin/tool/below lies below"));
    assert_int_equal(s.flat.layers[1].faults.n, 3);
}

static void test_hard_links_reach_across_layers(void **state)
{
    (void)state;
    STACK(s);
    maker_file(&t, "z/data", 0644, "data");
    maker_file(&t, "gone", 0644, "gone");
    stack_layer(&s, &t, PACK_NOT);
    maker_hardlink(&t, "a-link", "z/data");
    maker_header(&t, "from-gone", '1', 04755, "/gone", 0);
    maker_file(&t, ".wh.gone", 0, "");
    maker_hardlink(&t, "nothing", "never");
    maker_hardlink(&t, "dir-link", "z");
    stack_layer(&s, &t, PACK_NOT);
    maker_file(&t, "z/data", 0644, "other");
    stack_layer(&s, &t, PACK_NOT);
    flat_finish(&s.flat);
    assert_text(&s, "a-link", "data"); /* the inode, whatever its first name has become */
    assert_text(&s, "z/data", "other");
    assert_text(&s, "from-gone", "gone");
    assert_int_equal(stack_node(&s, "from-gone")->mode, 04755);
    stack_nothing(&s, "gone");
    stack_nothing(&s, "nothing");
    assert_true(stack_fault(&s, 1, "/nothing is a hard link to nothing"));
    assert_true(stack_fault(&s, 1, "/dir-link is a hard link to a directory"));
}

static void test_names_of_one_inode(void **state)
{
    (void)state;
    STACK(s);
    maker_file(&t, "z", 0755, "data");
    maker_hardlink(&t, "b", "z");
    maker_hardlink(&t, "c", "b");
    stack_layer(&s, &t, PACK_NOT);
    flat_finish(&s.flat);
    assert_text(&s, "b", "data");
    assert_int_equal(stack_node(&s, "c")->type, ENTRY_HARDLINK);
    assert_string_equal(stack_node(&s, "c")->target, "b");
    assert_int_equal(stack_node(&s, "z")->type, ENTRY_HARDLINK);
    assert_string_equal(stack_node(&s, "z")->target, "b");
}

static void test_odd_names_are_faults(void **state)
{
    (void)state;
    STACK(s);
    maker_file(&t, "../../etc/x", 0644, "x");
    maker_file(&t, "usr/nowhere/../bin/su", 04755, "su");
    maker_file(&t, "/abs//./name", 0644, "abs");
    maker_file(&t, "twice", 0644, "1");
    maker_file(&t, "twice", 0644, "2");
    maker_directory(&t, "d/");
    maker_directory(&t, "d/");
    maker_file(&t, "d/.wh.", 0, "");
    maker_file(&t, "bell\a", 0644, "");
    stack_layer(&s, &t, PACK_NOT);
    flat_finish(&s.flat);
    assert_text(&s, "etc/x", "x"); /* where an engine that takes it puts it */
    assert_int_equal(stack_node(&s, "usr/bin/su")->mode, 04755);
    stack_nothing(&s, "usr/nowhere");
    assert_text(&s, "abs/name", "abs");
    assert_text(&s, "twice", "2");
    stack_node(&s, "d");
    stack_node(&s, "bell\a");
    assert_non_null(stack_hidden(&s, 0, "twice"));
    assert_true(stack_fault(&s, 0, "../../etc/x leads out of its directory"));
    assert_true(stack_fault(&s, 0, "/twice stands twice in it"));
    assert_true(stack_fault(&s, 0, "/d/.wh. is a whiteout of nothing"));
    assert_true(stack_fault(&s, 0, "usr/nowhere/../bin/su leads out of its directory"));
    assert_int_equal(s.flat.layers[0].faults.n, 4);
}

static void test_odd_archives_are_faults(void **state)
{
    (void)state;
    STACK(s);
    assert_ok(stack_try(&s, &t), &s.err); /* not a byte */
    maker_file(&t, "x", 0644, "x");
    maker_end(&t);
    buf_zero(&t, 10240);
    assert_ok(stack_try(&s, &t), &s.err);
    maker_file(&t, "y", 0644, "y");
    maker_end(&t);
    buf_addstr(&t, "more");
    assert_ok(stack_try(&s, &t), &s.err);
    maker_file(&t, "z", 0644, "z"); /* without an end */
    assert_ok(stack_try(&s, &t), &s.err);
    flat_finish(&s.flat);
    assert_text(&s, "x", "x");
    assert_text(&s, "z", "z");
    assert_int_equal(s.flat.layers[0].faults.n, 0);
    assert_int_equal(s.flat.layers[1].faults.n, 0);
    assert_true(stack_fault(&s, 2, "bytes behind the end"));
}

static void test_damaged_archives_are_errors(void **state)
{
    (void)state;
    STACK(s);
    buf_addstr(&t, "this is no tar at all, whatever it may be, and long enough to be one, if it "
                   "were");
    buf_zero(&t, 1024);
    assert_fails(stack_try(&s, &t), &s.err, "layer layer-0: isn't a tar, nor one in gzip");
    maker_file(&t, "x", 0644, "xxxx");
    t.len -= 512;
    assert_fails(stack_try(&s, &t), &s.err, "layer layer-1: ");
    maker_file(&t, "x", 0644, "x");
    t.data[1]++;
    assert_fails(stack_try(&s, &t), &s.err, "layer layer-2: ");
}

static void test_attributes_of_pax(void **state)
{
    (void)state;
    STACK(s);
    maker_pax_record(&t, "SCHILY.xattr.security.capability", "\x01 cap");
    maker_file(&t, "tool", 0755, "x");
    maker_pax_record(&t, "LIBARCHIVE.xattr.security.capability", "AQIDBA");
    maker_file(&t, "coded", 0755, "x");
    maker_pax_record(&t, "SCHILY.acl.access",
                     "user::rw-,user:app:rwx:1000,group::r--,mask::rwx,"
                     "other::r--");
    maker_file(&t, "acl", 0644, "x");
    maker_pax_record(&t, "path", "name\xff");
    maker_header(&t, "c", '3', 0600, NULL, 0);
    stack_layer(&s, &t, PACK_NOT);
    flat_finish(&s.flat);
    const struct file_facts *f = stack_node(&s, "tool")->facts;
    assert_non_null(f);
    assert_true(f->marks & MARK_CAPABILITY);
    assert_string_equal(f->xattrs[0].name, "security.capability");
    assert_memory_equal(f->xattrs[0].value, "\x01 cap", 5);
    assert_true(stack_node(&s, "coded")->facts->marks & MARK_CAPABILITY);
    f = stack_node(&s, "acl")->facts;
    assert_int_equal(f->n_xattrs, 1);
    assert_string_equal(f->xattrs[0].name, "SCHILY.acl.access");
    assert_non_null(strstr(f->xattrs[0].value, "user:app:rwx:1000"));
    assert_int_equal(stack_node(&s, "name\xff")->type, ENTRY_CHAR);
}

static void test_the_config_must_name_the_layer(void **state)
{
    (void)state;
    STACK(s);
    maker_file(&t, "x", 0644, "x");
    maker_end(&t);
    struct flat_origin origin = {
        .name = "sha256:1", .packed = t.len, .diff_id = sha256_of("other", 5)};
    assert_ok(flat_layer(&s.flat, source_mem(t.data, t.len), &origin, &s.err), &s.err);
    assert_true(stack_fault(&s, 0, "it isn't the layer that the config names"));
}

static void test_a_foreign_layer_is_not_fetched(void **state)
{
    (void)state;
    CLEANUP(stack_end) struct stack s;
    stack_start(&s);
    struct flat_origin origin = {.name = "sha256:1", .packed = 7, .foreign = true};
    assert_ok(flat_layer(&s.flat, NULL, &origin, &s.err), &s.err);
    flat_finish(&s.flat);
    assert_true(s.flat.incomplete);
    assert_true(s.flat.layers[0].absent);
    assert_true(stack_fault(&s, 0, "it was not fetched"));
}

static void test_text_is_kept_where_it_is_needed(void **state)
{
    (void)state;
    STACK(s);
    struct slice text;
    maker_file(&t, "etc/passwd", 0644, "root:x:0:0::/:\n");
    maker_file(&t, "etc/motd", 0644, "hello");
    maker_file(&t, "etc/gshadow-", 0600, "root:$6$a$b::\n");
    maker_file(&t, "lib/apk/db/installed", 0644, "P:x\n");
    maker_file(&t, "usr/bin/script", 0755, "#! /bin/sh -e\n");
    stack_layer(&s, &t, PACK_ZSTD);
    flat_finish(&s.flat);
    assert_true(tree_text(stack_node(&s, "etc/passwd"), &text));
    assert_true(slice_eq(text, "root:x:0:0::/:\n"));
    assert_true(tree_text(stack_node(&s, "lib/apk/db/installed"), &text));
    assert_false(tree_text(stack_node(&s, "etc/motd"), &text));
    assert_true(tree_text(stack_node(&s, "etc/gshadow-"), &text));
    assert_string_equal(stack_node(&s, "usr/bin/script")->facts->interpreter, "/bin/sh -e");
}

static void test_a_signal_stops(void **state)
{
    (void)state;
    STACK(s);
    s.stop = SIGINT;
    maker_file(&t, "x", 0644, "x");
    assert_int_equal(stack_try(&s, &t), -ERR_STOPPED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_packings_are_read),
        cmocka_unit_test(test_a_whiteout_removes_and_its_layer_remembers),
        cmocka_unit_test(test_a_whiteout_leaves_its_own_layer_alone),
        cmocka_unit_test(test_an_opaque_directory_hides_what_lay_in_it),
        cmocka_unit_test(test_what_stands_over_what),
        cmocka_unit_test(test_entries_follow_links_inside_the_tree),
        cmocka_unit_test(test_hard_links_reach_across_layers),
        cmocka_unit_test(test_names_of_one_inode),
        cmocka_unit_test(test_odd_names_are_faults),
        cmocka_unit_test(test_odd_archives_are_faults),
        cmocka_unit_test(test_damaged_archives_are_errors),
        cmocka_unit_test(test_attributes_of_pax),
        cmocka_unit_test(test_the_config_must_name_the_layer),
        cmocka_unit_test(test_a_foreign_layer_is_not_fetched),
        cmocka_unit_test(test_text_is_kept_where_it_is_needed),
        cmocka_unit_test(test_a_signal_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
