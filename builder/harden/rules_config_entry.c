/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/rules_config.h"
#include "harden/rules_elf.h"

static bool is_shell_form(const struct strv *words)
{
    return words->n >= 2 && strcmp(words->v[1], "-c") == 0 &&
           (strcmp(words->v[0], "/bin/sh") == 0 || strcmp(words->v[0], "/bin/bash") == 0 ||
            strcmp(words->v[0], "sh") == 0);
}

static void look_at_file(const struct rule *r, const struct view *v, struct findings *ret)
{
    const struct node *n = v->start.node;
    const struct file_facts *f = view_facts(v, n);
    bool older;

    if (n->type != ENTRY_FILE && n->type != ENTRY_HARDLINK)
        finding_at(ret, r, n, "is started, and is no file");
    else if (!view_may(v, n, MAY_EXECUTE))
        finding_at(ret, r, n,
                   "is started, but the user %u:%u can't execute it (mode %04o of %u:%u)",
                   v->user.uid, v->user.gid, n->mode, n->uid, n->gid);
    else if (!f || !(f->marks & (MARK_ELF | MARK_SCRIPT)))
        finding_at(ret, r, n, "is started, but is neither an ELF program nor a script with #!");
    else if (f->elf && !elf_fits(f->elf, v->arch, &older))
        finding_at(ret, r, n, "is started, but is a program for another machine (ELF machine %u)",
                   f->elf->machine);
    else if (f->elf && f->elf->flags & ELF_DAMAGED)
        finding_at(ret, r, n, "is started, but is damaged");
}

void cfg_entry(const struct rule *r, const struct view *v, struct findings *ret)
{
    const struct strv *words = v->image->entrypoint.n ? &v->image->entrypoint : &v->image->cmd;
    const struct started *s = &v->start;

    if (!words->n)
        return;
    if (s->node)
        look_at_file(r, v, ret);
    else if (s->blocked)
        finding_add(ret, r, s->path, NULL,
                    "is started, but the user %u:%u can't pass /%s (mode %04o of %u:%u)",
                    v->user.uid, v->user.gid, s->blocked->path, s->blocked->mode, s->blocked->uid,
                    s->blocked->gid);
    else if (is_shell_form(words))
        finding_add(ret, r, NULL, NULL, "the command is of shell form, and there is no shell")
            ->wants = xstrdup("/bin/sh");
    else if (!s->path)
        finding_add(ret, r, NULL, NULL, "\"%s\" is in no directory of PATH", words->v[0])->wants =
            xstrdup(words->v[0]);
    else if (!view_is_data(v, s->path))
        finding_add(ret, r, s->path, NULL, "is started, and isn't there")->wants = xasprintf(
            "/%s", s->path);
    if (v->image->entrypoint.n && !is_shell_form(words) && is_shell_form(&v->image->cmd))
        finding_add(ret, r, NULL, NULL,
                    "cmd is of shell form, and gives the entrypoint a shell's "
                    "words as arguments");
}
