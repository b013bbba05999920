/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "net/url.h"
#include "registry/authfile.h"
#include "registry/private.h"
#include <jansson.h>

#define WORDS_MAX  2000
#define PLAIN_MAX  300
#define SECRET_MIN 4 /* bytes: shorter ones would hide ordinary text */

static void add_detail(const json_t *detail, struct buf *ret)
{
    if (json_is_string(detail) && *json_string_value(detail)) {
        buf_addf(ret, " (%s)", json_string_value(detail));
        return;
    }
    if (!json_is_object(detail) && !json_is_array(detail))
        return;
    char *text = json_dumps(detail, JSON_COMPACT);
    if (text && strlen(text) < PLAIN_MAX && strcmp(text, "{}") != 0)
        buf_addf(ret, " (%s)", text);
    free(text);
}

/* {"errors":[{"code","message","detail"}]} (distribution-spec "Error Codes"). */
static void add_errors(const json_t *document, struct buf *ret)
{
    size_t i;
    const json_t *entry;
    json_array_foreach(json_object_get(document, "errors"), i, entry)
    {
        const char *code = json_string_value(json_object_get(entry, "code"));
        const char *message = json_string_value(json_object_get(entry, "message"));
        if (!code && !message)
            continue;
        buf_addf(ret, "%s%s%s%s", i ? "; " : "", code ? code : "", code && message ? ": " : "",
                 message ? message : "");
        add_detail(json_object_get(entry, "detail"), ret);
    }
}

/* Text of any other form: tags left out, blanks run together, the beginning of it. */
static void add_plain(const char *text, size_t n, struct buf *ret)
{
    bool tag = false, blank = false;
    for (size_t i = 0; i < n && ret->len < PLAIN_MAX; i++) {
        char c = text[i];
        if (c == '<' || (tag && c == '>')) {
            tag = c == '<';
            blank = true;
        } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            blank = true;
        } else if (!tag) {
            if (blank && ret->len)
                buf_addch(ret, ' ');
            buf_addch(ret, c);
            blank = false;
        }
    }
}

char *error_words(const struct http_response *response)
{
    CLEANUP(buf_release) struct buf words = BUF_INIT(WORDS_MAX);
    const struct buf *body = &response->body;
    json_t *document = json_loadb(buf_str(body), body->len, 0, NULL);
    add_errors(document, &words);
    const char *message = json_string_value(json_object_get(document, "message"));
    if (!message)
        message = json_string_value(json_object_get(document, "error_description"));
    if (!message)
        message = json_string_value(json_object_get(document, "details"));
    if (!words.len && message)
        buf_addstr(&words, message);
    if (!words.len)
        add_plain(buf_str(body), body->len, &words);
    json_decref(document);
    return xasprintf("HTTP %u%s%s", response->status, words.len ? ": " : "", buf_str(&words));
}

static void hide(char **text, const char *secret)
{
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    size_t n = secret ? strlen(secret) : 0;
    if (n < SECRET_MIN)
        return;
    const char *from = *text, *at;
    while ((at = strstr(from, secret))) {
        buf_add(&b, from, (size_t)(at - from));
        buf_addstr(&b, "(hidden)");
        from = at + n;
    }
    buf_addstr(&b, from);
    free(*text);
    *text = xstrdup(buf_str(&b));
}

char *hide_secrets(const struct registry *r, char *text)
{
    for (const struct known_credential *k = r->known; k; k = k->next) {
        const struct credential *c = &k->credential;
        char *basic = c->username && c->password ? basic_pair(c) : NULL;
        hide(&text, basic);
        hide(&text, c->password);
        hide(&text, c->identity_token);
        hide(&text, c->registry_token);
        wipe(basic);
    }
    for (size_t i = 0; i < r->n_tokens; i++)
        hide(&text, r->tokens[i].header + strlen("Authorization: Bearer "));
    return text;
}

char *registry_words(struct registry *r, const struct http_response *response)
{
    char *words = error_words(response);
    pthread_mutex_lock(&r->lock);
    words = hide_secrets(r, words);
    pthread_mutex_unlock(&r->lock);
    return words;
}

