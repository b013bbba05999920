/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "base/text.h"
#include "deb/aptsources.h"

/* Debian's codenames from the oldest that has a usable archive, and aliases. */
static const char *const names[] = {"buster", "bullseye",     "bookworm", "trixie",
                                    "forky",  "duke",         "sid",      "oldstable",
                                    "stable", "oldoldstable", "unstable", "testing"};

static const char *const pockets[] = {
    "",           "-updates",          "-security",        "/updates",
    "-backports", "-backports-sloppy", "-proposed-updates"};

static bool is_debian(const char *suite, bool *ret_security)
{
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        size_t n = strlen(names[i]);
        if (strncmp(suite, names[i], n) != 0)
            continue;
        for (size_t j = 0; j < ARRAY_SIZE(pockets); j++) {
            if (strcmp(suite + n, pockets[j]) == 0) {
                *ret_security = strcmp(pockets[j], "-security") == 0 ||
                                strcmp(pockets[j], "/updates") == 0;
                return true;
            }
        }
    }
    return false;
}

static bool serves(const struct apt_source *s, bool security)
{
    if (!strv_has(&s->components, "main"))
        return false;
    strv_each (suite, &s->suites) {
        bool is_security;
        if (is_debian(*suite, &is_security) && is_security == security)
            return true;
    }
    return false;
}

/* Signed by a keyring that isn't named as Debian's: likely a third party's that borrows the
 * codename, so it counts only where there is nothing better. */
static bool is_doubtful(const struct apt_source *s)
{
    return s->signed_by && !starts_with(path_base(s->signed_by), "debian-archive-");
}

static void collect(const struct apt_sources *s, bool security, struct strv *ret)
{
    for (int doubtful = 0; doubtful < 2 && ret->n == 0; doubtful++)
        for (size_t i = 0; i < s->n; i++)
            if (serves(&s->v[i], security) && is_doubtful(&s->v[i]) == doubtful &&
                !strv_has(ret, s->v[i].uri))
                strv_add(ret, s->v[i].uri);
}

/* The security archive beside a main one: the last part that is "debian" gets "-security". */
char *apt_security_beside(const char *uri)
{
    const char *last = NULL;
    for (const char *p = strstr(uri, "/debian"); p; p = strstr(p + 1, "/debian"))
        if (p[7] == '/' || p[7] == 0)
            last = p;
    if (!last)
        return NULL;
    return xasprintf("%.*s-security%s", (int)(last + 7 - uri), uri, last + 7);
}

void apt_sources_mirrors(const struct apt_sources *s, bool security, struct strv *ret,
                         bool *ret_guessed)
{
    CLEANUP(strv_release) struct strv found = STRV_INIT;

    *ret_guessed = false;
    collect(s, security, &found);
    if (found.n == 0 && security) {
        CLEANUP(strv_release) struct strv mains = STRV_INIT;
        collect(s, false, &mains);
        strv_each (uri, &mains) {
            char *guess = apt_security_beside(*uri);
            if (guess)
                strv_take(&found, guess);
        }
        *ret_guessed = found.n > 0;
    }
    strv_copy(ret, &found);
}
