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

/* r->lock is held. */
static const struct credential *find_known(const struct registry *r, const char *key)
{
    for (const struct known_credential *k = r->known; k; k = k->next)
        if (strcmp(k->repository, key) == 0 || !*k->repository)
            return &k->credential;
    return NULL;
}

/* r->lock is held. */
static const struct credential *know(struct registry *r, const char *key,
                                     const struct credential *credential)
{
    struct known_credential *k = xcalloc(1, sizeof(*k));
    *k = (struct known_credential){xstrdup(key), *credential, r->known};
    r->known = k;
    return &k->credential;
}

const struct credential *auth_know(struct registry *r, const char *repository,
                                   const struct credential *credential)
{
    pthread_mutex_lock(&r->lock);
    const struct credential *ret = know(r, repository, credential);
    pthread_mutex_unlock(&r->lock);
    return ret;
}

int auth_credential(struct registry *r, const char *repository, const struct credential **ret,
                    struct err *err)
{
    /* "" would stand for all: only login puts that there. */
    const char *key = repository && *repository ? repository : "/";
    CLEANUP(free_ptr) char *turn = xasprintf("credential %s", key);
    struct credential found;
    pthread_mutex_lock(&r->lock);
    int result = (*ret = find_known(r, key)) ? 0 : once_begin(r, turn, err);
    if (*ret || result < 0) {
        pthread_mutex_unlock(&r->lock);
        return result;
    }
    *ret = find_known(r, key); /* another thread may have had this turn before */
    if (!*ret) {
        pthread_mutex_unlock(&r->lock);
        result = credential_find(r->session, &r->credentials, r->host, repository, &found, err);
        pthread_mutex_lock(&r->lock);
        if (result == 0)
            *ret = know(r, key, &found);
    }
    once_end(r, turn);
    pthread_mutex_unlock(&r->lock);
    return result;
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
    pthread_mutex_lock(&r->lock);
    GROW(r->tokens, r->n_tokens, r->cap_tokens);
    r->tokens[r->n_tokens++] = (struct bearer){
        .scopes = xstrdup(key),
        .header = xasprintf("Authorization: Bearer %s", token),
        .expires = now_ms() + (int64_t)seconds * 1000 - EARLY_MS,
    };
    pthread_mutex_unlock(&r->lock);
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
static char *token_form(const struct challenge *challenge, const struct strv *scopes,
                        const struct credential *c)
{
    CLEANUP(free_ptr) char *joined = strv_join(scopes, " ");
    const char *const pairs[][2] = {{"grant_type", "refresh_token"},
                                    {"service", challenge->service ? challenge->service : ""},
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

static char *token_url(const struct challenge *challenge, const struct strv *scopes)
{
    char *url = challenge->service ? url_add_query(challenge->realm, "service", challenge->service)
                                   : xstrdup(challenge->realm);
    strv_each (scope, scopes) {
        char *more = url_add_query(url, "scope", *scope);
        free(url);
        url = more;
    }
    return url;
}

static int token_refused(struct registry *r, const char *realm, const struct credential *c,
                         const struct http_response *answer, struct err *err)
{
    CLEANUP(free_ptr) char *words = registry_words(r, answer);
    err_set(err, "%s: the token server %s refuses: %s", r->host, realm, words);
    if (answer->status != 401 && answer->status != 403 && answer->status != 400)
        return err_ret(err);
    if (c->given)
        return err_hint(err, "check the user's name and the password");
    if (!c->from)
        return err_hint(err, "no credential for it was found: mkimage login %s", r->host);
    return err_hint(err, "credential used:%s%s of %s; to replace it, mkimage login %s",
                    c->username ? " user " : " that", c->username ? c->username : "", c->from,
                    r->host);
}

static int send_token_request(struct registry *r, const struct http_request *q,
                              struct http_response *ret, struct err *err)
{
    struct retry retry = {.attempts = ATTEMPTS};
    for (;;) {
        bool transient = false;
        int result = http_request(r->http, q, ret, &transient, err);
        transient = transient || (result == 0 && status_transient(ret->status));
        int again = transient ? registry_again(r, &retry, ret, 0, err) : 0;
        if (again <= 0)
            return again < 0 ? again : result;
        http_response_release(ret);
    }
}

static int request_token(struct registry *r, const struct challenge *challenge,
                         const struct strv *scopes, const struct credential *c, bool oauth,
                         struct http_response *ret, struct err *err)
{
    CLEANUP(strv_release) struct strv headers = STRV_INIT;
    CLEANUP(free_ptr) char *url = oauth ? xstrdup(challenge->realm) : token_url(challenge, scopes);
    char *form = oauth ? token_form(challenge, scopes, c) : NULL;
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

static struct challenge known_challenge(struct registry *r)
{
    pthread_mutex_lock(&r->lock);
    struct challenge c = {.scheme = r->challenge.scheme,
                          .realm = xstrdup(r->challenge.realm),
                          .service = r->challenge.service ? xstrdup(r->challenge.service) : NULL};
    pthread_mutex_unlock(&r->lock);
    return c;
}

/* The turn of its key is had: whoever needs the same token waits for this one. */
static int fetch_token(struct registry *r, const char *repository, const struct strv *scopes,
                       const char *key, struct err *err)
{
    CLEANUP(http_response_release) struct http_response answer = {0};
    CLEANUP(challenge_release) struct challenge challenge = known_challenge(r);
    const struct credential *c;
    if (check_realm(r, challenge.realm, err) < 0 || auth_credential(r, repository, &c, err) < 0)
        return err_ret(err);
    int result = request_token(r, &challenge, scopes, c, c->identity_token, &answer, err);
    if (result == 0 && c->identity_token && c->username &&
        (answer.status == 404 || answer.status == 405)) {
        http_response_release(&answer);
        result = request_token(r, &challenge, scopes, c, false, &answer, err);
    }
    if (result < 0)
        return err_wrap(err, "%s: its token server", r->host);
    CLEANUP(free_ptr) char *shown = url_show(challenge.realm);
    if (!status_ok(answer.status))
        return token_refused(r, shown, c, &answer, err);
    return take_token(r, shown, &answer, key, err);
}

static struct bearer *find_token(struct registry *r, const char *key)
{
    for (size_t i = 0; i < r->n_tokens; i++)
        if (strcmp(r->tokens[i].scopes, key) == 0)
            return &r->tokens[i];
    return NULL;
}

static void drop_token(struct registry *r, struct bearer *t)
{
    free(t->scopes);
    wipe(t->header);
    *t = r->tokens[--r->n_tokens];
}

/* The token of these scopes, as a header's copy; NULL if there is none that may be used: one that
 * is over, or that was refused. r->lock is held. */
static char *usable_token(struct registry *r, const char *key, const char *refused)
{
    struct bearer *t = find_token(r, key);
    if (t && t->expires > now_ms() && !(refused && strcmp(t->header, refused) == 0))
        return xstrdup(t->header);
    if (t)
        drop_token(r, t);
    return NULL;
}

/* A token for the call, another than the one that was refused (or NULL); asked: for these scopes
 * beside our own, or NULL. */
static int get_token(struct registry *r, const struct call *c, const char *refused,
                     const char *asked, char **ret, struct err *err)
{
    CLEANUP(strv_release) struct strv scopes = STRV_INIT;
    scopes_of(r, c, &scopes);
    CLEANUP(free_ptr) char *key = strv_join(&scopes, " ");
    CLEANUP(free_ptr) char *turn = xasprintf("token %s", key);
    pthread_mutex_lock(&r->lock);
    int result = (*ret = usable_token(r, key, refused)) ? 0 : once_begin(r, turn, err);
    if (*ret || result < 0) {
        pthread_mutex_unlock(&r->lock);
        return result;
    }
    *ret = usable_token(r, key, refused); /* another thread may have had this turn before */
    if (!*ret) {
        pthread_mutex_unlock(&r->lock);
        if (asked)
            scopes_add(&scopes, asked);
        result = fetch_token(r, c->repository, &scopes, key, err);
        pthread_mutex_lock(&r->lock);
        const struct bearer *t = result == 0 ? find_token(r, key) : NULL;
        *ret = t ? xstrdup(t->header) : NULL;
    }
    once_end(r, turn);
    pthread_mutex_unlock(&r->lock);
    return result;
}

/* ---- the two ways in ------------------------------------------------------------------------ */

int auth_header(struct registry *r, const struct call *c, char **ret, struct err *err)
{
    *ret = NULL;
    pthread_mutex_lock(&r->lock);
    const enum auth_scheme scheme = c->basic ? AUTH_BASIC : r->challenge.scheme;
    pthread_mutex_unlock(&r->lock);
    const struct credential *credential;
    if (scheme == AUTH_NONE)
        return 0;
    if (auth_credential(r, c->repository, &credential, err) < 0)
        return err_ret(err);
    if (credential->registry_token && !c->basic) {
        *ret = xasprintf("Authorization: Bearer %s", credential->registry_token);
        return 0;
    }
    if (scheme == AUTH_BEARER)
        return get_token(r, c, NULL, NULL, ret, err);
    if (credential->username)
        *ret = basic_header(credential);
    return 0;
}

/* A registry that hands out tokens may ask for Basic where it refuses one thing (Harbor, of a mount
 * from a project that isn't ours): that is no word about all the rest. */
static void take_challenge(struct registry *r, struct challenge *now)
{
    pthread_mutex_lock(&r->lock);
    if (now->scheme != AUTH_NONE && now->scheme >= r->challenge.scheme) {
        struct challenge before = r->challenge;
        r->challenge = *now;
        *now = before;
    }
    pthread_mutex_unlock(&r->lock);
}

int auth_refused(struct registry *r, const struct call *c, const struct http_response *response,
                 const char *used, bool *ret_again, struct err *err)
{
    CLEANUP(challenge_release) struct challenge now = {0};
    *ret_again = false;
    if (c->basic)
        return 0;
    challenge_of(response, &now);
    const enum auth_scheme scheme = now.scheme;
    CLEANUP(free_ptr) char *asked = now.scope ? xstrdup(now.scope) : NULL;
    take_challenge(r, &now);
    const struct credential *credential;
    if (scheme == AUTH_NONE)
        return 0;
    if (auth_credential(r, c->repository, &credential, err) < 0)
        return err_ret(err);
    *ret_again = !used || (scheme == AUTH_BEARER && !credential->registry_token);
    if (scheme != AUTH_BEARER || credential->registry_token)
        return 0;
    char *token;
    int result = get_token(r, c, used, asked, &token, err);
    wipe(token);
    return result;
}
