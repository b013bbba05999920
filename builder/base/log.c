/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define REDRAW_MS 100

struct log {
    FILE *out;
    enum log_level level;
    bool terminal;
    bool colour;
    bool redraws;         /* a terminal that knows how to erase a line */
    pthread_mutex_t lock; /* guards out, newest and drawn */
    struct progress *newest;
    bool drawn;
    _Atomic int64_t next_draw; /* ms, monotonic */
};

struct progress {
    struct log *log;
    struct progress *older, *newer;
    char *what;
    bool bytes;
    _Atomic uint64_t total, amount;
};

struct log *log_new(FILE *out, enum log_level level)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    struct log *log = xcalloc(1, sizeof(*log));
    log->out = out;
    log->level = level;
    log->terminal = isatty(fileno(out)) == 1;
    log->redraws = log->terminal && term && strcmp(term, "dumb") != 0;
    log->colour = log->redraws && !(no_color && *no_color);
    pthread_mutex_init(&log->lock, NULL);
    return log;
}

static void erase(struct log *log)
{
    if (log->drawn)
        fputs("\r\033[K", log->out);
    log->drawn = false;
}

void log_free(struct log *log)
{
    if (!log)
        return;
    erase(log);
    fflush(log->out);
    pthread_mutex_destroy(&log->lock);
    free(log);
}

bool log_is_terminal(const struct log *log)
{
    return log->terminal;
}

static void write_out(struct log *log, const struct buf *text)
{
    pthread_mutex_lock(&log->lock);
    erase(log);
    fwrite(buf_str(text), 1, text->len, log->out);
    fflush(log->out);
    pthread_mutex_unlock(&log->lock);
}

static void add_level(const struct log *log, enum log_level level, struct buf *b)
{
    if (level == LOG_ERROR)
        buf_addf(b, "%s%serror:%s ", log_bold(log), log_red(log), log_reset(log));
    else if (level == LOG_WARN)
        buf_addf(b, "%s%swarning:%s ", log_bold(log), log_yellow(log), log_reset(log));
    else if (level == LOG_DEBUG)
        buf_addstr(b, log_dim(log));
}

void log_say(struct log *log, enum log_level level, const char *fmt, ...)
{
    if (!log || level > log->level)
        return;
    va_list ap;
    va_start(ap, fmt);
    CLEANUP(free_ptr) char *message = text_shown(xvasprintf(fmt, ap));
    va_end(ap);

    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    add_level(log, level, &text);
    buf_addstr(&text, message);
    if (level == LOG_DEBUG)
        buf_addstr(&text, log_reset(log));
    buf_addch(&text, '\n');
    write_out(log, &text);
}

void log_lines(struct log *log, const struct buf *text)
{
    if (log && LOG_INFO <= log->level)
        write_out(log, text);
}

void log_err(struct log *log, const struct err *err)
{
    if (!log)
        return;
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    add_level(log, LOG_ERROR, &text);
    buf_addf(&text, "%s\n", err->message ? err->message : "unknown");
    for (const char *line = err->hint; line && *line;) {
        size_t n = strcspn(line, "\n");
        buf_addstr(&text, "  ");
        buf_add(&text, line, n);
        buf_addch(&text, '\n');
        line += n + (line[n] == '\n');
    }
    write_out(log, &text);
}

static const char *sgr(const struct log *log, const char *sequence)
{
    return log && log->colour ? sequence : "";
}

const char *log_bold(const struct log *log)
{
    return sgr(log, "\033[1m");
}

const char *log_dim(const struct log *log)
{
    return sgr(log, "\033[2m");
}

const char *log_red(const struct log *log)
{
    return sgr(log, "\033[31m");
}

const char *log_yellow(const struct log *log)
{
    return sgr(log, "\033[33m");
}

const char *log_green(const struct log *log)
{
    return sgr(log, "\033[32m");
}

const char *log_reset(const struct log *log)
{
    return sgr(log, "\033[0m");
}