bool error_has(const struct http_response *response, const char *code)
{
    json_t *document = json_loadb(buf_str(&response->body), response->body.len, 0, NULL);
    bool found = false;
    size_t i;
    const json_t *entry;
    json_array_foreach(json_object_get(document, "errors"), i, entry)
    {
        const char *have = json_string_value(json_object_get(entry, "code"));
        found = found || (have && strcmp(have, code) == 0);
    }
    json_decref(document);
    return found;
}

static void hint_credential(struct registry *r, const struct call *c, struct err *err)
{
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    const struct credential *credential = NULL;
    (void)!auth_credential(r, c->repository, &credential, &ignored);
    if (!credential || !credential->from)
        err_hint(err, "no credential for %s was found: mkimage login %s", r->host, r->host);
    else
        err_hint(err, "credential used:%s%s of %s. Check its password, and that it may %s here",
                 credential->username ? " user " : " that",
                 credential->username ? credential->username : "", credential->from,
                 c->deleting  ? "delete"
                 : r->writing ? "push"
                              : "pull");
}

/* What is said where it was refused though the credential is right: Harbor's sentences, and the
 * same of others. */
static const char *reason_of(const char *words)
{
    static const char *const reasons[][2] = {
        {"quota", "the project is full: remove images from it, or raise its quota"},
        {"configured upper limit",
         "the project is full: remove images from it, or raise its quota"},
        {"read only mode",
         "the registry is in read-only mode; its administrator can switch that off"},
        {"read-only", "the registry is in read-only mode; its administrator can switch that off"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
        if (strcasestr(words, reasons[i][0]))
            return reasons[i][1];
    return strstr(words, "project") && strstr(words, "not found")
               ? "in Harbor a path's first part is a project, which must be made first"
               : NULL;
}

static void hint_refused(struct registry *r, const struct call *c, const char *words,
                         struct err *err)
{
    const char *reason = reason_of(words);
    if (reason)
        err_hint(err, "%s", reason);
    else
        hint_credential(r, c, err);
}

static void hint(struct registry *r, const struct call *c, const char *words,
                 const struct http_response *response, struct err *err)
{
    unsigned after = http_retry_after(response, time(NULL));
    if (response->status == 401 || response->status == 403) {
        hint_refused(r, c, words, err);
    } else if (response->status == 400 && strstr(words, "invalid repository name") &&
               c->repository && !strchr(c->repository, '/')) {
        err_hint(err, "in Harbor an image belongs to a project: %s/PROJECT/%s", r->host,
                 c->repository);
    } else if (response->status == 412 && strcasestr(words, "immutable")) {
        err_hint(err, "the registry lets nobody move this tag: choose another one");
    } else if (response->status == 412) {
        err_hint(err, "a policy of the registry refuses it; see there");
    } else if (response->status == 413) {
        err_hint(err, "a proxy before the registry limits the size of a request's body "
                      "(nginx: client_max_body_size)");
    } else if (response->status == 429) {
        err_hint(err, after ? "it asks to wait %u seconds" : "wait, and try again", after);
    } else if (response->status == 405 && c->deleting) {
        err_hint(err, "the registry doesn't let anybody delete "
                      "(distribution: storage.delete.enabled)");
    }
}

/* Only what is read may be looked for elsewhere. */
static void hint_redirect(const struct http_response *response, struct err *err)
{
    const char *location = http_header(response, "location");
    if (response->status < 300 || response->status > 399 || !location)
        return;
    CLEANUP(free_ptr) char *bare = xstrndup(location, strcspn(location, "?#"));
    CLEANUP(free_ptr) char *shown = url_show(bare);
    err_hint(err,
             "it redirects to %s, where nothing is sent: name that host, or without --insecure",
             shown);
}

int registry_refused(struct registry *r, const struct call *c, const char *what,
                     const struct http_response *response, struct err *err)
{
    CLEANUP(free_ptr) char *words = registry_words(r, response);
    enum err_code code = response->status == 404 ? ERR_NOT_FOUND : ERR_FAIL;
    err_code(err, code, "%s%s%s: %s: %s", r->host, c->repository ? "/" : "",
             c->repository ? c->repository : "", what, words);
    hint(r, c, words, response, err);
    hint_redirect(response, err);
    return err_ret(err);
}
