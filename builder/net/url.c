/* SPDX-License-Identifier: Apache-2.0 */
#include "net/url.h"
#include "base/path.h"

enum scheme { SCHEME_NONE, SCHEME_FILE, SCHEME_HTTP, SCHEME_HTTPS };

static enum scheme scheme_of(const char *url)
{
    if (strncasecmp(url, "http://", 7) == 0)
        return SCHEME_HTTP;
    if (strncasecmp(url, "https://", 8) == 0)
        return SCHEME_HTTPS;
    if (strncasecmp(url, "file:/", 6) == 0)
        return SCHEME_FILE;
    return SCHEME_NONE;
}

static bool stands_in_path(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("/-._~!$&'()*+,;=:@", c));
}

char *url_join(const char *mirror, const char *path)
{
    struct buf b = BUF_INIT(0);
    size_t n = strlen(mirror);
    while (n > 0 && mirror[n - 1] == '/')
        n--;
    buf_add(&b, mirror, n);
    buf_addch(&b, '/');
    for (; *path; path++) {
        unsigned char c = (unsigned char)*path;
        if (stands_in_path(c))
            buf_addch(&b, (char)c);
        else
            buf_addf(&b, "%%%02X", c);
    }
    return buf_detach(&b);
}

char *url_show(const char *url)
{
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    const char *host = strstr(url, "://");
    if (host) {
        host += 3;
        size_t n = strcspn(host, "/?#");
        const char *at = memrchr(host, '@', n);
        buf_add(&b, url, (size_t)(host - url));
        url = at ? at + 1 : host;
    }
    buf_addstr(&b, url);
    return text_escape(buf_str(&b), b.len);
}

bool url_is_file(const char *url)
{
    return scheme_of(url) == SCHEME_FILE;
}

int url_check(const char *url, struct err *err)
{
    if (scheme_of(url) != SCHEME_NONE)
        return 0;
    CLEANUP(free_ptr) char *shown = url_show(url);
    return err_set(err, "%s: not a URL of http:, https: or file:", shown);
}

int url_check_redirect(const char *from, const char *to, struct err *err)
{
    enum scheme a = scheme_of(from), b = scheme_of(to);
    if ((a == SCHEME_HTTP && (b == SCHEME_HTTP || b == SCHEME_HTTPS)) ||
        (a == SCHEME_HTTPS && b == SCHEME_HTTPS))
        return 0;
    CLEANUP(free_ptr) char *shown_from = url_show(from);
    CLEANUP(free_ptr) char *shown_to = url_show(to);
    return err_set(err, "%s: redirects to %s, which is refused", shown_from, shown_to);
}
