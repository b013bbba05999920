/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What scripts do to files by the usual tools, line after line in dpkg's order: effect.h has the
 * rules. Each x_takes() says whether a call's words are all understood, so that the line does here
 * what the tool would do; a line with an option or a form that isn't known is not taken.
 *
 *     files_made.c     mkdir, install, touch, ln
 *     files_copied.c   cp, mv, rm, rmdir, ucf
 *     files_written.c  echo, printf, cat, ":" and true, with their output in a file
 *     owners_called.c  chmod, chown, chgrp, dpkg-statoverride
 *     tmpfiles.h       systemd-tmpfiles
 */
#ifndef MKIMAGE_EFFECTS_FILES_CALLED_H
#define MKIMAGE_EFFECTS_FILES_CALLED_H

#include "effects/call.h"
#include "effects/effect.h"

bool mkdir_takes(const struct script_call *c);
bool install_takes(const struct script_call *c);
bool touch_takes(const struct script_call *c);
bool ln_takes(const struct script_call *c);
bool cp_takes(const struct script_call *c);
bool mv_takes(const struct script_call *c);
bool rm_takes(const struct script_call *c);    /* rmdir too */
bool ucf_takes(const struct script_call *c);   /* ucfr too */
bool write_takes(const struct script_call *c); /* whatever writes a known text to a file */
bool chmod_takes(const struct script_call *c);
bool chown_takes(const struct script_call *c); /* chgrp too */
bool statoverride_takes(const struct script_call *c);

/* Each does a call that it takes. */
int mkdir_apply(struct effect *m, const struct script_call *c, struct err *err) MUST_USE;
int install_apply(struct effect *m, const struct script_call *c, struct err *err) MUST_USE;
int touch_apply(struct effect *m, const struct script_call *c, struct err *err) MUST_USE;
int ln_apply(struct effect *m, const struct script_call *c, struct err *err) MUST_USE;
int cp_apply(struct effect *m, const struct script_call *c, struct err *err) MUST_USE;
int mv_apply(struct effect *m, const struct script_call *c, struct err *err) MUST_USE;
int rm_apply(struct effect *m, const struct script_call *c, struct err *err) MUST_USE;
int ucf_apply(struct effect *m, const struct script_call *c, struct err *err) MUST_USE;
int write_apply(struct effect *m, const struct script_call *c, struct err *err) MUST_USE;
int chmod_apply(struct effect *m, const struct script_call *c, struct err *err) MUST_USE;
int chown_apply(struct effect *m, const struct script_call *c, struct err *err) MUST_USE;
int statoverride_apply(struct effect *m, const struct script_call *c, struct err *err) MUST_USE;

/* "root", "0", "www-data:", "www-data:adm", ":adm", "root.root": ids by the image's accounts, those
 * that aren't named as they were. An account that nobody has is an error. */
int owner_read(const struct effect *m, const char *text, uint32_t *uid, uint32_t *gid,
               struct err *err) MUST_USE;

/* As cp -a does it, for systemd-tmpfiles: a word, and the path that it becomes. */
int files_copy(struct effect *m, const char *from, const char *to, struct err *err) MUST_USE;

/* The subject: all of them. */
int assemble_files_called(struct assembly *a, struct tree *t, struct err *err) MUST_USE;

#endif