static struct size_text amount_text(const struct progress *p, uint64_t amount)
{
    if (p->bytes)
        return size_text(amount);
    struct size_text t;
    snprintf(t.s, sizeof(t.s), "%" PRIu64, amount);
    return t;
}

static size_t columns(const struct log *log)
{
    struct winsize w = {0};
    if (ioctl(fileno(log->out), TIOCGWINSZ, &w) < 0 || w.ws_col < 2)
        return 79;
    return w.ws_col - 1u;
}

/* With the lock held. The line is plain ASCII but for `what`, which is cut by bytes at worst. */
static void draw(struct log *log)
{
    const struct progress *p = log->newest;
    if (!p)
        return;
    uint64_t amount = p->amount;
    uint64_t total = p->total;
    CLEANUP(buf_release) struct buf line = BUF_INIT(0);
    buf_addf(&line, "%s  %s", p->what, amount_text(p, amount).s);
    if (total) {
        double part = 100.0 * (double)amount / (double)total;
        buf_addf(&line, " of %s, %d%%", amount_text(p, total).s, part > 100 ? 100 : (int)part);
    }
    size_t width = columns(log);
    fprintf(log->out, "\r%.*s\033[K", (int)(line.len < width ? line.len : width), buf_str(&line));
    fflush(log->out);
    log->drawn = true;
}

struct progress *progress_start(struct log *log, const char *what, uint64_t total, bool bytes)
{
    if (!log)
        return NULL;
    struct progress *p = xcalloc(1, sizeof(*p));
    p->log = log;
    p->what = text_shown(xstrdup(what));
    p->bytes = bytes;
    p->total = total;
    pthread_mutex_lock(&log->lock);
    bool first = !log->newest;
    p->older = log->newest;
    if (p->older)
        p->older->newer = p;
    log->newest = p;
    pthread_mutex_unlock(&log->lock);
    /* Work that is over sooner than this shows nothing. */
    if (first)
        log->next_draw = now_ms() + REDRAW_MS;
    return p;
}

void progress_total(struct progress *p, uint64_t total)
{
    if (p)
        p->total = total;
}

void progress_add(struct progress *p, uint64_t amount)
{
    if (!p)
        return;
    p->amount += amount;
    struct log *log = p->log;
    if (!log->redraws || log->level < LOG_INFO)
        return;
    int64_t now = now_ms();
    int64_t due = log->next_draw;
    if (now < due || !atomic_compare_exchange_strong(&log->next_draw, &due, now + REDRAW_MS))
        return;
    pthread_mutex_lock(&log->lock);
    draw(log);
    pthread_mutex_unlock(&log->lock);
}

void progress_end(struct progress *p)
{
    if (!p)
        return;
    struct log *log = p->log;
    pthread_mutex_lock(&log->lock);
    if (p->newer)
        p->newer->older = p->older;
    else
        log->newest = p->older;
    if (p->older)
        p->older->newer = p->newer;
    erase(log);
    fflush(log->out);
    pthread_mutex_unlock(&log->lock);
    free(p->what);
    free(p);
}

struct size_text size_text(uint64_t bytes)
{
    static const char units[] = "kMGTPE";
    struct size_text t;
    if (bytes < 1000) {
        snprintf(t.s, sizeof(t.s), "%" PRIu64 " B", bytes);
        return t;
    }
    size_t unit = 0;
    uint64_t size = 1000;
    /* 999,950 would round to "1000.0 kB". */
    while (unit < 5 && bytes / size >= 999 && bytes >= size * 1000 - size / 20) {
        size *= 1000;
        unit++;
    }
    uint64_t tenths = bytes / (size / 10);
    tenths += bytes % (size / 10) >= size / 20;
    snprintf(t.s, sizeof(t.s), "%" PRIu64 ".%u %cB", tenths / 10, (unsigned)(tenths % 10),
             units[unit]);
    return t;
}
