/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/hook.h"

#include "base/file.h"
#include "base/strv.h"
#include "deb/child.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#define REPORT     "mkimage-report."
#define OUTPUT_MAX 65536 /* bytes of its stdout that are logged */

static bool is_word(const char *command)
{
    return *command &&
           command[strspn(command, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "0123456789._/+-")] == 0;
}

/* A file that others can read by its name, until it is removed. */
static int write_report(const struct buf *report, char **ret_path, struct err *err)
{
    *ret_path = path_join(temporary_dir(), REPORT "XXXXXX");
    leftovers_remove(temporary_dir(), REPORT);
    CLEANUP(close_fd) int fd = mkostemp(*ret_path, O_CLOEXEC);
    if (fd < 0) {
        err_errno(err, errno, "%s", *ret_path);
        free(*ret_path);
        *ret_path = NULL;
        return err_ret(err);
    }
    return write_all(fd, buf_str(report), report->len, *ret_path, err);
}

/* mkimage's own, and the three; the caller frees the array, the texts are strv's. */
static const char **environment(const struct strv *own)
{
    size_t n = 0, at = 0;

    while (environ[n])
        n++;
    const char **env = xcalloc(n + own->n + 1, sizeof(*env));
    for (size_t i = 0; i < n; i++)
        if (strncmp(environ[i], "MKIMAGE_NAME=", 13) != 0 &&
            strncmp(environ[i], "MKIMAGE_DIGEST=", 15) != 0 &&
            strncmp(environ[i], "MKIMAGE_REPORT=", 15) != 0)
            env[at++] = environ[i];
    strv_each (text, own)
        env[at++] = *text;
    return env;
}

static void say_lines(const struct session *s, const struct buf *output)
{
    CLEANUP(strv_release) struct strv lines = STRV_INIT;

    strv_split(&lines, (struct slice){buf_str(output), output->len}, "\n");
    strv_each (line, &lines)
        log_info(s->log, "--before-tags: %s", *line);
}

static int judge(const struct hook *h, int status, struct err *err)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    if (WIFSIGNALED(status))
        err_code(err, ERR_POLICY, "--before-tags %s: was killed by signal %d", h->command,
                 WTERMSIG(status));
    else
        err_code(err, ERR_POLICY, "--before-tags %s: ended with code %d", h->command,
                 WEXITSTATUS(status));
    return err_hint(err, "no tag of %s moved; the next run goes on from here", h->name);
}

static int run(const struct session *s, const struct hook *h, const char *report, struct err *err)
{
    CLEANUP(buf_release) struct buf output = BUF_INIT(OUTPUT_MAX);
    CLEANUP(strv_release) struct strv own = STRV_INIT;
    const char *const word[] = {h->command, NULL};
    const char *const shell[] = {"/bin/sh", "-c", h->command, NULL};
    int status = 0;

    strv_addf(&own, "MKIMAGE_NAME=%s", h->name);
    strv_addf(&own, "MKIMAGE_DIGEST=%s", sha256_digest(h->digest).s);
    strv_addf(&own, "MKIMAGE_REPORT=%s", report);
    CLEANUP(free_ptr) const char **env = environment(&own);
    const struct child child = {.argv = is_word(h->command) ? word : shell, .env = env};
    int r = child_run(s, &child, &output, &status, err);
    say_lines(s, &output);
    if (r < 0 && err->code != ERR_STOPPED) {
        err->code = ERR_POLICY;
        return err_wrap(err, "--before-tags %s", h->command);
    }
    return r < 0 ? r : judge(h, status, err);
}

int hook_run(const struct session *s, const struct hook *h, struct err *err)
{
    CLEANUP(free_ptr) char *report = NULL;
    int r = write_report(h->report, &report, err);

    if (r == 0)
        r = run(s, h, report, err);
    if (report)
        unlink(report);
    return r;
}
