/* SPDX-License-Identifier: Apache-2.0 */
/* One call of update-alternatives as data: its words, checked as the tool checks them. */
#ifndef MKIMAGE_EFFECTS_ALTERNATIVES_CALL_H
#define MKIMAGE_EFFECTS_ALTERNATIVES_CALL_H

#include "effects/call.h"

enum alternatives_action {
    ALTERNATIVES_INSTALL,
    ALTERNATIVES_REMOVE,
    ALTERNATIVES_REMOVE_ALL,
    ALTERNATIVES_SET,
    ALTERNATIVES_AUTO,
    ALTERNATIVES_NONE, /* no action is given */
};

struct alternatives_slave {
    const char *link, *name, *path;
};

/* All texts are the call's. */
struct alternatives_call {
    const struct script_call *from;
    enum alternatives_action action;
    bool force;
    const char *name;
    const char *link; /* of INSTALL */
    const char *path; /* of INSTALL, REMOVE and SET */
    int priority;     /* of INSTALL, and: */
    struct alternatives_slave *slaves;
    size_t n_slaves, cap_slaves;
};

/* Paths are absolute and without ".."; names have neither slash nor blank; no two of one call are
 * alike. *ret is to be released in any case. */
int alternatives_call_parse(const struct script_call *c, struct alternatives_call *ret,
                            struct err *err) MUST_USE;
void alternatives_call_release(struct alternatives_call *c);

#endif
