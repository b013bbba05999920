/* SPDX-License-Identifier: Apache-2.0 */
/* What a log writes: to a file, and to a pseudo terminal. */
#include "base/buf.h"
#include "base/log.h"
#include "unit.h"
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

/* Both ends of a terminal. */
struct tty {
    int master;
    FILE *out;
};

static struct tty tty_open(void)
{
    struct tty t = {posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), NULL};
    if (t.master < 0 || grantpt(t.master) < 0 || unlockpt(t.master) < 0)
        skip();
    t.out = fopen(ptsname(t.master), "w");
    if (!t.out)
        skip();
    return t;
}

/* All that was written; the terminal's own "\r\n" stands for a newline. */
static char *tty_close(struct tty *t)
{
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    fflush(t->out);
    assert_int_equal(fcntl(t->master, F_SETFL, O_NONBLOCK), 0);
    ssize_t n;
    while ((n = read(t->master, buf_reserve(&b, 4096), 4096)) > 0)
        buf_filled(&b, (size_t)n);
    fclose(t->out);
    close(t->master);
    return buf_detach(&b);
}

static void say_some(struct log *log)
{
    log_say(log, LOG_ERROR, "broken %d", 1);
    log_warn(log, "careful");
    log_info(log, "fine");
    log_debug(log, "detail");
}

static char *to_memory(enum log_level level)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = tmpfile();
    assert_non_null(out);
    struct log *log = log_new(out, level);
    assert_false(log_is_terminal(log));
    say_some(log);
    struct progress *p = progress_start(log, "work", 100, false);
    for (int i = 0; i < 100; i++) {
        progress_add(p, 1);
        usleep(2000);
    }
    progress_end(p);
    log_free(log);
    n = (size_t)ftell(out);
    rewind(out);
    text = xcalloc(n + 1, 1);
    assert_int_equal(fread(text, 1, n, out), n);
    fclose(out);
    return text;
}

static void test_levels_and_no_progress_in_a_file(void **state)
{
    (void)state;
    CLEANUP(free_ptr) char *info = to_memory(LOG_INFO);
    assert_string_equal(info, "error: broken 1\nwarning: careful\nfine\n");
    CLEANUP(free_ptr) char *quiet = to_memory(LOG_WARN);
    assert_string_equal(quiet, "error: broken 1\nwarning: careful\n");
    CLEANUP(free_ptr) char *verbose = to_memory(LOG_DEBUG);
    assert_string_equal(verbose, "error: broken 1\nwarning: careful\nfine\ndetail\n");
}

static void test_error_with_hints(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    err_set(&err, "x.conf:1: bad");
    err_hint(&err, "do this");
    err_hint(&err, "or that");
    err_hint(&err, "or nothing");
    char *text = NULL;
    size_t n = 0;
    FILE *out = tmpfile();
    struct log *log = log_new(out, LOG_WARN);
    log_err(log, &err);
    log_free(log);
    n = (size_t)ftell(out);
    rewind(out);
    text = xcalloc(n + 1, 1);
    assert_int_equal(fread(text, 1, n, out), n);
    fclose(out);
    assert_string_equal(text, "error: x.conf:1: bad\n  do this\n  or that\n  or nothing\n");
    free(text);
}

static char *to_terminal(const char *term, const char *no_color)
{
    setenv("TERM", term, 1);
    if (no_color)
        setenv("NO_COLOR", no_color, 1);
    else
        unsetenv("NO_COLOR");
    struct tty t = tty_open();
    struct log *log = log_new(t.out, LOG_DEBUG);
    assert_true(log_is_terminal(log));
    say_some(log);
    log_free(log);
    return tty_close(&t);
}

static void test_colour_on_a_terminal_only_where_wanted(void **state)
{
    (void)state;
    static const char plain[] = "error: broken 1\r\nwarning: careful\r\nfine\r\ndetail\r\n";
    CLEANUP(free_ptr) char *coloured = to_terminal("xterm", NULL);
    assert_string_equal(coloured, "\033[1m\033[31merror:\033[0m broken 1\r\n"
                                  "\033[1m\033[33mwarning:\033[0m careful\r\nfine\r\n"
                                  "\033[2mdetail\033[0m\r\n");
    CLEANUP(free_ptr) char *empty = to_terminal("xterm", "");
    assert_string_equal(empty, coloured); /* set but empty asks for nothing */
    CLEANUP(free_ptr) char *asked = to_terminal("xterm", "1");
    assert_string_equal(asked, plain);
    CLEANUP(free_ptr) char *dumb = to_terminal("dumb", NULL);
    assert_string_equal(dumb, plain);
}

