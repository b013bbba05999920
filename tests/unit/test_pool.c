/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pool.h"
#include "base/session.h"
#include "unit.h"
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

static const unsigned thread_counts[] = {0, 1, 3, 16};

struct counted {
    struct pool *pool;
    _Atomic int *sum;
    int value;
    int depth;
    int fail; /* the value at which a task fails, 0 for none */
};

static int add_value(void *arg, struct err *err)
{
    struct counted *c = arg;
    (void)err;
    *c->sum += c->value;
    return 0;
}

static void test_all_tasks_run_once(void **state)
{
    (void)state;
    for (size_t t = 0; t < ARRAY_SIZE(thread_counts); t++) {
        CLEANUP(err_release) struct err err = ERR_INIT;
        struct pool *pool = pool_new(thread_counts[t]);
        assert_int_equal(pool_threads(pool), thread_counts[t] + 1);
        _Atomic int sum = 0;
        struct counted c[1000];
        struct group *g = pool_group(pool);
        for (int i = 0; i < 1000; i++) {
            c[i] = (struct counted){pool, &sum, i, 0, 0};
            group_add(g, add_value, &c[i]);
        }
        assert_ok(group_wait(g, &err), &err);
        assert_int_equal(sum, 999 * 1000 / 2);
        pool_end(pool);
    }
    pool_end(NULL);
}

static void test_an_empty_group(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    struct pool *pool = pool_new(2);
    struct group *g = pool_group(pool);
    assert_false(group_help(g));
    assert_ok(group_wait(g, &err), &err);
    pool_end(pool);
}

/* A tree of groups, deeper and wider than there are threads. */
static int nest(void *arg, struct err *err)
{
    struct counted *c = arg;
    *c->sum += 1;
    if (!c->depth)
        return 0;
    struct counted below[4];
    struct group *g = pool_group(c->pool);
    for (int i = 0; i < 4; i++) {
        below[i] = *c;
        below[i].depth--;
        group_add(g, nest, &below[i]);
    }
    return group_wait(g, err);
}

static void test_groups_nest_without_blocking(void **state)
{
    (void)state;
    for (size_t t = 0; t < ARRAY_SIZE(thread_counts); t++) {
        CLEANUP(err_release) struct err err = ERR_INIT;
        struct pool *pool = pool_new(thread_counts[t]);
        _Atomic int sum = 0;
        struct counted top = {pool, &sum, 0, 5, 0};
        assert_ok(nest(&top, &err), &err);
        assert_int_equal(sum, 1 + 4 + 16 + 64 + 256 + 1024);
        pool_end(pool);
    }
}

static int fail_late(void *arg, struct err *err)
{
    struct counted *c = arg;
    *c->sum += 1;
    if (c->value % c->fail)
        return 0;
    /* The sooner a task was submitted the later it fails. */
    usleep((useconds_t)(60 - c->value) * 50);
    return err_code(err, ERR_POLICY, "task %d", c->value);
}

static void test_the_first_error_by_submission_wins(void **state)
{
    (void)state;
    for (size_t t = 0; t < ARRAY_SIZE(thread_counts); t++) {
        for (int round = 0; round < 5; round++) {
            CLEANUP(err_release) struct err err = ERR_INIT;
            struct pool *pool = pool_new(thread_counts[t]);
            _Atomic int sum = 0;
            struct counted c[60];
            struct group *g = pool_group(pool);
            for (int i = 0; i < 60; i++) {
                c[i] = (struct counted){pool, &sum, i + 1, 0, 7};
                group_add(g, fail_late, &c[i]);
            }
            assert_int_equal(group_wait(g, &err), -ERR_POLICY);
            assert_string_equal(err.message, "task 7");
            assert_int_equal(sum, 60); /* an error stops no other task */
            pool_end(pool);
        }
    }
}

