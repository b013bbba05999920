/* SPDX-License-Identifier: Apache-2.0 */
/* The input key: what determines an image moves it, and nothing else does. */
#include "base/file.h"
#include "fleet/input.h"
#include "scratch.h"
#include "unit.h"

#include <sys/stat.h>
#include <utime.h>

struct input {
    char *scratch;
    struct session session;
    atomic_int stop;
    struct build_options options;
    struct strv arches;
    const char *dir; /* the checkout, below scratch */
    char *lock;
};

#define FULL                                                                                      \
    "title = \"t\"\npackages = {\"aa\"}\nca_certificate = {\"own.pem\"}\ntemplate = {\"base\"}\n" \
    "file \"/own\" { source = \"own\" }\ntree \"/tree\" { source = \"tree\" }\n"                  \
    "file \"/url\" { url = \"https://example.org/x\" sha256 = \""                                 \
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\" }\n"

#define PACKAGE(name, digit)                                                                    \
    "{\"name\":\"" name "\",\"version\":\"1\",\"arch\":\"amd64\",\"source\":\"aa\","            \
    "\"source_version\":\"1\",\"origin\":\"debian\",\"size\":10,\"sha256\":\"e3b0c44298fc1c149" \
    "afbf4c8996fb92427ae41e4649b934ca495991b7852b85" digit "\",\"path\":\"pool/a.deb\"}"
#define LOCK(date, account, digit, layers)                                                      \
    "{\"format\":1,\"recipe\":\"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991" \
    "b7852b855\",\"sources\":[{\"source\":\"debian\",\"suite\":\"trixie\",\"date\":\"" date     \
    "\",\"inrelease\":\"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85" \
    "5\"}],\"compressor\":{\"name\":\"zstd\",\"version\":\"1\",\"level\":3},\"accounts\":["     \
    "{\"name\":\"x\",\"uid\":" account ",\"gid\":1}],\"architectures\":{\"amd64\":{\"packages"  \
    "\":[" PACKAGE("aa", digit) "," PACKAGE("bb", "5") "],\"omitted\":[],\"layers\":" layers "}}}"
#define LAYERS "[[\"aa\"],[\"bb\"]]"

static void start(struct input *t)
{
    *t = (struct input){.dir = "one"};
    t->scratch = scratch_new();
    t->session = (struct session){log_new(stderr, LOG_ERROR), pool_new(0), &t->stop};
    strv_add(&t->arches, "amd64");
    t->lock = xstrdup(LOCK("2026-11-21T00:00:00Z", "1", "5", LAYERS));
    assert_int_equal(scratch_run(t->scratch, NULL,
                                 "mkdir -p one/r/tree/d one/rootfs-templates/base/etc &&"
                                 "echo own >one/r/own; echo pem >one/r/own.pem;"
                                 "echo f >one/r/tree/d/f; ln -s f one/r/tree/d/l;"
                                 "printf '#mtree\\n./etc type=dir mode=0755 uid=0 gid=0\\n"
                                 "./etc/x type=file mode=0644 uid=0 gid=0\\n'"
                                 " >one/rootfs-templates/base.mtree;"
                                 "echo x >one/rootfs-templates/base/etc/x"),
                     0);
    scratch_write(t->scratch, "one/r/x.conf", FULL, strlen(FULL));
}

static void finish(struct input *t)
{
    strv_release(&t->arches);
    pool_end(t->session.pool);
    log_free(t->session.log);
    scratch_remove(t->scratch);
    free(t->lock);
}

static struct sha256 key(struct input *t)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(free_ptr) char *path = xasprintf("%s/%s/r/x.conf", t->scratch, t->dir);
    struct recipe *r = NULL;
    struct lock *l = NULL;
    struct sha256 ret;

    assert_ok(recipe_load(path, &t->options.recipe, &r, &err), &err);
    assert_ok(lock_parse(t->lock, strlen(t->lock), "x.lock", &l, &err), &err);
    assert_ok(input_key(&t->session, r, l, &t->arches, &t->options, &ret, &err), &err);
    recipe_free(r);
    lock_free(l);
    return ret;
}

#define assert_same(a, b)                                          \
    do {                                                           \
        struct sha256 x_ = (a), y_ = (b);                          \
        assert_string_equal(sha256_hex(&x_).s, sha256_hex(&y_).s); \
    } while (0)

