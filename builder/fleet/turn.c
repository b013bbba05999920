/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/turn.h"

#include "base/clock.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_MS 100

/* Whether the file that was locked is still the one of this name: who had it before removed it. */
static bool is_there(int fd, const char *path)
{
    struct stat mine, there;

    return fstat(fd, &mine) == 0 && stat(path, &there) == 0 && mine.st_dev == there.st_dev &&
           mine.st_ino == there.st_ino;
}

static void say_holder(const struct session *s, int fd, const char *lock_path)
{
    char text[32] = "";
    ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
    long pid = n > 0 ? strtol(text, NULL, 10) : 0;

    if (pid > 0)
        log_info(s->log, "%s: waiting for the update of process %ld", lock_path, pid);
    else
        log_info(s->log, "%s: waiting for another update", lock_path);
}

static int wait_for(const struct session *s, int fd, const char *lock_path, unsigned seconds,
                    struct err *err)
{
    const int64_t end = now_ms() + (int64_t)seconds * 1000;
    const struct timespec pause = {0, PAUSE_MS * 1000000L};
    bool said = false;

    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return err_errno(err, errno, "%s", lock_path);
        if (!said)
            say_holder(s, fd, lock_path);
        said = true;
        if (session_check(s, err) < 0)
            return err_ret(err);
        if (seconds && now_ms() >= end)
            return err_set(err, "%s: another update has held its turn for %u seconds (--wait)",
                           lock_path, seconds);
        nanosleep(&pause, NULL);
    }
    return 0;
}

int turn_take(const struct session *s, const char *lock_path, unsigned seconds, struct turn *ret,
              struct err *err)
{
    int before = (int)(path_base(lock_path) - lock_path);
    char text[32];

    *ret = (struct turn)TURN_INIT;
    ret->path = xasprintf("%.*s.%s.turn", before, lock_path, path_base(lock_path));
    for (;;) {
        ret->fd = open(ret->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (ret->fd < 0) {
            log_debug(s->log, "%s: no turn is kept: %s", ret->path, strerror(errno));
            return 0;
        }
        if (wait_for(s, ret->fd, lock_path, seconds, err) < 0) {
            close_fd(&ret->fd);
            return err_ret(err);
        }
        if (is_there(ret->fd, ret->path))
            break;
        close_fd(&ret->fd);
    }
    int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
    if (ftruncate(ret->fd, 0) == 0)
        (void)!pwrite(ret->fd, text, (size_t)n, 0);
    return 0;
}

void turn_release(struct turn *t)
{
    if (t->fd >= 0)
        unlink(t->path);
    close_fd(&t->fd);
    free(t->path);
    *t = (struct turn)TURN_INIT;
}
