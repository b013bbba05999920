/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of what belongs to archives: packages, suites, architectures, URLs. */
#include "recipe/values.h"

#include "base/arch.h"
#include "base/nearest.h"
#include "base/path.h"
#include "base/text.h"
#include "deb/version.h"

static bool all_of(const char *v, const char *chars)
{
    return *v && v[strspn(v, chars)] == '\0';
}

#define WORD "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* A relative path of clean parts: "trixie", "trixie-security", "stable/updates", "main". */
int check_suite(const char *v, struct err *err)
{
    if (!all_of(v, WORD "._+~/-") || v[0] == '/' || v[0] == '.' || v[0] == '-' ||
        v[strlen(v) - 1] == '/' || strstr(v, "//") || strstr(v, "/.") || strlen(v) > 255)
        return value_refuse(v, "is no suite or component", err);
    return 0;
}

int check_source_name(const char *v, struct err *err)
{
    if (!all_of(v, WORD "._-") || v[0] == '.' || v[0] == '-' || strlen(v) > 64)
        return value_refuse(v, "is no name for a source: letters, digits and . _ -", err);
    return 0;
}

int check_arch(const char *v, struct err *err)
{
    struct nearest near = NEAREST_INIT(v);
    const char *meant = NULL; /* by GNU's name for the processor: x86_64, aarch64 */
    size_t n, length = strlen(v);
    const struct arch *known = arch_all(&n);

    for (size_t i = 0; i < n; i++) {
        const char *triplet = known[i].triplet;

        nearest_try(&near, known[i].name);
        if (!meant && strncmp(triplet, v, length) == 0 && triplet[length] == '-')
            meant = known[i].name;
    }
    if (near.best && near.distance == 0)
        return 0;
    if (meant)
        near.best = meant;
    value_refuse(v, "is no architecture of Debian", err);
    return near.best ? err_hint(err, "did you mean \"%s\"?", near.best) : err_ret(err);
}

int check_package(const char *v, struct err *err)
{
    if (!package_name_valid(slice_of(v)))
        return value_refuse(v, "is no package name", err);
    return 0;
}

bool value_wanted(const char *v, struct slice *name, struct slice *op, struct slice *version)
{
    const char *open = strchr(v, '('), *close = strchr(v, ')');
    struct slice inner;
    size_t n;

    *op = *version = (struct slice){0};
    if (!open) {
        *name = slice_of(v);
        return package_name_valid(*name);
    }
    if (!close || close < open || close[1])
        return false;
    *name = slice_trim((struct slice){v, (size_t)(open - v)});
    inner = slice_trim((struct slice){open + 1, (size_t)(close - open - 1)});
    n = strspn(inner.p, "<>=");
    *op = (struct slice){inner.p, n < inner.n ? n : inner.n};
    *version = slice_trim((struct slice){inner.p + op->n, inner.n - op->n});
    return package_name_valid(*name) && version_valid(*version) &&
           (slice_eq(*op, "<<") || slice_eq(*op, "<=") || slice_eq(*op, "=") ||
            slice_eq(*op, ">=") || slice_eq(*op, ">>"));
}

int check_wanted(const char *v, struct err *err)
{
    struct slice name, op, version;

    if (value_wanted(v, &name, &op, &version))
        return 0;
    if (!strchr(v, '('))
        return check_package(v, err);
    value_refuse(v, "is no package with a version constraint", err);
    return err_hint(err, "write it as in \"libssl3t64 (>= 3.5.0)\", with << <= = >= or >>");
}

/* What may stand in a URL's authority and path; "{}" for {date}. */
static int check_web(const char *v, const char *extra, struct err *err)
{
    static const char chars[] = WORD "-._~:/?[]!$&'()*+,;=%";
    const char *host = starts_with(v, "http://")    ? v + 7
                       : starts_with(v, "https://") ? v + 8
                                                    : NULL;
    size_t n;

    if (!host)
        return value_refuse(v, "is no URL with http:// or https://", err);
    n = strcspn(host, "/?");
    if (memchr(host, '@', n))
        return err_set(err, "a URL with a user name or a password in it");
    for (const char *p = host; *p; p++) {
        if (!strchr(chars, *p) && (*p != '@') && !strchr(extra, *p))
            return value_refuse(v, "has a character that no URL may hold", err);
    }
    if (n == 0 || strlen(v) > 2000)
        return value_refuse(v, n ? "is too long" : "names no host", err);
    return 0;
}

int check_url(const char *v, struct err *err)
{
    return check_web(v, "", err);
}

int check_archive(const char *v, struct err *err)
{
    const char *date = strstr(v, "{date}");

    if (!date || strstr(date + 1, "{date}"))
        return value_refuse(v, "needs {date} once: the lock's date goes there", err);
    return check_web(v, "{}", err);
}

int check_link_url(const char *v, struct err *err)
{
    if (starts_with(v, "mailto:") && v[7])
        return 0;
    return check_web(v, "#", err);
}
