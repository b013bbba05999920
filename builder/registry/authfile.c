/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/authfile.h"
#include "base/file.h"
#include "base/json.h"
#include "base/path.h"
#include <unistd.h>

#define DOCKER_KEY "https://index.docker.io/v1/" /* what docker login writes for its hub */

void wipe(char *secret)
{
    if (secret)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

void authfile_paths(const struct credential_options *o, struct strv *ret)
{
    if (o->config_file) {
        strv_add(ret, o->config_file);
        return;
    }
    if (o->registry_auth_file)
        strv_add(ret, o->registry_auth_file);
    if (o->xdg_runtime_dir)
        strv_take(ret, path_join(o->xdg_runtime_dir, "containers/auth.json"));
    if (o->xdg_config_home)
        strv_take(ret, path_join(o->xdg_config_home, "containers/auth.json"));
    else if (o->home)
        strv_take(ret, path_join(o->home, ".config/containers/auth.json"));
    if (o->docker_config)
        strv_take(ret, path_join(o->docker_config, "config.json"));
    else if (o->home)
        strv_take(ret, path_join(o->home, ".docker/config.json"));
}

int authfile_parse(const void *p, size_t n, const char *path, json_t **ret, struct err *err)
{
    json_error_t why;
    *ret = json_loadb(n ? p : "", n, JSON_REJECT_DUPLICATES, &why);
    if (*ret && json_is_object(*ret))
        return 0;
    int line = *ret ? 1 : why.line;
    json_decref(*ret);
    *ret = NULL;
    return err_set(err, "%s:%d: isn't a JSON object of credentials", path, line);
}

int authfile_read(const char *path, json_t **ret, struct err *err)
{
    CLEANUP(buf_release) struct buf b = BUF_INIT(AUTHFILE_BYTES_MAX);
    *ret = NULL;
    int r = file_read(path, AUTHFILE_BYTES_MAX, &b, err);
    if (r == -ERR_NOT_FOUND) {
        err_clear(err);
        return 0;
    }
    if (r == 0)
        r = authfile_parse(buf_str(&b), b.len, path, ret, err);
    if (b.data)
        explicit_bzero(b.data, b.cap);
    return r;
}

int authfile_write(const char *path, const json_t *document, struct err *err)
{
    CLEANUP(free_ptr) char *real = realpath(path, NULL);
    CLEANUP(free_ptr) char *dir = xstrdup(real ? real : path);
    char *slash = strrchr(dir, '/');
    if (slash && slash != dir) {
        *slash = 0;
        if (dir_make(dir, 0700, err) < 0)
            return err_ret(err);
    }
    char *text = json_dumps(document, JSON_INDENT(4));
    if (!text)
        abort(); /* no memory: mem.h */
    char *lines = xasprintf("%s\n", text);
    int r = file_write(real ? real : path, lines, strlen(lines), 0600, err);
    wipe(text);
    wipe(lines);
    return r;
}

/* What a key of the file stands for: "https://index.docker.io/v1/" for "index.docker.io". */
static struct slice key_place(const char *key)
{
    const char *scheme = strstr(key, "://");
    struct slice place = slice_of(scheme ? scheme + 3 : key);
    if (scheme) {
        const char *slash = memchr(place.p, '/', place.n);
        place.n = slash ? (size_t)(slash - place.p) : place.n;
    }
    while (place.n && place.p[place.n - 1] == '/')
        place.n--;
    return place;
}

static bool same_place(struct slice key, struct slice want)
{
    if (key.n == want.n && memcmp(key.p, want.p, key.n) == 0)
        return true;
    return slice_eq(want, "docker.io") &&
           (slice_eq(key, "index.docker.io") || slice_eq(key, "registry-1.docker.io"));
}

/* "host/ns/repo", "host/ns", "host": the first that there is. */
static const char *longest_key(const json_t *object, const char *host, const char *repository)
{
    CLEANUP(free_ptr)
    char *place = xasprintf("%s%s%s", host, repository ? "/" : "", repository ? repository : "");
    for (size_t n = strlen(place);;) {
        const char *key;
        json_t *value;
        json_object_foreach((json_t *)(uintptr_t)object, key, value)
        {
            if (same_place(key_place(key), (struct slice){place, n}))
                return key;
        }
        const char *slash = memrchr(place, '/', n);
        if (!slash)
            return NULL;
        n = (size_t)(slash - place);
    }
}

const char *authfile_helper(const json_t *document, const char *host, const char *repository)
{
    const json_t *helpers = json_object_get(document, "credHelpers");
    const char *key = longest_key(helpers, host, repository);
    const char *name = key ? json_string_value(json_object_get(helpers, key)) : NULL;
    if (name && *name)
        return name;
    name = json_string_value(json_object_get(document, "credsStore"));
    return name && *name ? name : NULL;
}

static int take_auth(const char *text, const char *path, const char *key, struct credential *ret,
                     struct err *err)
{
    size_t n = 0;
    char *pair = base64_decode(slice_trim(slice_of(text)), &n);
    char *colon = pair ? memchr(pair, ':', n) : NULL;
    if (!colon) {
        wipe(pair);
        return err_set(err, "%s: the \"auth\" of \"%s\" isn't base64 of USER:PASSWORD", path, key);
    }
    *colon = 0;
    ret->username = xstrdup(pair);
    ret->password = xstrdup(colon + 1);
    explicit_bzero(pair, n);
    free(pair);
    return 0;
}

int authfile_find(const json_t *document, const char *path, const char *host,
                  const char *repository, struct credential *ret, struct err *err)
{
    const json_t *auths = json_object_get(document, "auths");
    const char *key = longest_key(auths, host, repository);
    const json_t *entry = key ? json_object_get(auths, key) : NULL;
    const char *auth = json_string_value(json_object_get(entry, "auth"));
    const char *token = json_string_value(json_object_get(entry, "identitytoken"));
    const char *bearer = json_string_value(json_object_get(entry, "registrytoken"));
    const char *user = json_string_value(json_object_get(entry, "username"));
    const char *password = json_string_value(json_object_get(entry, "password"));
    if (auth && *auth) {
        if (take_auth(auth, path, key, ret, err) < 0)
            return err_ret(err);
    } else if (user && *user && password) {
        ret->username = xstrdup(user);
        ret->password = xstrdup(password);
    }
    if (token && *token)
        ret->identity_token = xstrdup(token);
    if (bearer && *bearer)
        ret->registry_token = xstrdup(bearer);
    if (ret->username || ret->identity_token || ret->registry_token)
        ret->from = xstrdup(path);
    return 0;
}

void authfile_set(json_t *document, const char *host, const char *username, const char *password)
{
    char *pair = xasprintf("%s:%s", username, password);
    char *auth = base64_encode(pair, strlen(pair));
    json_t *auths = json_object_get(document, "auths");
    if (!json_is_object(auths)) {
        auths = json_object();
        json_put(document, "auths", auths);
    }
    const char *key = strcmp(host, "docker.io") == 0 ? DOCKER_KEY : host;
    json_put(auths, key, object_json("auth", text_json(auth), NULL));
    wipe(pair);
    wipe(auth);
}

bool authfile_remove(json_t *document, const char *host)
{
    json_t *auths = json_object_get(document, "auths");
    bool any = false;
    const char *key;
    while ((key = longest_key(auths, host, NULL))) {
        json_object_del(auths, key);
        any = true;
    }
    return any;
}
