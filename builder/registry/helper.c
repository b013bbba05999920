/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/path.h"
#include "deb/child.h"
#include "registry/authfile.h"
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_MAX 65536
#define PATIENCE   60 /* seconds: time to type a passphrase in */

/* Never a path: what a file names is looked up in PATH only. */
static bool name_valid(const char *name)
{
    size_t n = strlen(name);
    return n > 0 && n < 100 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == n;
}

static const char *server_of(const char *host)
{
    return strcmp(host, "docker.io") == 0 ? "https://index.docker.io/v1/" : host;
}

/* *ret_ok: it ended with exit code 0. */
static int run(const struct helper *h, const char *verb, struct slice input, struct buf *ret,
               bool *ret_ok, struct err *err)
{
    if (!name_valid(h->name))
        return err_set(err, "\"%.100s\" isn't a credential helper's name", h->name);
    CLEANUP(free_ptr) char *program = xasprintf("docker-credential-%s", h->name);
    const char *const argv[] = {program, verb, NULL};
    const struct child child = {
        .argv = argv,
        .env = (const char *const *)(uintptr_t)environ,
        .stderr_path = "/dev/null",
        .input = input,
        .patience = h->patience ? h->patience : PATIENCE,
    };
    int status = 0;
    int r = child_run(h->session, &child, ret, &status, err);
    if (r == -ERR_NOT_FOUND) {
        err_hint(err, "a credential file names this helper: install it, or choose another file by "
                      "--registry-config");
        err->code = ERR_FAIL;
        return -ERR_FAIL;
    }
    *ret_ok = r == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    return r;
}

/* A helper that fails says why on its stdout; one that printed a credential all the same isn't
 * quoted. */
static int refused(const char *name, const char *verb, const struct buf *answer, struct err *err)
{
    bool quote = !strchr(buf_str(answer), '{');
    size_t n = quote ? strcspn(buf_str(answer), "\n") : 0;
    return err_set(err, "docker-credential-%s %s failed%s%.*s", name, verb, n ? ": " : "",
                   n < 200 ? (int)n : 200, buf_str(answer));
}

static int take_answer(const char *name, const struct buf *answer, struct credential *ret,
                       struct err *err)
{
    json_t *json = json_loadb(buf_str(answer), answer->len, 0, NULL);
    const char *user = json_string_value(json_object_get(json, "Username"));
    const char *secret = json_string_value(json_object_get(json, "Secret"));
    int r = 0;
    if (!user || !secret || answer->overflow)
        r = err_set(err, "docker-credential-%s get: its answer isn't a credential", name);
    else if (strcmp(user, "<token>") == 0)
        ret->identity_token = xstrdup(secret);
    else if (*user) {
        ret->username = xstrdup(user);
        ret->password = xstrdup(secret);
    }
    if (ret->username || ret->identity_token)
        ret->from = xasprintf("docker-credential-%s", name);
    json_decref(json);
    return r;
}

int helper_get(const struct helper *h, const char *host, struct credential *ret, struct err *err)
{
    CLEANUP(buf_release) struct buf answer = BUF_INIT(ANSWER_MAX);
    bool ok = false;
    int r = run(h, "get", slice_of(server_of(host)), &answer, &ok, err);
    if (r == 0 && ok)
        r = take_answer(h->name, &answer, ret, err);
    else if (r == 0 && !strcasestr(buf_str(&answer), "not found"))
        r = refused(h->name, "get", &answer, err);
    if (answer.data)
        explicit_bzero(answer.data, answer.cap);
    return r;
}

int helper_store(const struct helper *h, const char *host, const char *username,
                 const char *password, struct err *err)
{
    CLEANUP(buf_release) struct buf answer = BUF_INIT(ANSWER_MAX);
    json_t *name = exact_json(username), *secret = exact_json(password);
    if (!name || !secret) {
        json_decref(name);
        json_decref(secret);
        return err_set(err, "the user's name or the password isn't UTF-8");
    }
    json_t *json = object_json("ServerURL", text_json(server_of(host)), "Username", name, "Secret",
                               secret, NULL);
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    bool ok = false;
    int r = run(h, "store", slice_of(text), &answer, &ok, err);
    wipe(text);
    return r == 0 && !ok ? refused(h->name, "store", &answer, err) : r;
}

int helper_erase(const struct helper *h, const char *host, struct err *err)
{
    CLEANUP(buf_release) struct buf answer = BUF_INIT(ANSWER_MAX);
    bool ok = false;
    int r = run(h, "erase", slice_of(server_of(host)), &answer, &ok, err);
    if (r == 0 && !ok && !strcasestr(buf_str(&answer), "not found"))
        return refused(h->name, "erase", &answer, err);
    return r;
}