static void assert_moves(struct input *t, const struct sha256 *was, const char *what)
{
    struct sha256 now = key(t);

    if (sha256_eq(was, &now))
        fail_msg("%s: the key stayed", what);
}

static void set_lock(struct input *t, const char *text)
{
    free(t->lock);
    t->lock = xstrdup(text);
}

static void test_what_does_not_count(void **state)
{
    CLEANUP(finish) struct input t;

    (void)state;
    start(&t);
    struct sha256 was = key(&t);
    assert_same(was, key(&t));
    set_lock(&t, LOCK("2026-11-22T00:00:00Z", "1", "5", LAYERS));
    assert_same(was, key(&t));
    assert_int_equal(scratch_run(t.scratch, NULL, "touch one/r/own one/r/tree/d/f"), 0);
    assert_same(was, key(&t));
    assert_int_equal(scratch_run(t.scratch, NULL, "chmod g+w one/r/own"), 0);
    assert_same(was, key(&t));
    assert_int_equal(scratch_run(t.scratch, NULL, "mv one two"), 0);
    t.dir = "two";
    assert_same(was, key(&t));
    assert_int_equal(scratch_run(t.scratch, NULL,
                                 "sed -i '1i # a comment\\n\\ntags = {\"1\", \"2\"}\\n"
                                 "source \"debian\" { mirror = {\"https://example.org/d\"} }' "
                                 "two/r/x.conf"),
                     0);
    assert_same(was, key(&t));
}

static void assert_after(struct input *t, const char *command)
{
    struct sha256 was = key(t);

    assert_int_equal(scratch_run(t->scratch, NULL, "%s", command), 0);
    assert_moves(t, &was, command);
}

static void test_recipe_and_files_count(void **state)
{
    CLEANUP(finish) struct input t;

    (void)state;
    start(&t);
    assert_after(&t, "echo other >one/r/own");
    assert_after(&t, "chmod +x one/r/own");
    assert_after(&t, "echo other >one/r/own.pem");
    assert_after(&t, "echo other >one/r/tree/d/f");
    assert_after(&t, "mv one/r/tree/d/f one/r/tree/d/g");
    assert_after(&t, "ln -sf other one/r/tree/d/l");
    assert_after(&t, "mkdir one/r/tree/empty");
    assert_after(&t, "echo other >one/rootfs-templates/base/etc/x");
    assert_after(&t, "sed -i s/0644/0640/ one/rootfs-templates/base.mtree");
    assert_after(&t, "sed -i 's/title = \"t\"/title = \"u\"/' one/r/x.conf");
    assert_after(&t, "echo 'alternative \"awk\" { path = \"/usr/bin/mawk\" }' >> one/r/x.conf");
    assert_after(&t, "sed -i 's,/usr/bin/mawk,/usr/bin/gawk,' one/r/x.conf");
    assert_after(&t, "sed -i s/e3b0/e3b1/ one/r/x.conf");
    assert_after(&t, "echo 'config { env = {\"A=1\"} }' >>one/r/x.conf");
    assert_after(&t, "echo 'exclude += {\"/usr/share/x/**\"}' >>one/r/x.conf");
    assert_after(&t, "echo 'level = 4' >>one/r/x.conf");
}

static void test_lock_and_surroundings_count(void **state)
{
    CLEANUP(finish) struct input t;

    (void)state;
    start(&t);
    struct sha256 was = key(&t);
    set_lock(&t, LOCK("2026-11-21T00:00:00Z", "2", "5", LAYERS));
    assert_moves(&t, &was, "an allotted id");
    set_lock(&t, LOCK("2026-11-21T00:00:00Z", "1", "6", LAYERS));
    assert_moves(&t, &was, "a deb's digest");
    set_lock(&t, LOCK("2026-11-21T00:00:00Z", "1", "5", "[[\"bb\"],[\"aa\"]]"));
    assert_moves(&t, &was, "the order of layers");
    set_lock(&t, LOCK("2026-11-21T00:00:00Z", "1", "5", LAYERS));
    t.options.has_epoch = true;
    assert_moves(&t, &was, "SOURCE_DATE_EPOCH=0");
    was = key(&t);
    t.options.epoch = 1;
    assert_moves(&t, &was, "SOURCE_DATE_EPOCH=1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_does_not_count),
        cmocka_unit_test(test_recipe_and_files_count),
        cmocka_unit_test(test_lock_and_surroundings_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
