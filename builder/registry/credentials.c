/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/credentials.h"
#include "registry/authfile.h"
#include <unistd.h>

void credential_release(struct credential *c)
{
    wipe(c->username);
    wipe(c->password);
    wipe(c->identity_token);
    wipe(c->registry_token);
    free(c->from);
    *c = (struct credential){0};
}

static bool is_empty(const struct credential *c)
{
    return !c->username && !c->identity_token && !c->registry_token;
}

static struct helper helper_of(const struct session *s, const struct credential_options *options,
                               const char *name)
{
    return (struct helper){s, name, options->patience};
}

static int find_in(const struct session *s, const struct credential_options *options,
                   const char *path, const char *host, const char *repository,
                   struct credential *ret, struct err *err)
{
    json_t *document;
    if (authfile_read(path, &document, err) < 0)
        return err_ret(err);
    const struct helper helper = helper_of(s, options, authfile_helper(document, host, repository));
    int r = helper.name ? helper_get(&helper, host, ret, err) : 0;
    if (r < 0)
        err_wrap(err, "%s", path);
    if (r == 0 && is_empty(ret))
        r = authfile_find(document, path, host, repository, ret, err);
    json_decref(document);
    return r;
}

int credential_find(const struct session *s, const struct credential_options *options,
                    const char *host, const char *repository, struct credential *ret,
                    struct err *err)
{
    CLEANUP(strv_release) struct strv paths = STRV_INIT;
    *ret = (struct credential){0};
    authfile_paths(options, &paths);
    if (options->config_file && access(options->config_file, F_OK) < 0)
        return err_set(err, "%s: isn't there", options->config_file);
    strv_each (path, &paths) {
        if (find_in(s, options, *path, host, repository, ret, err) < 0) {
            credential_release(ret);
            return err_ret(err);
        }
        if (!is_empty(ret))
            return 0;
    }
    return 0;
}

/* The first that is there; else the last, which docker and podman both read. */
static int writable(const struct credential_options *options, char **ret, struct err *err)
{
    CLEANUP(strv_release) struct strv paths = STRV_INIT;
    authfile_paths(options, &paths);
    if (paths.n == 0) {
        err_set(err, "there is no place for credentials: no home directory");
        return err_hint(err, "give --registry-config FILE, or set REGISTRY_AUTH_FILE");
    }
    size_t chosen = options->config_file || options->registry_auth_file ? 0 : paths.n - 1;
    for (size_t i = paths.n; i-- > 0 && !options->config_file && !options->registry_auth_file;)
        if (access(paths.v[i], F_OK) == 0)
            chosen = i;
    *ret = xstrdup(paths.v[chosen]);
    return 0;
}

static int store_in(const struct helper *helper, const char *path, json_t *document,
                    const char *host, const char *username, const char *password, char **ret_where,
                    struct err *err)
{
    if (helper->name) {
        *ret_where = xasprintf("docker-credential-%s", helper->name);
        return helper_store(helper, host, username, password, err);
    }
    *ret_where = xstrdup(path);
    authfile_set(document, host, username, password);
    return authfile_write(path, document, err);
}

int credential_store(const struct session *s, const struct credential_options *options,
                     const char *host, const char *username, const char *password, char **ret_where,
                     struct err *err)
{
    CLEANUP(free_ptr) char *path = NULL;
    json_t *document;
    *ret_where = NULL;
    if (strchr(username, ':'))
        return err_code(err, ERR_USAGE, "a user's name can't have a colon");
    if (writable(options, &path, err) < 0 || authfile_read(path, &document, err) < 0)
        return err_ret(err);
    if (!document)
        document = json_object();
    const struct helper helper = helper_of(s, options, authfile_helper(document, host, NULL));
    int r = store_in(&helper, path, document, host, username, password, ret_where, err);
    json_decref(document);
    if (r < 0)
        free_ptr(ret_where);
    return r;
}

static int erase_in(const struct session *s, const struct credential_options *options,
                    const char *path, const char *host, struct strv *where, struct err *err)
{
    json_t *document;
    struct credential known = {0};
    int r = authfile_read(path, &document, err);
    if (r < 0 || !document)
        return r;
    const struct helper helper = helper_of(s, options, authfile_helper(document, host, NULL));
    if (helper.name) {
        r = helper_get(&helper, host, &known, err);
        if (r == 0 && !is_empty(&known)) {
            strv_take(where, xasprintf("docker-credential-%s", helper.name));
            r = helper_erase(&helper, host, err);
        }
        credential_release(&known);
    }
    if (r == 0 && authfile_remove(document, host)) {
        strv_add(where, path);
        r = authfile_write(path, document, err);
    }
    json_decref(document);
    return r;
}

int credential_erase(const struct session *s, const struct credential_options *options,
                     const char *host, char **ret_where, struct err *err)
{
    CLEANUP(strv_release) struct strv paths = STRV_INIT, where = STRV_INIT;
    *ret_where = NULL;
    authfile_paths(options, &paths);
    strv_each (path, &paths) {
        if (erase_in(s, options, *path, host, &where, err) < 0)
            return err_ret(err);
    }
    if (where.n == 0)
        return err_code(err, ERR_NOT_FOUND, "%s: no credential is kept for it", host);
    *ret_where = strv_join(&where, ", ");
    return 0;
}