static void test_help_runs_this_group_only(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    struct pool *pool = pool_new(0);
    _Atomic int a = 0;
    _Atomic int b = 0;
    struct counted ca = {pool, &a, 1, 0, 0};
    struct counted cb = {pool, &b, 1, 0, 0};
    struct group *ga = pool_group(pool);
    struct group *gb = pool_group(pool);
    group_add(ga, add_value, &ca);
    group_add(gb, add_value, &cb);
    group_add(gb, add_value, &cb);
    assert_true(group_help(ga));
    assert_false(group_help(ga));
    assert_int_equal(a, 1);
    assert_int_equal(b, 0);
    assert_ok(group_wait(gb, &err), &err);
    assert_int_equal(b, 2);
    assert_ok(group_wait(ga, &err), &err);
    pool_end(pool);
}

/* While it waits for its own, a thread never starts on what was queued before: else every outer
 * task would lie half done on one stack. */
struct outer {
    struct pool *pool;
    _Atomic int *open, *most;
};

static int short_nap(void *arg, struct err *err)
{
    (void)arg;
    (void)err;
    usleep(100);
    return 0;
}

static int open_one(void *arg, struct err *err)
{
    struct outer *o = arg;
    int now = ++*o->open;
    int most = *o->most;
    while (now > most && !atomic_compare_exchange_weak(o->most, &most, now))
        ;
    struct group *g = pool_group(o->pool);
    for (int i = 0; i < 4; i++)
        group_add(g, short_nap, NULL);
    int result = group_wait(g, err);
    --*o->open;
    return result;
}

static void test_open_work_is_bounded_by_threads(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    struct pool *pool = pool_new(3);
    _Atomic int open = 0;
    _Atomic int most = 0;
    struct outer o = {pool, &open, &most};
    struct group *g = pool_group(pool);
    for (int i = 0; i < 200; i++)
        group_add(g, open_one, &o);
    assert_ok(group_wait(g, &err), &err);
    assert_int_equal(open, 0);
    assert_in_range(most, 1, 4);
    pool_end(pool);
}

struct adder {
    struct group *g;
    struct counted c;
};

static void *add_from_thread(void *arg)
{
    struct adder *a = arg;
    for (int i = 0; i < 500; i++)
        group_add(a->g, add_value, &a->c);
    return NULL;
}

static void test_adding_from_many_threads(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    struct pool *pool = pool_new(2);
    struct group *g = pool_group(pool);
    _Atomic int sum = 0;
    struct adder a = {g, {pool, &sum, 1, 0, 0}};
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_from_thread, &a), 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_ok(group_wait(g, &err), &err);
    assert_int_equal(sum, 2000);
    pool_end(pool);
}

static int read_mask(void *arg, struct err *err)
{
    (void)err;
    sigset_t now;
    pthread_sigmask(SIG_BLOCK, NULL, &now);
    *(_Atomic int *)arg = sigismember(&now, SIGINT) && sigismember(&now, SIGTERM) ? 1 : 2;
    return 0;
}

static void test_workers_block_signals(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    struct pool *pool = pool_new(1);
    struct group *g = pool_group(pool);
    _Atomic int mask = 0;
    group_add(g, read_mask, &mask);
    while (!mask) /* no waiting here, or this thread would run it */
        usleep(100);
    assert_int_equal(mask, 1);
    assert_ok(group_wait(g, &err), &err);
    sigset_t now;
    pthread_sigmask(SIG_BLOCK, NULL, &now);
    assert_false(sigismember(&now, SIGINT));
    pool_end(pool);
}

static void test_session_check(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    struct session s = {0};
    assert_ok(session_check(&s, &err), &err);
    atomic_int stop = 0;
    s.stop = &stop;
    assert_ok(session_check(&s, &err), &err);
    stop = SIGTERM;
    assert_int_equal(session_check(&s, &err), -ERR_STOPPED);
    assert_int_equal(err.code, ERR_STOPPED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_tasks_run_once),
        cmocka_unit_test(test_an_empty_group),
        cmocka_unit_test(test_groups_nest_without_blocking),
        cmocka_unit_test(test_the_first_error_by_submission_wins),
        cmocka_unit_test(test_help_runs_this_group_only),
        cmocka_unit_test(test_open_work_is_bounded_by_threads),
        cmocka_unit_test(test_adding_from_many_threads),
        cmocka_unit_test(test_workers_block_signals),
        cmocka_unit_test(test_session_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
