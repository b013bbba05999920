/* SPDX-License-Identifier: Apache-2.0 */
/* certs.d as docker and containers read it: DIR/HOST[:PORT]/ with *.crt, *.cert and *.key
 * (containers-certs.d(5)); the first directory that is there counts. */
#include "base/text.h"
#include "registry/private.h"
#include <dirent.h>
#include <unistd.h>

static int take_file(struct trust *t, const char *dir, const char *name, struct err *err)
{
    CLEANUP(free_ptr) char *path = path_join(dir, name);
    if (ends_with(name, ".crt"))
        return pem_read(path, &t->ca, err);
    if (!ends_with(name, ".cert") || t->client_cert)
        return 0;
    t->client_cert = xstrdup(path);
    t->client_key = xasprintf("%.*s.key", (int)(strlen(path) - 5), path);
    if (access(t->client_key, R_OK) == 0)
        return 0;
    return err_set(err, "%s: its key %s can't be read", path, t->client_key);
}

/* 1 if the directory is there. */
static int take_directory(struct trust *t, const char *dir, struct err *err)
{
    CLEANUP(strv_release) struct strv names = STRV_INIT;
    DIR *d = opendir(dir);
    const struct dirent *e;
    if (!d)
        return 0;
    while ((e = readdir(d)))
        strv_add(&names, e->d_name);
    closedir(d);
    strv_sort(&names);
    strv_each (name, &names) {
        if (take_file(t, dir, *name, err) < 0)
            return err_ret(err);
    }
    return 1;
}

static void usual_directories(const char *home, struct strv *ret)
{
    if (home)
        strv_take(ret, path_join(home, ".config/containers/certs.d"));
    strv_add(ret, "/etc/containers/certs.d");
    strv_add(ret, "/etc/docker/certs.d");
}

int trust_open(const struct registry_options *options, const char *host, struct trust *ret,
               struct err *err)
{
    CLEANUP(strv_release) struct strv usual = STRV_INIT;
    const struct strv *dirs = options->certs_dirs;
    *ret = (struct trust){0};
    if (!dirs) {
        usual_directories(options->credentials.home, &usual);
        dirs = &usual;
    }
    if (options->ca_file && pem_read(options->ca_file, &ret->ca, err) < 0)
        return err_ret(err);
    for (size_t i = 0; i < dirs->n; i++) {
        CLEANUP(free_ptr) char *dir = path_join(dirs->v[i], host);
        int r = take_directory(ret, dir, err);
        if (r < 0)
            return r;
        if (r > 0)
            break;
    }
    ret->others.ca_pem = ret->registry.ca_pem = ret->ca.len ? &ret->ca : NULL;
    ret->registry.client_cert = ret->client_cert;
    ret->registry.client_key = ret->client_key;
    return 0;
}

void trust_release(struct trust *t)
{
    buf_release(&t->ca);
    free(t->client_cert);
    free(t->client_key);
}
