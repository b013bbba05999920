/* SPDX-License-Identifier: Apache-2.0 */
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

/* Such a name tells where to look for what it may do. What can't be known isn't said. */
static void say_rights(struct registry *r, const char *username)
{
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    CLEANUP(free_ptr) char *project = robot_project(username);
    CLEANUP(free_ptr) char *repository = project ? xasprintf("%s/" PROBE, project) : NULL;
    CLEANUP(http_response_release) struct http_response response = {0};
    struct call c = {.method = "GET", .path = "/v2/", CALL_INIT};
    bool known = false, may = false;
    if (!repository || registry_call(r, &c, &response, NULL, &ignored) < 0)
        return;
    registry_write(r);
    if (auth_may(r, repository, "push", &known, &may, &ignored) == 0 && known && !may)
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
