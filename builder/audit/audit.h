/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hardening table over any image in the world: its layers flattened, its software read, its
 * config taken as it is, and every rule asked. What comes out is one struct that all reports are
 * written from.
 *
 *     audit_run(&session, &options, &audit, err)
 *     … report/audit.h …
 *     audit_release(&audit)
 *
 * Rules ask as the image's own user. A directory has no config: it is judged without the CFG rules,
 * for 5000:5000.
 */
#ifndef MKIMAGE_AUDIT_AUDIT_H
#define MKIMAGE_AUDIT_AUDIT_H

#include "audit/flatten.h"
#include "audit/policy.h"
#include "audit/software.h"
#include "audit/trust.h"
#include "harden/rule.h"
#include "oci/reader.h"

struct audit_options {
    const char *location;              /* what the user calls it */
    struct reader *reader;             /* where its images are; NULL: it is a directory */
    const char *directory;             /* then: its path */
    const char *reference;             /* its name in a registry, for CFG-TAG; or NULL */
    struct registry *registry;         /* where it is, for CFG-TRUST; or NULL */
    const char *repository;            /* there */
    const struct strv *arches;         /* Debian's names; NULL or empty: all there are */
    const struct audit_policy *policy; /* NULL: the table as it is */
    int64_t today;                     /* seconds: for the end of a distribution's support */
};

#define SEVERITIES (SEVERITY_CRITICAL + 1)

/* A finding as it is reported. */
struct issue {
    const struct finding *finding;
    enum severity severity;           /* by the table, then by the policy */
    const struct audit_rule *changed; /* the policy's word on it, or NULL */
    bool off;                         /* switched off by it: listed apart, and not counted */
    const struct flat_layer *layer;   /* where its path comes from, or NULL */
};

/* The attack surface, as the image's user meets it. */
struct audit_figures {
    size_t packages, files, directories, links;
    uint64_t bytes;     /* of all files */
    size_t startable;   /* programs and scripts that the user can start */
    size_t writable;    /* files and directories that the user can write, /tmp and the like too */
    size_t setuid;      /* setuid or setgid files */
    size_t capable;     /* files with capabilities */
    size_t shells;      /* files that are shells, by name or by content */
    size_t shell_names; /* paths that lead to them */
    /* ELF files that something could load; those without a protection, and of how many that says
     * anything: a static program has no tables to protect, some files no buffers. */
    size_t elf, no_pie, no_relro, no_now, no_nx, no_ssp, no_fortify;
    size_t programs, relro_of, now_of, ssp_of, fortify_of;
    size_t ports, unowned;
    size_t hidden; /* files that a later layer hides */
    uint64_t hidden_bytes;
};

struct audited {
    const struct read_image *read; /* NULL for a directory */
    struct image config;
    char *platform; /* "linux/arm64/v8"; NULL for a directory */
    struct strv history, health, onbuild;
    struct flat flat;
    struct software software;
    struct view_trust trust;
    enum support support;
    char *support_over; /* for rules: what ended when; NULL while it goes on, or isn't known */
    struct view_layer *layers;
    struct view view;
    struct findings findings;
    struct issue *issues; /* the worst first, then by rule, then by path; those that are off last */
    size_t n_issues;
    size_t counts[SEVERITIES], n_off; /* of issues, each path of one counted */
    struct audit_figures figures;
};

struct audit {
    const char *location;    /* borrowed */
    struct sha256 digest;    /* what a user calls it; zero for a directory */
    struct view_trust trust; /* what refers to that */
    int64_t today;
    struct read_set read;
    struct strv left_out; /* what the location means and isn't judged: "windows/amd64" */
    struct audited *images;
    size_t n;
};

int audit_run(const struct session *s, const struct audit_options *options, struct audit *ret,
              struct err *err) MUST_USE;
void audit_release(struct audit *a);

/* How many paths an issue stands for; 1 for one about the config. */
size_t issue_paths(const struct issue *i);

/* How many issues are at least this bad, of all images; each path of one counts. */
size_t audit_count(const struct audit *a, enum severity least);

/* Fills a->figures from all else. */
void audit_measure(struct audited *a);

#endif
