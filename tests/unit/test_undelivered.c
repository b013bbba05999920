/* SPDX-License-Identifier: Apache-2.0 */
/* What a run keeps in the cache for the next one: undelivered report entries, what it published. */
#include "base/json.h"
#include "fleet/known.h"
#include "fleet/undelivered.h"
#include "scratch.h"
#include "unit.h"

struct world {
    char *dir;
    struct cache *cache;
};

static int start(void **state)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    struct world *w = xcalloc(1, sizeof(*w));

    w->dir = scratch_new();
    assert_ok(cache_open(w->dir, &w->cache, &err), &err);
    *state = w;
    return 0;
}

static int finish(void **state)
{
    struct world *w = *state;

    cache_free(w->cache);
    scratch_remove(w->dir);
    free(w);
    return 0;
}

static struct sha256 digest_of(const char *text)
{
    return sha256_of(text, strlen(text));
}

static void put(struct world *w, const char *name, const char *image)
{
    const struct sha256 digest = digest_of(image);
    json_t *entry = object_json("digest", text_json(sha256_digest(&digest).s), "image",
                                text_json(image), NULL);

    undelivered_put(w->cache, name, entry);
    json_decref(entry);
}

static void tagged(struct world *w, const char *name, const char *image)
{
    const struct sha256 digest = digest_of(image);

    undelivered_tagged(w->cache, name, &digest);
}

/* "one two": the images of the entries. */
static void check_entries(struct world *w, const char *name, const char *want)
{
    CLEANUP(buf_release) struct buf got = BUF_INIT(0);
    json_t *list = undelivered_get(w->cache, name);
    size_t i;
    const json_t *entry;

    json_array_foreach(list, i, entry)
    {
        buf_addf(&got, "%s%s", i ? " " : "", json_string_value(json_object_get(entry, "image")));
    }
    assert_string_equal(buf_str(&got), want);
    json_decref(list);
}

static void done(struct world *w, const char *name)
{
    json_t *list = undelivered_get(w->cache, name);

    undelivered_done(w->cache, name, list);
    json_decref(list);
}

static void test_delivered_once(void **state)
{
    struct world *w = *state;

    check_entries(w, "h/a", "");
    put(w, "h/a", "one");
    check_entries(w, "h/a", ""); /* not published yet */
    tagged(w, "h/a", "one");
    check_entries(w, "h/a", "one");
    check_entries(w, "h/b", "");
    put(w, "h/a", "two");
    tagged(w, "h/a", "two");
    check_entries(w, "h/a", "one two");
    done(w, "h/a");
    check_entries(w, "h/a", "");
}

static void test_never_published(void **state)
{
    struct world *w = *state;

    put(w, "h/a", "one");
    tagged(w, "h/a", "one");
    put(w, "h/a", "cut off");
    put(w, "h/a", "two");
    tagged(w, "h/a", "two");
    check_entries(w, "h/a", "one two");
    put(w, "h/a", "two"); /* again: not known to be published, and said once */
    check_entries(w, "h/a", "one");
    tagged(w, "h/a", "two");
    check_entries(w, "h/a", "one two");
}

static void test_known(void **state)
{
    struct world *w = *state;
    CLEANUP(known_release) struct known got = {0};
    struct known k = {
        .input = digest_of("input"), .image = digest_of("image"), .lock = digest_of("lock")};

    assert_false(known_get(w->cache, "h/a", &got));
    strv_add(&k.tags, "3");
    strv_add(&k.tags, "20261127.1");
    known_put(w->cache, "h/a", &k);
    known_release(&k);
    assert_false(known_get(w->cache, "h/b", &got));
    assert_true(known_get(w->cache, "h/a", &got));
    const struct sha256 input = digest_of("input"), image = digest_of("image"),
                        lock = digest_of("lock");
    assert_true(sha256_eq(&got.input, &input) && sha256_eq(&got.image, &image) &&
                sha256_eq(&got.lock, &lock));
    assert_int_equal(got.tags.n, 2);
    assert_string_equal(got.tags.v[1], "20261127.1");
    assert_true(known_same(&got, &got));
    assert_false(known_same(&got, &k));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_delivered_once, start, finish),
        cmocka_unit_test_setup_teardown(test_never_published, start, finish),
        cmocka_unit_test_setup_teardown(test_known, start, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
