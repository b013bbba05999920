/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens (distribution's "Token Authentication Specification" and "OAuth2") and Basic. */
#include "base/clock.h"
#include "base/path.h"
#include "net/url.h"
#include "registry/authfile.h"
#include "registry/private.h"

#define EXPIRES_DEFAULT 60    /* seconds */
#define EXPIRES_MAX     86400 /* seconds */
#define EARLY_MS        5000  /* a token isn't used so shortly before its end */
#define CLIENT_ID       "mkimage"

/* ---- what is asked for ---------------------------------------------------------------------- */

static void scopes_of(const struct registry *r, const struct call *c, struct strv *ret)
{
    if (c->repository)
        strv_addf(ret, "repository:%s:%s", c->repository,
                  c->deleting  ? "pull,delete"
                  : r->writing ? "pull,push"
                               : "pull");
    if (c->from)
        strv_addf(ret, "repository:%s:pull", c->from);
}

/* "repository:a/b:pull" and "pull,push" of it: whether the actions stand in the list already. */
static bool has_action(const char *actions, struct slice action)
{
    CLEANUP(strv_release) struct strv list = STRV_INIT;
    CLEANUP(free_ptr) char *want = xstrndup(action.p, action.n);
    strv_split(&list, slice_of(actions), ",");
    return strv_has(&list, want);
}

/* Adds what the registry's challenge asks for beyond ours. */
static void scopes_add(struct strv *scopes, const char *challenge)
{
    CLEANUP(strv_release) struct strv wanted = STRV_INIT;
    strv_split(&wanted, slice_of(challenge), " ");
    strv_each (want, &wanted) {
        const char *actions = strrchr(*want, ':');
        size_t n = actions ? (size_t)(actions + 1 - *want) : 0, i = 0;
        while (i < scopes->n && (n == 0 || strncmp(scopes->v[i], *want, n) != 0))
            i++;
        if (i == scopes->n) {
            strv_add(scopes, *want);
            continue;
        }
        CLEANUP(strv_release) struct strv list = STRV_INIT;
        strv_split(&list, slice_of(actions + 1), ",");
        strv_each (action, &list) {
            if (has_action(scopes->v[i] + n, slice_of(*action)))
                continue;
            char *more = xasprintf("%s,%s", scopes->v[i], *action);
            free(scopes->v[i]);
            scopes->v[i] = more;
        }
    }
}

/* ---- credentials ---------------------------------------------------------------------------- */

int auth_credential(struct registry *r, const char *repository, const struct credential **ret,
                    struct err *err)
{
    const char *key = repository ? repository : "";
    for (size_t i = 0; i < r->n_known; i++)
        if (strcmp(r->known[i].repository, key) == 0 || !*r->known[i].repository) {
            *ret = &r->known[i].credential;
            return 0;
        }
    struct credential found;
    if (credential_find(r->session, &r->credentials, r->host, repository, &found, err) < 0)
        return -(int)err->code;
    GROW(r->known, r->n_known, r->cap_known);
    /* "" would stand for all: only login puts that there. */
    r->known[r->n_known] = (struct known_credential){xstrdup(*key ? key : "/"), found};
    *ret = &r->known[r->n_known++].credential;
    return 0;
}

char *basic_pair(const struct credential *c)
{
    char *pair = xasprintf("%s:%s", c->username, c->password);
    char *text = base64_encode(pair, strlen(pair));
    wipe(pair);
    return text;
}

static char *basic_header(const struct credential *c)
{
    char *text = basic_pair(c);
    char *header = xasprintf("Authorization: Basic %s", text);
    wipe(text);
    return header;
}

/* ---- tokens --------------------------------------------------------------------------------- */

static bool token_clean(const char *token)
{
    const char *p = token;
    while (*p > ' ' && *p < 0x7f)
        p++;
    return *token && !*p;
}

char *token_of(const struct http_response *answer, unsigned *ret_seconds)
{
    json_t *json = json_loadb(buf_str(&answer->body), answer->body.len, 0, NULL);
    const char *token = json_string_value(json_object_get(json, "token"));
    if (!token || !*token)
        token = json_string_value(json_object_get(json, "access_token"));
    const json_t *seconds = json_object_get(json, "expires_in");
    json_int_t expires = json_is_integer(seconds) ? json_integer_value(seconds) : 0;
    *ret_seconds = expires < EXPIRES_DEFAULT ? EXPIRES_DEFAULT
                   : expires > EXPIRES_MAX   ? EXPIRES_MAX
                                             : (unsigned)expires;
    char *copy = token && token_clean(token) ? xstrdup(token) : NULL;
    json_decref(json);
    return copy;
}

static int take_token(struct registry *r, const char *realm, const struct http_response *answer,
                      const char *key, struct err *err)
{
    unsigned seconds;
    char *token = token_of(answer, &seconds);
    if (!token)
        return err_set(err, "%s: the token server's answer holds no token", realm);
    GROW(r->tokens, r->n_tokens, r->cap_tokens);
    r->tokens[r->n_tokens++] = (struct token){
        .scopes = xstrdup(key),
        .header = xasprintf("Authorization: Bearer %s", token),
        .expires = now_ms() + (int64_t)seconds * 1000 - EARLY_MS,
    };
    wipe(token);
    return 0;
}

static int check_realm(const struct registry *r, const char *realm, struct err *err)
{
    CLEANUP(free_ptr) char *shown = url_show(realm);
    if (strncasecmp(realm, "https://", 8) == 0 ||
        (r->insecure && strncasecmp(realm, "http://", 7) == 0))
        return 0;
    err_set(err, "%s: names %s as its token server, which is refused: it isn't https", r->host,
            shown);
    return err_hint(err, "--insecure %s allows plain http for both, on a network that you trust",
                    r->host);
}

/* The form of the OAuth2 flow, for identity tokens; it holds a secret. */
static char *token_form(const struct registry *r, const struct strv *scopes,
                        const struct credential *c)
{
    CLEANUP(free_ptr) char *joined = strv_join(scopes, " ");
    const char *const pairs[][2] = {{"grant_type", "refresh_token"},
                                    {"service", r->challenge.service ? r->challenge.service : ""},
                                    {"client_id", CLIENT_ID},
                                    {"scope", joined},
                                    {"refresh_token", c->identity_token}};
    char *form = xstrdup("");
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        char *more = url_add_query(form, pairs[i][0], pairs[i][1]);
        wipe(form);
        form = more;
    }
    char *bare = xstrdup(form + 1); /* without the "?" */
    wipe(form);
    return bare;
}

