/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/conffields.h"

static int unescape(const char **p, const char *end, struct buf *out)
{
    static const char names[] = "abfnrtvs", values[] = "\a\b\f\n\r\t\v ";
    if (*p == end)
        return -1;
    char c = *(*p)++;
    const char *known = c ? strchr(names, c) : NULL;
    if (known)
        buf_addch(out, values[known - names]);
    else if (c == '\\' || c == '"' || c == '\'')
        buf_addch(out, c);
    else
        return -1;
    return 0;
}

int conf_field(const char **p, const char *end, struct buf *ret)
{
    buf_reset(ret);
    while (*p < end && (**p == ' ' || **p == '\t' || **p == '\r'))
        ++*p;
    if (*p == end)
        return 0;
    char quote = '\0';
    while (*p < end && (quote || (**p != ' ' && **p != '\t' && **p != '\r'))) {
        char c = *(*p)++;
        if (c == '\\' && quote != '\'') {
            if (unescape(p, end, ret) < 0)
                return -1;
        } else if (quote ? c == quote : (c == '"' || c == '\'')) {
            quote = quote ? '\0' : c;
        } else {
            buf_addch(ret, c);
        }
    }
    return quote || ret->overflow ? -1 : 1;
}

int conf_rest(const char **p, const char *end, struct buf *ret)
{
    buf_reset(ret);
    while (*p < end && (**p == ' ' || **p == '\t'))
        ++*p;
    while (end > *p && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
        end--;
    if (*p == end)
        return 0;
    while (*p < end) {
        char c = *(*p)++;
        if (c != '\\')
            buf_addch(ret, c);
        else if (unescape(p, end, ret) < 0)
            return -1;
    }
    return ret->overflow ? -1 : 1;
}
