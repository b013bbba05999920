/* SPDX-License-Identifier: Apache-2.0 */
#include "base/strv.h"
#include "base/buf.h"

void strv_release(struct strv *s)
{
    for (size_t i = 0; i < s->n; i++)
        free(s->v[i]);
    free(s->v);
    *s = (struct strv)STRV_INIT;
}

void strv_take(struct strv *s, char *str)
{
    GROW(s->v, s->n, s->cap);
    s->v[s->n++] = str;
}

void strv_add(struct strv *s, const char *str)
{
    strv_take(s, xstrdup(str));
}

void strv_addn(struct strv *s, const char *str, size_t n)
{
    strv_take(s, xstrndup(str, n));
}

void strv_addf(struct strv *s, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    strv_take(s, xvasprintf(fmt, ap));
    va_end(ap);
}

void strv_copy(struct strv *dst, const struct strv *src)
{
    size_t n = src->n;
    for (size_t i = 0; i < n; i++)
        strv_add(dst, src->v[i]);
}

bool strv_has(const struct strv *s, const char *str)
{
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->v[i], str) == 0)
            return true;
    return false;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(struct strv *s)
{
    if (s->n > 1)
        qsort(s->v, s->n, sizeof(*s->v), compare);
}

bool strv_has_sorted(const struct strv *s, const char *str)
{
    return s->n && bsearch(&str, s->v, s->n, sizeof(*s->v), compare);
}

void strv_uniq(struct strv *s)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (kept && strcmp(s->v[kept - 1], s->v[i]) == 0)
            free(s->v[i]);
        else
            s->v[kept++] = s->v[i];
    }
    s->n = kept;
}

char *strv_join(const struct strv *s, const char *separator)
{
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    for (size_t i = 0; i < s->n; i++) {
        if (i)
            buf_addstr(&b, separator);
        buf_addstr(&b, s->v[i]);
    }
    return buf_detach(&b);
}

void strv_split(struct strv *s, struct slice text, const char *separators)
{
    size_t start = 0;
    for (size_t i = 0; i <= text.n; i++) {
        bool ends = i == text.n || (text.p[i] && strchr(separators, text.p[i]));
        if (!ends)
            continue;
        if (i > start)
            strv_addn(s, text.p + start, i - start);
        start = i + 1;
    }
}