static char *token_url(const struct registry *r, const struct strv *scopes)
{
    char *url = r->challenge.service
                    ? url_add_query(r->challenge.realm, "service", r->challenge.service)
                    : xstrdup(r->challenge.realm);
    strv_each (scope, scopes) {
        char *more = url_add_query(url, "scope", *scope);
        free(url);
        url = more;
    }
    return url;
}

/* r->lock is held. */
static int token_refused(const struct registry *r, const struct credential *c,
                         const struct http_response *answer, struct err *err)
{
    CLEANUP(free_ptr) char *words = hide_secrets(r, error_words(answer));
    CLEANUP(free_ptr) char *shown = url_show(r->challenge.realm);
    err_set(err, "%s: the token server %s refuses: %s", r->host, shown, words);
    if (answer->status != 401 && answer->status != 403 && answer->status != 400)
        return -(int)err->code;
    if (!c->from)
        return err_hint(err, "no credential for it was found: mkimage login %s", r->host);
    return err_hint(err, "used was the credential%s%s of %s: log in again by mkimage login %s",
                    c->username ? " of user " : "", c->username ? c->username : "", c->from,
                    r->host);
}

static int send_token_request(struct registry *r, const struct http_request *q,
                              struct http_response *ret, struct err *err)
{
    for (unsigned attempt = 0;;) {
        bool transient = false;
        int result = http_request(r->http, q, ret, &transient, err);
        if (result == 0 && !status_transient(ret->status))
            return 0;
        attempt += attempt_weight(ret);
        if ((result < 0 && !transient) || attempt >= ATTEMPTS)
            return result;
        unsigned after = http_retry_after(ret, time(NULL));
        CLEANUP(free_ptr)
        char *why = result < 0 ? xstrdup(err->message) : xasprintf("HTTP %u", ret->status);
        if (after > RETRY_AFTER_MAX)
            return result;
        http_response_release(ret);
        err_clear(err);
        if (registry_pause(r, attempt, after, why, err) < 0)
            return -(int)err->code;
    }
}

static int request_token(struct registry *r, const struct strv *scopes, const struct credential *c,
                         bool oauth, struct http_response *ret, struct err *err)
{
    CLEANUP(strv_release) struct strv headers = STRV_INIT;
    CLEANUP(free_ptr) char *url = oauth ? xstrdup(r->challenge.realm) : token_url(r, scopes);
    char *form = oauth ? token_form(r, scopes, c) : NULL;
    if (oauth)
        strv_add(&headers, "Content-Type: application/x-www-form-urlencoded");
    else if (c->username)
        strv_take(&headers, basic_header(c));
    bool own = url_same_origin(url, r->base);
    struct http_request q = {
        .method = oauth ? "POST" : "GET",
        .url = url,
        .headers = &headers,
        .trust = own ? &r->trust.registry : &r->trust.others,
        .outside = !own,
        .silence = r->silence,
        .body = form,
        .body_size = form ? strlen(form) : 0,
        .body_fd = -1,
        .response_fd = -1,
        .response_max = TOKEN_MAX,
    };
    int result = send_token_request(r, &q, ret, err);
    wipe(form);
    strv_each (line, &headers)
        explicit_bzero(*line, strlen(*line));
    return result;
}

