/* SPDX-License-Identifier: Apache-2.0 */
#include "net/url.h"
#include "base/path.h"
#include "base/text.h"
#include <curl/curl.h>

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

static void url_cleanup(CURLU **u)
{
    curl_url_cleanup(*u);
}

static void part_free(char **part)
{
    curl_free(*part);
}

char *url_resolve(const char *base, const char *reference)
{
    enum scheme scheme = scheme_of(reference);
    CLEANUP(url_cleanup) CURLU *u = curl_url();
    CLEANUP(part_free) char *whole = NULL;

    if (!u || curl_url_set(u, CURLUPART_URL, base, 0) != CURLUE_OK ||
        curl_url_set(u, CURLUPART_URL, reference, 0) != CURLUE_OK ||
        curl_url_get(u, CURLUPART_URL, &whole, 0) != CURLUE_OK)
        return NULL;
    if (scheme == SCHEME_HTTP || scheme == SCHEME_HTTPS)
        return xstrdup(reference);
    scheme = scheme_of(whole);
    return scheme == SCHEME_HTTP || scheme == SCHEME_HTTPS ? xstrdup(whole) : NULL;
}

static bool same_part(CURLU *a, CURLU *b, CURLUPart part)
{
    CLEANUP(part_free) char *x = NULL;
    CLEANUP(part_free) char *y = NULL;
    return curl_url_get(a, part, &x, CURLU_DEFAULT_PORT) == CURLUE_OK &&
           curl_url_get(b, part, &y, CURLU_DEFAULT_PORT) == CURLUE_OK && strcasecmp(x, y) == 0;
}

bool url_same_origin(const char *a, const char *b)
{
    CLEANUP(url_cleanup) CURLU *x = curl_url();
    CLEANUP(url_cleanup) CURLU *y = curl_url();
    return x && y && curl_url_set(x, CURLUPART_URL, a, 0) == CURLUE_OK &&
           curl_url_set(y, CURLUPART_URL, b, 0) == CURLUE_OK && same_part(x, y, CURLUPART_SCHEME) &&
           same_part(x, y, CURLUPART_HOST) && same_part(x, y, CURLUPART_PORT);
}

char *url_add_query(const char *url, const char *name, const char *value)
{
    struct buf b = BUF_INIT(0);
    size_t n = strcspn(url, "#");
    buf_add(&b, url, n);
    bool has_query = memchr(url, '?', n);
    if (!has_query)
        buf_addch(&b, '?');
    else if (url[n - 1] != '?' && url[n - 1] != '&')
        buf_addch(&b, '&');
    buf_addf(&b, "%s=", name);
    text_add_percent(&b, value, "-._~:/,");
    return buf_detach(&b);
}

void url_add_path(struct buf *ret, const char *path)
{
    for (const char *c = path; *c; c++) {
        if (*c <= ' ' || *c >= 0x7f || strchr("%+~", *c))
            buf_addf(ret, "%%%02x", (unsigned char)*c);
        else
            buf_addch(ret, *c);
    }
}
