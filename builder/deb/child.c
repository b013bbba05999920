/* SPDX-License-Identifier: Apache-2.0 */
#include "deb/child.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/number.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define POLL_MS        100
#define PAUSE_NS_MAX   50000000
#define CHILDREN_MAX   65536 /* bytes of a list of pids */
#define TREE_DEPTH_MAX 32

/* Whether there is a terminal that a child could want. */
static bool has_terminal(void)
{
    CLEANUP(close_fd) int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    return fd >= 0;
}

static int spawn(const struct child *c, bool group, int in, int out, pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none, defaults;

    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    sigaddset(&defaults, SIGXFSZ);
    sigaddset(&defaults, SIGINT);
    sigaddset(&defaults, SIGTERM);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &defaults);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                        (group ? POSIX_SPAWN_SETPGROUP : 0));
    posix_spawn_file_actions_init(&actions);
    if (in >= 0)
        posix_spawn_file_actions_adddup2(&actions, in, 0);
    else
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    if (c->stderr_path)
        posix_spawn_file_actions_addopen(&actions, 2, c->stderr_path, O_WRONLY | O_CREAT | O_TRUNC,
                                         0600);
    int errnum = posix_spawnp(ret_pid, c->argv[0], &actions, &attr,
                              (char *const *)(uintptr_t)c->argv, (char *const *)(uintptr_t)c->env);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attr);
    return errnum;
}

/* A pipe's reading end that holds all of the input, or -1 if there is none. */
static int open_input(const struct child *c, int *ret, struct err *err)
{
    int ends[2];

    *ret = -1;
    if (c->input.n == 0)
        return 0;
    if (c->input.n > CHILD_INPUT_MAX)
        return err_set(err, "%s: too much input", c->argv[0]);
    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_errno(err, errno, "can't make a pipe");
    *ret = ends[0];
    int r = write_all(ends[1], c->input.p, c->input.n, c->argv[0], err);
    close(ends[1]);
    return r;
}

/* Whether it may go on. */
static int check(const struct session *s, const struct child *c, int64_t start, struct err *err)
{
    if (session_check(s, err) < 0)
        return err_ret(err);
    if (c->patience && now_ms() - start >= (int64_t)c->patience * 1000)
        return err_set(err, "%s: took more than %u seconds, and was stopped", c->argv[0],
                       c->patience);
    return 0;
}

/* Reads to the end of the pipe, which most often is the end of the child. */
static int collect(const struct session *s, const struct child *c, int64_t start, int fd,
                   struct buf *ret, struct err *err)
{
    char part[4096];
    size_t all = 0;
    for (;;) {
        if (check(s, c, start, err) < 0)
            return err_ret(err);
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int ready = poll(&p, 1, POLL_MS);
        if (ready == 0 || (ready < 0 && errno == EINTR))
            continue;
        ssize_t n = read(fd, part, sizeof(part));
        if (n == 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return err_errno(err, errno, "can't read from a child");
        if (n <= 0)
            continue;
        buf_add(ret, part, (size_t)n);
        all += (size_t)n;
        if (all > CHILD_OUTPUT_MAX)
            return err_set(err, "%s: says more than %u bytes", c->argv[0], CHILD_OUTPUT_MAX);
    }
}

/* It may have closed its stdout and go on. */
static int wait_for(const struct session *s, const struct child *c, int64_t start, pid_t pid,
                    int *ret_status, struct err *err)
{
    struct timespec pause = {0, 100000};

    for (;; pause.tv_nsec = pause.tv_nsec < PAUSE_NS_MAX ? pause.tv_nsec * 2 : PAUSE_NS_MAX) {
        pid_t got = waitpid(pid, ret_status, WNOHANG);
        if (got == pid || (got < 0 && errno != EINTR))
            return 0;
        if (check(s, c, start, err) < 0)
            return err_ret(err);
        nanosleep(&pause, NULL);
    }
}

static void kill_tree(pid_t pid, unsigned depth);

/* "PID PID …", as the kernel lists a thread's children. */
static void kill_listed(const char *path, unsigned depth)
{
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    CLEANUP(buf_release) struct buf text = BUF_INIT(CHILDREN_MAX);
    if (file_read(path, CHILDREN_MAX, &text, &ignored) < 0)
        return;
    char *rest = NULL;
    for (char *word = strtok_r(text.data, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        uint64_t pid;
        if (number_parse(slice_of(word), INT_MAX, &pid) && getsid((pid_t)pid) == getsid(0))
            kill_tree((pid_t)pid, depth + 1);
    }
}

/* Stopped first, so that it starts nothing meanwhile; then those below it, then itself. */
static void kill_tree(pid_t pid, unsigned depth)
{
    char path[64];
    if (depth > TREE_DEPTH_MAX)
        return;
    kill(pid, SIGSTOP);
    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    DIR *d = opendir(path);
    const struct dirent *e;
    while (d && (e = readdir(d))) {
        CLEANUP(free_ptr) char *list = xasprintf("%s/%s/children", path, e->d_name);
        if (e->d_name[0] != '.')
            kill_listed(list, depth);
    }
    if (d)
        closedir(d);
    kill(pid, SIGKILL);
}

/* With all that it started. */
static void end(pid_t pid, bool group)
{
    int status;
    kill_tree(pid, 0);
    if (group)
        kill(-pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
}

int child_run(const struct session *s, const struct child *c, struct buf *ret, int *ret_status,
              struct err *err)
{
    CLEANUP(close_fd) int from = -1;
    CLEANUP(close_fd) int input = -1;
    int ends[2];
    pid_t pid;

    buf_reset(ret);
    if (open_input(c, &input, err) < 0)
        return err_ret(err);
    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_errno(err, errno, "can't make a pipe");
    from = ends[0];
    bool group = !has_terminal();
    int errnum = spawn(c, group, input, ends[1], &pid);
    close(ends[1]);
    if (errnum != 0)
        return err_errno(err, errnum, "can't run %s", c->argv[0]);
    int64_t start = now_ms();
    int r = collect(s, c, start, from, ret, err);
    if (r == 0)
        r = wait_for(s, c, start, pid, ret_status, err);
    if (r < 0)
        end(pid, group);
    return r;
}
