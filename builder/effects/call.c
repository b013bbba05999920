/* SPDX-License-Identifier: Apache-2.0 */
#include "effects/call.h"

struct script_call *calls_add(struct script_calls *list, const struct package *p,
                              const char *script, unsigned line)
{
    GROW(list->v, list->n, list->cap);
    struct script_call *c = &list->v[list->n++];
    *c = (struct script_call){.package = p, .script = script, .line = line, .words = STRV_INIT};
    return c;
}

void call_release(struct script_call *c)
{
    strv_release(&c->words);
    free(c->input);
    free(c->to);
}

void calls_release(struct script_calls *list)
{
    for (size_t i = 0; i < list->n; i++)
        call_release(&list->v[i]);
    free(list->v);
    *list = (struct script_calls){0};
}

char *call_place(const struct script_call *c)
{
    return xasprintf("package %s: %s:%u", c->package->name, c->script, c->line);
}
