/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is said to the user while the work goes on: messages and progress, all on stderr.
 *
 * The library says nothing by itself: it is handed a struct log. Messages may come from any
 * thread. Progress is a line that is redrawn, on terminals only; a message moves it out of the
 * way. Colour is used on terminals, and never with NO_COLOR set or TERM=dumb.
 */
#ifndef MKIMAGE_BASE_LOG_H
#define MKIMAGE_BASE_LOG_H

#include "base/buf.h"
#include "base/err.h"
#include <stdio.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

struct log;

/* level: what is said (LOG_INFO by default, LOG_WARN with --quiet, LOG_DEBUG with --verbose).
 * out stays the caller's. Reads NO_COLOR and TERM, asks isatty(out). */
struct log *log_new(FILE *out, enum log_level level);
void log_free(struct log *log);
bool log_is_terminal(const struct log *log);

void log_say(struct log *log, enum log_level level, const char *fmt, ...) PRINTF_LIKE(3, 4);
#define log_warn(log, ...)  log_say(log, LOG_WARN, __VA_ARGS__)
#define log_info(log, ...)  log_say(log, LOG_INFO, __VA_ARGS__)
#define log_debug(log, ...) log_say(log, LOG_DEBUG, __VA_ARGS__)

/* Lines that were put together by text_addf, colours and all, as they are, at LOG_INFO. */
void log_lines(struct log *log, const struct buf *text);

/* An error with its hint, as the last thing a command says. */
void log_err(struct log *log, const struct err *err);

/* SGR sequences for a terminal, "" elsewhere. */
const char *log_bold(const struct log *log);
const char *log_dim(const struct log *log);
const char *log_red(const struct log *log);
const char *log_yellow(const struct log *log);
const char *log_green(const struct log *log);
const char *log_reset(const struct log *log);

/* Progress of one piece of work. total may be 0 (not known) and may be raised later. Amounts are
 * bytes if `bytes`, else a count. At most one is shown at a time, the newest that isn't ended, and
 * none that is over within a tenth of a second. A log or a progress that is NULL says nothing. */
struct progress;
struct progress *progress_start(struct log *log, const char *what, uint64_t total, bool bytes);
void progress_total(struct progress *p, uint64_t total);
void progress_add(struct progress *p, uint64_t amount); /* from any thread */
void progress_end(struct progress *p);                  /* NULL is fine; frees */

/* "12.3 MB", decimal units as registries print them. */
struct size_text {
    char s[32];
};
struct size_text size_text(uint64_t bytes);

#endif