/* r->lock is held: whoever needs the same token waits for this one. */
static int fetch_token(struct registry *r, const char *repository, const struct strv *scopes,
                       const char *key, struct err *err)
{
    CLEANUP(http_response_release) struct http_response answer = {0};
    const struct credential *c;
    if (check_realm(r, r->challenge.realm, err) < 0 || auth_credential(r, repository, &c, err) < 0)
        return -(int)err->code;
    int result = request_token(r, scopes, c, c->identity_token, &answer, err);
    if (result == 0 && c->identity_token && c->username &&
        (answer.status == 404 || answer.status == 405)) {
        http_response_release(&answer);
        result = request_token(r, scopes, c, false, &answer, err);
    }
    if (result < 0)
        return err_wrap(err, "%s: its token server", r->host);
    if (!status_ok(answer.status))
        return token_refused(r, c, &answer, err);
    CLEANUP(free_ptr) char *shown = url_show(r->challenge.realm);
    return take_token(r, shown, &answer, key, err);
}

static struct token *find_token(struct registry *r, const char *key)
{
    for (size_t i = 0; i < r->n_tokens; i++)
        if (strcmp(r->tokens[i].scopes, key) == 0)
            return &r->tokens[i];
    return NULL;
}

static void drop_token(struct registry *r, struct token *t)
{
    free(t->scopes);
    wipe(t->header);
    *t = r->tokens[--r->n_tokens];
}

/* ---- the two ways in ------------------------------------------------------------------------ */

static int bearer(struct registry *r, const struct call *c, char **ret, struct err *err)
{
    CLEANUP(strv_release) struct strv scopes = STRV_INIT;
    scopes_of(r, c, &scopes);
    CLEANUP(free_ptr) char *key = strv_join(&scopes, " ");
    struct token *t = find_token(r, key);
    if (t && t->expires <= now_ms()) {
        drop_token(r, t);
        t = NULL;
    }
    if (!t && fetch_token(r, c->repository, &scopes, key, err) < 0)
        return -(int)err->code;
    t = find_token(r, key);
    *ret = xstrdup(t->header);
    return 0;
}

static int basic(struct registry *r, const struct call *c, char **ret, struct err *err)
{
    const struct credential *credential;
    if (auth_credential(r, c->repository, &credential, err) < 0)
        return -(int)err->code;
    if (credential->username)
        *ret = basic_header(credential);
    return 0;
}

int auth_header(struct registry *r, const struct call *c, char **ret, struct err *err)
{
    *ret = NULL;
    pthread_mutex_lock(&r->lock);
    int result = 0;
    if (c->basic || r->challenge.scheme == AUTH_BASIC)
        result = basic(r, c, ret, err);
    else if (r->challenge.scheme == AUTH_BEARER)
        result = bearer(r, c, ret, err);
    pthread_mutex_unlock(&r->lock);
    return result;
}

/* Another token than the one that was refused: with the challenge's scopes, too. */
static int renew(struct registry *r, const struct call *c, const char *used, struct err *err)
{
    CLEANUP(strv_release) struct strv scopes = STRV_INIT;
    scopes_of(r, c, &scopes);
    CLEANUP(free_ptr) char *key = strv_join(&scopes, " ");
    struct token *t = find_token(r, key);
    if (t && (!used || strcmp(t->header, used) != 0))
        return 0; /* another thread was faster */
    if (t)
        drop_token(r, t);
    if (r->challenge.scope)
        scopes_add(&scopes, r->challenge.scope);
    return fetch_token(r, c->repository, &scopes, key, err);
}

int auth_refused(struct registry *r, const struct call *c, const struct http_response *response,
                 const char *used, bool *ret_again, struct err *err)
{
    struct challenge now;
    int result = 0;
    *ret_again = false;
    if (c->basic)
        return 0;
    challenge_of(response, &now);
    *ret_again = now.scheme == AUTH_BEARER || (now.scheme == AUTH_BASIC && !used);
    pthread_mutex_lock(&r->lock);
    if (now.scheme != AUTH_NONE) {
        challenge_release(&r->challenge);
        r->challenge = now;
    }
    if (now.scheme == AUTH_BEARER)
        result = renew(r, c, used, err);
    pthread_mutex_unlock(&r->lock);
    return result;
}
