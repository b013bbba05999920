/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/rule.h"

/* "5000", strictly: digits only, no sign, no zero in front, 1..2^31-1. What runtimes make of "00"
 * or "+0" is root. */
static bool is_user_number(struct slice s)
{
    uint64_t value = 0;

    if (s.n == 0 || s.n > 10 || s.p[0] == '0')
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(s.p[i] - '0');
    }
    return value <= INT32_MAX;
}

void cfg_user_image(const struct rule *r, const struct view *v, struct findings *ret)
{
    const char *user = v->image->user ? v->image->user : "";
    struct slice uid = {user, strcspn(user, ":")};

    if (!is_user_number(uid))
        finding_add(ret, r, NULL, NULL, "the user is \"%s\"", user);
}

void cfg_gid_image(const struct rule *r, const struct view *v, struct findings *ret)
{
    const char *user = v->image->user ? v->image->user : "";
    const char *colon = strchr(user, ':');

    if (!colon || !is_user_number(slice_of(colon + 1)))
        finding_add(ret, r, NULL, NULL, "the group of \"%s\" isn't a number above 0", user);
}

void cfg_port_image(const struct rule *r, const struct view *v, struct findings *ret)
{
    strv_each (port, &v->image->ports) {
        unsigned long number = strtoul(*port, NULL, 10);
        if (number < 1024)
            finding_add(ret, r, NULL, NULL, "port %s needs privilege to listen on", *port);
    }
}
