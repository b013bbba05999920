/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"
#include "registry/authfile.h"
#include "registry/private.h"

#define PROBE                                                                          \
    "mkimage-login" /* no such repository need be there: a token is asked for, no more \
                     */

/* The project of a robot of Harbor's: "robot$base+ci"; the caller frees. */
static char *robot_project(const char *username)
{
    const char *dollar = strchr(username, '$'), *plus = dollar ? strchr(dollar, '+') : NULL;
    return plus && plus > dollar + 1 ? xstrndup(dollar + 1, (size_t)(plus - dollar - 1)) : NULL;
}

/* What a JWT (RFC 7519) says that it grants: distribution's and Harbor's tokens are such. */
static json_t *token_claims(const char *header)
{
    const char *payload = strchr(header, '.');
    size_t n = payload ? strcspn(payload + 1, ".") : 0, decoded;
    if (!payload || payload[1 + n] != '.')
        return NULL;
    CLEANUP(buf_release) struct buf text = BUF_INIT(TOKEN_MAX);
    for (size_t i = 0; i < n; i++) {
        char c = payload[1 + i];
        buf_addch(&text, (char)(c == '-' ? '+' : c == '_' ? '/' : c));
    }
    while (text.len % 4)
        buf_addch(&text, '=');
    char *bytes = base64_decode((struct slice){buf_str(&text), text.len}, &decoded);
    json_t *claims = bytes ? json_loadb(bytes, decoded, 0, NULL) : NULL;
    wipe(bytes);
    return claims;
}

/* Whether a token for the repository grants an action, as far as it tells. */
static int may(struct registry *r, const char *repository, const char *action, bool *ret_known,
               bool *ret_may, struct err *err)
{
    const struct call c = {.method = "GET", .repository = repository, CALL_INIT};
    char *header = NULL;
    *ret_known = *ret_may = false;
    if (auth_header(r, &c, &header, err) < 0)
        return err_ret(err);
    json_t *claims = header ? token_claims(header) : NULL;
    wipe(header);
    const json_t *access = json_object_get(claims, "access"), *one, *granted;
    size_t i, k;
    *ret_known = json_is_array(access);
    json_array_foreach(access, i, one)
    {
        json_array_foreach(json_object_get(one, "actions"), k, granted)
        {
            const char *text = json_string_value(granted);
            *ret_may = *ret_may || (text && strcmp(text, action) == 0);
        }
    }
    json_decref(claims);
    return 0;
}

/* Such a name tells where to look for what it may do. What can't be known isn't said. */
static void say_rights(struct registry *r, const char *username)
{
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    CLEANUP(free_ptr) char *project = robot_project(username);
    CLEANUP(free_ptr) char *repository = project ? xasprintf("%s/" PROBE, project) : NULL;
    CLEANUP(http_response_release) struct http_response response = {0};
    struct call c = {.method = "GET", .path = "/v2/", CALL_INIT};
    bool known = false, granted = false;
    if (!repository || registry_call(r, &c, &response, NULL, &ignored) < 0)
        return;
    registry_write(r);
    if (may(r, repository, "push", &known, &granted, &ignored) == 0 && known && !granted)
        log_warn(r->session->log, "%s: user %s may pull from %s, but not push", r->host, username,
                 project);
}

/* Who answers everybody takes any password, unless it is shown one (zot): it is, at once, with a
 * registry of Basic as with one of tokens, which asks for theirs then. */
int registry_login(struct registry *r, const char *username, const char *password, struct err *err)
{
    CLEANUP(http_response_release) struct http_response response = {0};
    CLEANUP(challenge_release) struct challenge challenge = {0};
    struct call c = {.method = "GET", .path = "/v2/", .basic = true, CALL_INIT};
    const struct credential given = {.username = xstrdup(username),
                                     .password = xstrdup(password),
                                     .from = xstrdup("login"),
                                     .given = true};
    auth_know(r, "", &given);
    if (registry_call(r, &c, &response, NULL, err) < 0)
        return err_ret(err);
    challenge_of(&response, &challenge);
    if (response.status == 401 && challenge.scheme == AUTH_BEARER) {
        c.basic = false;
        http_response_release(&response);
        if (registry_call(r, &c, &response, NULL, err) < 0)
            return err_ret(err);
    }
    if (status_ok(response.status)) {
        say_rights(r, username);
        return 0;
    }
    CLEANUP(free_ptr) char *words = registry_words(r, &response);
    err_set(err, "%s: refuses user %s: %s", r->host, username, words);
    if (response.status == 401 || response.status == 403)
        err_hint(err, "check the user's name and the password");
    return err_ret(err);
}
