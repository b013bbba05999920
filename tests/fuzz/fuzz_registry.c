/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as what a registry, a token server or a credential file says. The first byte names the
 * kind. What is shown or sent on of it holds no byte that could end a line. */
#include "base/path.h"
#include "base/text.h"
#include "registry/authfile.h"
#include "registry/private.h"

#define HOST "h.example:5000"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_clean(const char *text)
{
    for (const char *p = text; p && *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            abort();
}

/* A header's value: curl hands over no line's end and no NUL. */
static void add_header(struct http_response *r, const char *name, const char *value)
{
    strv_addf(&r->headers, "%s: %.*s", name, (int)strcspn(value, "\r\n"), value);
}

static void read_challenge(const char *text)
{
    CLEANUP(http_response_release) struct http_response r = {0};
    struct challenge c;
    add_header(&r, "www-authenticate", text);
    challenge_of(&r, &c);
    if (c.scheme == AUTH_BEARER && !c.realm)
        abort();
    challenge_release(&c);
}

static void read_link(const char *text)
{
    CLEANUP(http_response_release) struct http_response r = {0};
    add_header(&r, "link", text);
    CLEANUP(err_release) struct err err = ERR_INIT;
    const struct registry registry = {.base = (char *)(uintptr_t) "https://" HOST};
    CLEANUP(free_ptr) char *next = NULL;
    int result = next_page(&registry, "a", "/v2/a/tags/list?n=2", &r, &next, &err);
    if (next && (result < 0 || strncmp(next, "/v2/a/", 6) != 0))
        abort();
}

static void read_numbers(const char *text)
{
    CLEANUP(http_response_release) struct http_response r = {0};
    uint64_t n = 0;
    add_header(&r, "retry-after", text);
    http_retry_after(&r, 1700000000);
    if (upload_range(text, &n) && n == 1)
        abort(); /* "0-0" is none */
}

static void read_error(const char *p, size_t n)
{
    CLEANUP(http_response_release) struct http_response r = {.status = 400};
    buf_add(&r.body, p, n);
    CLEANUP(free_ptr) char *words = text_shown(error_words(&r)); /* as an error shows them */
    check_clean(words);
    error_has(&r, "BLOB_UNKNOWN");
}

static void read_token(const char *p, size_t n)
{
    CLEANUP(http_response_release) struct http_response r = {.status = 200};
    unsigned seconds;
    buf_add(&r.body, p, n);
    char *token = token_of(&r, &seconds);
    check_clean(token);
    if (seconds < 60 || seconds > 86400 || (token && (!*token || strchr(token, ' '))))
        abort();
    wipe(token);
}

static void read_authfile(const char *p, size_t n)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    struct credential c = {0};
    json_t *document;
    if (authfile_parse(p, n, "auth.json", &document, &err) == 0) {
        authfile_helper(document, HOST, "a/b");
        if (authfile_find(document, "auth.json", HOST, "a/b", &c, &err) == 0 &&
            (c.username == NULL) != (c.password == NULL))
            abort();
        authfile_set(document, HOST, "u", "p");
        if (!authfile_remove(document, HOST) || authfile_remove(document, HOST))
            abort();
        json_decref(document);
    }
    check_clean(err.message);
    credential_release(&c);
}

/* What is taken for a name is written and read again as the same. */
static void read_reference(const char *text)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(reference_release) struct reference a = {0}, b = {0};
    if (reference_parse(text, &a, &err) < 0) {
        check_clean(err.message);
        return;
    }
    CLEANUP(free_ptr) char *once = reference_text(&a);
    if (reference_parse(once, &b, &err) < 0)
        abort();
    CLEANUP(free_ptr) char *again = reference_text(&b);
    if (strcmp(once, again) != 0 || strstr(a.repository, ".."))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > 65536)
        return 0;
    CLEANUP(free_ptr) char *text = xstrndup((const char *)data + 1, size - 1);
    switch (data[0]) {
    case 'c':
        read_challenge(text);
        break;
    case 'l':
        read_link(text);
        break;
    case 'n':
        read_numbers(text);
        break;
    case 'e':
        read_error((const char *)data + 1, size - 1);
        break;
    case 't':
        read_token((const char *)data + 1, size - 1);
        break;
    case 'a':
        read_authfile((const char *)data + 1, size - 1);
        break;
    case 'r':
        read_reference(text);
        break;
    default:
        break;
    }
    return 0;
}