static void test_sgr_strings(void **state)
{
    (void)state;
    FILE *out = tmpfile();
    struct log *log = log_new(out, LOG_INFO);
    assert_string_equal(log_bold(log), "");
    assert_string_equal(log_green(log), "");
    assert_string_equal(log_reset(log), "");
    log_free(log);
    fclose(out);
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, what)); at++)
        n++;
    return n;
}

static void test_progress_is_redrawn_ten_times_a_second_and_erased(void **state)
{
    (void)state;
    setenv("TERM", "xterm", 1);
    setenv("NO_COLOR", "1", 1);
    struct tty t = tty_open();
    struct log *log = log_new(t.out, LOG_INFO);
    struct progress *p = progress_start(log, "unpack", 400, false);
    for (int i = 0; i < 400; i++) {
        progress_add(p, 1);
        usleep(1000);
        if (i == 300)
            log_info(log, "a message");
    }
    progress_end(p);
    log_free(log);
    CLEANUP(free_ptr) char *text = tty_close(&t);
    size_t drawn = count(text, "unpack  ");
    assert_in_range(drawn, 2, 40); /* 0.4 s at least; the machine may be slow */
    assert_non_null(strstr(text, " of 400, "));
    assert_non_null(strstr(text, "\r\033[Ka message\r\n")); /* the line made way */
    size_t n = strlen(text);
    assert_true(n > 4);
    assert_string_equal(text + n - 4, "\r\033[K"); /* and is gone at the end */
}

static void test_short_work_shows_nothing(void **state)
{
    (void)state;
    setenv("TERM", "xterm", 1);
    struct tty t = tty_open();
    struct log *log = log_new(t.out, LOG_INFO);
    struct progress *p = progress_start(log, "fetch", 0, true);
    progress_add(p, 1000);
    progress_end(p);
    progress_end(NULL);
    log_free(log);
    CLEANUP(free_ptr) char *text = tty_close(&t);
    assert_string_equal(text, "");
}

static void *chatter(void *arg)
{
    struct log *log = arg;
    struct progress *p = progress_start(log, "thread", 0, true);
    for (int i = 0; i < 200; i++) {
        log_info(log, "line");
        progress_add(p, 10);
    }
    progress_end(p);
    return NULL;
}

static void test_messages_of_many_threads_stay_whole(void **state)
{
    (void)state;
    FILE *out = tmpfile();
    struct log *log = log_new(out, LOG_INFO);
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, chatter, log), 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    log_free(log);
    assert_int_equal(ftell(out), 4 * 200 * 5);
    rewind(out);
    char line[64];
    while (fgets(line, sizeof(line), out))
        assert_string_equal(line, "line\n");
    fclose(out);
}

static void test_sizes(void **state)
{
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *want;
    } cases[] = {
        {0, "0 B"},
        {999, "999 B"},
        {1000, "1.0 kB"},
        {1049, "1.0 kB"},
        {1050, "1.1 kB"},
        {12345, "12.3 kB"},
        {999949, "999.9 kB"},
        {999950, "1.0 MB"},
        {12345678, "12.3 MB"},
        {999949999, "999.9 MB"},
        {1000000000, "1.0 GB"},
        {UINT64_MAX, "18.4 EB"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_string_equal(size_text(cases[i].bytes).s, cases[i].want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels_and_no_progress_in_a_file),
        cmocka_unit_test(test_error_with_hints),
        cmocka_unit_test(test_colour_on_a_terminal_only_where_wanted),
        cmocka_unit_test(test_sgr_strings),
        cmocka_unit_test(test_progress_is_redrawn_ten_times_a_second_and_erased),
        cmocka_unit_test(test_short_work_shows_nothing),
        cmocka_unit_test(test_messages_of_many_threads_stay_whole),
        cmocka_unit_test(test_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
