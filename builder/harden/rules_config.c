/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/rules_config.h"
#include "base/text.h"

#include <strings.h>

/* ---- user and group ------------------------------------------------------------------------- */

/* "5000", strictly: digits only, no sign, no zero in front, 1..2^31-1. What runtimes make of "00"
 * or "+0" is root. */
static bool is_user_number(struct slice s)
{
    uint32_t value;

    return login_number(s, &value) && s.p[0] != '0' && value <= INT32_MAX;
}

static const char *user_of(const struct view *v)
{
    return v->image->user ? v->image->user : "";
}

static void cfg_user(const struct rule *r, const struct view *v, struct findings *ret)
{
    const char *user = user_of(v);

    struct slice name = {user, strcspn(user, ":")};

    if (is_user_number(name))
        return;
    if (v->user.root || name.n == 0 || strchr("+-0123456789", *name.p)) {
        finding_add(ret, r, NULL, NULL, "the user is \"%s\"%s", user,
                    v->user.root ? ", which is root" : "");
        return;
    }
    struct finding *f = v->user.known && v->user.uid
                            ? finding_add(ret, r, NULL, NULL,
                                          "the user is \"%s\" (%u by /etc/passwd): Kubernetes can "
                                          "check runAsNonRoot only of a number",
                                          user, v->user.uid)
                            : finding_add(ret, r, NULL, NULL,
                                          "the user is \"%s\", whom no line of /etc/passwd names: "
                                          "such a container doesn't start",
                                          user);
    f->severity = SEVERITY_MEDIUM;
}

static void cfg_gid(const struct rule *r, const struct view *v, struct findings *ret)
{
    const char *user = user_of(v), *colon = strchr(user, ':');

    if (colon && !is_user_number(slice_of(colon + 1)))
        finding_add(ret, r, NULL, NULL, "the group of \"%s\" isn't a number above 0", user);
    else if (v->user.gid == 0)
        finding_add(ret, r, NULL, NULL, "\"%s\" gives no group, so it is root's", user);
    for (size_t i = 0; i < v->user.n_groups; i++)
        if (v->user.groups[i] == 0 && v->user.gid != 0)
            finding_add(ret, r, NULL, NULL, "\"%s\" is a member of the group 0", user);
}

/* ---- ports ---------------------------------------------------------------------------------- */

static void cfg_port(const struct rule *r, const struct view *v, struct findings *ret)
{
    strv_each (port, &v->image->ports) {
        unsigned long number = strtoul(*port, NULL, 10);
        if (number == 22)
            finding_add(ret, r, NULL, NULL, "port %s is that of ssh", *port);
        else if (number < 1024)
            finding_add(ret, r, NULL, NULL, "port %s needs privilege to listen on", *port);
    }
}

static struct slice name_of(const char *item)
{
    return (struct slice){item, strcspn(item, "=")};
}

/* ---- what switches checks off --------------------------------------------------------------- */

static bool is_text(struct slice value, const char *text)
{
    return value.n == strlen(text) && strncasecmp(value.p, text, value.n) == 0;
}

static bool switches_off(struct slice name, struct slice value)
{
    if (is_text(name, "NODE_TLS_REJECT_UNAUTHORIZED") || is_text(name, "PYTHONHTTPSVERIFY"))
        return is_text(value, "0");
    if (is_text(name, "GIT_SSL_NO_VERIFY"))
        return true; /* git asks whether it is set */
    if (is_text(name, "NPM_CONFIG_STRICT_SSL"))
        return is_text(value, "false") || is_text(value, "0") || value.n == 0;
    return is_text(name, "PIP_TRUSTED_HOST") && value.n > 0;
}

static void cfg_tls(const struct rule *r, const struct view *v, struct findings *ret)
{
    strv_each (item, &v->image->env) {
        struct slice name = name_of(*item);
        const char *value = *item + name.n + ((*item)[name.n] != '\0');
        if (switches_off(name, slice_of(value)))
            finding_add(ret, r, NULL, NULL, "%.*s switches the check of certificates off",
                        (int)name.n, name.p);
    }
}

/* ---- labels --------------------------------------------------------------------------------- */

static void cfg_label(const struct rule *r, const struct view *v, struct findings *ret)
{
    static const char *const prefixes[] = {"containerd.io/", "io.containerd.", "io.kubernetes.",
                                           "io.cri-containerd"};

    strv_each (label, &v->image->labels) {
        for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
            if (starts_with(*label, prefixes[i]))
                finding_add(ret, r, NULL, NULL, "the label %.*s is the runtime's",
                            (int)name_of(*label).n, *label);
        }
    }
}

/* ---- platform ------------------------------------------------------------------------------- */

static void cfg_platform(const struct rule *r, const struct view *v, struct findings *ret)
{
    if (v->own_platform)
        finding_add(ret, r, NULL, NULL, "the index calls it %s, its config %s", v->platform,
                    v->own_platform);
    if (v->os_blank)
        finding_add(ret, r, NULL, NULL, "the config names no operating system; engines take linux")
            ->severity = SEVERITY_INFO;
}

/* ---- tag, history, trust -------------------------------------------------------------------- */

static void cfg_tag(const struct rule *r, const struct view *v, struct findings *ret)
{
    const char *ref = v->reference;
    bool base = false, pinned = false;

    if (ref && !strstr(ref, "@sha256:")) {
        const char *name = strrchr(ref, '/');
        const char *tag = strchr(name ? name : ref, ':');
        if (!tag || strcmp(tag, ":latest") == 0)
            finding_add(ret, r, NULL, NULL, "the image is called by %s",
                        tag ? "the tag latest" : "no tag and no digest");
    }
    strv_each (annotation, &v->image->annotations) {
        base |= starts_with(*annotation, "org.opencontainers.image.base.name=") &&
                !strstr(*annotation, "@sha256:");
        pinned |= starts_with(*annotation, "org.opencontainers.image.base.digest=");
    }
    if (base && !pinned)
        finding_add(ret, r, NULL, NULL, "its base image is named without a digest");
}

static void cfg_hist(const struct rule *r, const struct view *v, struct findings *ret)
{
    static const struct {
        const char *text, *what;
    } steps[] = {
        {"sudo ", "uses sudo"},
        {"chpasswd", "sets a password"},
        {"--allow-unauthenticated", "installs unsigned packages"},
        {"--allow-insecure-repositories", "installs unsigned packages"},
        {"--no-gpg-check", "installs unsigned packages"},
        {"--nogpgcheck", "installs unsigned packages"},
        {"--allow-untrusted", "installs unsigned packages"},
        {"trusted=yes", "trusts an unsigned archive"},
        {"--no-check-certificate", "fetches without checking certificates"},
        {"curl -k ", "fetches without checking certificates"},
    };

    for (size_t i = 0; v->history && i < v->history->n; i++) {
        const char *text = v->history->v[i];
        const char *add = strstr(text, "ADD ");
        for (size_t k = 0; k < ARRAY_SIZE(steps); k++)
            if (strstr(text, steps[k].text))
                finding_add(ret, r, NULL, NULL, "step %zu of the history %s", i + 1, steps[k].what);
        if (add && strstr(add, "://"))
            finding_add(ret, r, NULL, NULL, "step %zu of the history adds from a URL", i + 1);
    }
}

static void cfg_trust(const struct rule *r, const struct view *v, struct findings *ret)
{
    if (!v->trust.known)
        return;
    if (!v->trust.signature)
        finding_add(ret, r, NULL, NULL, "there is no signature");
    if (!v->trust.provenance)
        finding_add(ret, r, NULL, NULL, "there is no provenance");
    if (!v->trust.sbom)
        finding_add(ret, r, NULL, NULL, "there is no SBOM");
}

/* ---- the rows ------------------------------------------------------------------------------- */

const struct rule config_rules[] = {
    {
        .id = "CFG-USER",
        .title = "The image's user is a number and not root",
        .severity = SEVERITY_CRITICAL,
        .action = RULE_DENY,
        .advice = "leave the user to mkimage: it sets 5000:5000",
        .elsewhere = "set USER to a number above 0, such as 5000:5000",
        .source = "Pod Security Standards (restricted), CIS Docker Benchmark 4.1",
        .why = "Looks at User of the config. A process that is root in a container is root for "
               "every hole of the kernel and for every volume that is mounted into it.\n"
               "Kubernetes can check runAsNonRoot only of a number; a name is looked up in the "
               "image, where it may mean 0. Runtimes read 0:0, 00 and +0 as root too, and so does "
               "this rule. A name that isn't root's is medium.\n"
               "Checkers that ask for a uid above 10000 (so that no user of the host "
               "has it) object to 5000: give runAsUser in the pod where that is wanted.",
        .image = cfg_user,
    },
    {
        .id = "CFG-GID",
        .title = "The image's group is not root's",
        .severity = SEVERITY_HIGH,
        .action = RULE_DENY,
        .advice = "leave the user to mkimage: it sets 5000:5000",
        .elsewhere = "set USER to two numbers above 0, such as 5000:5000",
        .source = "Pod Security Standards (restricted)",
        .why = "Looks at the group behind the colon in User, and, where there is none, at what the "
               "image's passwd says; without an entry there the group is 0. Files of group 0 that "
               "their group may write are open to such a process. Members of group 0 by "
               "/etc/group count as well.",
        .image = cfg_gid,
    },
    {
        .id = "CFG-PORT",
        .title = "No exposed port needs privilege",
        .severity = SEVERITY_MEDIUM,
        .action = RULE_DENY,
        .advice = "listen on a port from 1024 on, and let the Service map it",
        .source = "CIS Docker Benchmark 5.8, Trivy DS-0004",
        .why = "Looks at ExposedPorts. A port below 1024 wants a capability that a process of "
               "another user than root doesn't get in Kubernetes (there are no ambient "
               "capabilities), and 22 says that there is an ssh server.\n"
               "The list is a statement only: a program may listen where it likes.",
        .image = cfg_port,
    },
    {
        .id = "CFG-SECRET",
        .title = "No secret in the config",
        .severity = SEVERITY_CRITICAL,
        .action = RULE_DENY,
        .advice = "give secrets when the container starts, as a mounted file; replace this one, it "
                  "is known now",
        .source = "CIS Docker Benchmark 4.10, Docker Scout, Trivy",
        .why = "Looks at environment, labels, annotations, entrypoint, cmd, healthcheck, onbuild "
               "and build history, there also at curl -u, login -p and Authorization. "
               "Whoever may pull the image can read them.\n"
               "A name counts by its last word (DB_PASSWORD, GITHUB_TOKEN, AWS_SECRET_ACCESS_KEY; "
               "not MONKEY, PASSWORD_FILE, TOKEN_TTL), unless the value is empty, a reference or a "
               "path; a value counts by its form (keys of AWS, Google, GitHub, GitLab, Slack, "
               "Stripe, npm, PyPI, Vault, a private key, a URL with a password). What is found is "
               "named and not shown.",
        .image = cfg_secret,
    },
    {
        .id = "CFG-TLS",
        .title = "The check of certificates is not switched off",
        .severity = SEVERITY_HIGH,
        .action = RULE_DENY,
        .advice = "add the CA with ca_certificate, and leave the check on",
        .elsewhere = "add the CA to the image's bundle, and leave the check on",
        .source = "Checkov CKV2_DOCKER_2 to 6",
        .why = "Looks at the environment: NODE_TLS_REJECT_UNAUTHORIZED and PYTHONHTTPSVERIFY with "
               "the value 0, NPM_CONFIG_STRICT_SSL with false, PIP_TRUSTED_HOST with any, and "
               "GIT_SSL_NO_VERIFY, of which git asks only whether it is set. With these, whoever "
               "sits on the way can read and change what is sent.",
        .image = cfg_tls,
    },
    {
        .id = "CFG-LD",
        .title = "Code and programs come from fixed, unwritable places",
        .severity = SEVERITY_HIGH,
        .action = RULE_DENY,
        .advice = "name absolute directories that belong to root",
        .source = "ld.so(8), CWE-426, CWE-427",
        .why = "Looks at LD_PRELOAD, LD_AUDIT, LD_LIBRARY_PATH and PATH of the environment. An "
               "empty part and \".\" mean the working directory; in a directory that the user can "
               "write, an attacker who can write a file there has it run by the next program.\n"
               "Absolute directories of root's in LD_LIBRARY_PATH are an app's private libraries, "
               "and fine.",
        .image = cfg_ld,
    },
    {
        .id = "CFG-PATH",
        .title = "WorkingDir and volumes are plain places",
        .severity = SEVERITY_HIGH,
        .action = RULE_DENY,
        .advice = "write an absolute path without \"..\", that leads over no link",
        .source = "CVE-2024-21626, CVE-2022-23648",
        .why = "Looks at WorkingDir and Volumes: they must be absolute and clean, not below /proc, "
               "/sys or /dev, and lead over no link of the image. A working directory of "
               "/proc/self/fd/8 opened the host's file system to containers of runc, a volume "
               "over a link the host's files to those of containerd.",
        .image = cfg_path,
    },
    {
        .id = "CFG-LABEL",
        .title = "No label speaks to the runtime",
        .severity = SEVERITY_CRITICAL,
        .action = RULE_DENY,
        .advice = "use a name of your own, as com.example.team",
        .source = "containerd and CRI-O: labels that they act on",
        .why = "Looks at labels that begin with containerd.io/, io.containerd., io.kubernetes. or "
               "io.cri-containerd. Runtimes keep their own state in these (which process to "
               "restart, what a container belongs to), and an image's labels are put among them.",
        .image = cfg_label,
    },
    {
        .id = "CFG-ENTRY",
        .title = "What is started is there, and the user may start it",
        .severity = SEVERITY_HIGH,
        .action = RULE_DENY,
        .advice = "name a program of the image by its whole path, mode 0755 in directories that "
                  "everybody may pass",
        .source = "OCI runtime spec, runc(8)",
        .why = "Looks at the first word of entrypoint, or of cmd where there is none: it must be "
               "found (by PATH if it is a bare name), be an ELF program for the image's "
               "architecture or a script with a #! line, and the image's user must have the right "
               "to execute it and to pass each directory on the way, links included.\n"
               "A shell form (\"/bin/sh -c\") needs a shell. What lies below a volume or a "
               "declared directory may be mounted later, and isn't asked for. An image without a "
               "command is a base for others, and fine.",
        .image = cfg_entry,
    },
    {
        .id = "CFG-PLATFORM",
        .title = "Index and config name the same platform",
        .severity = SEVERITY_MEDIUM,
        .action = RULE_NOTE,
        .advice = "build the image for the platform that its index names, or correct the index",
        .source = "OCI image-index.md, config.md",
        .why = "Looks at the platform of the index's entry and at architecture, os and variant of "
               "the config. Engines choose by the index: if the config is right, they start "
               "programs of the wrong machine; if the index is right, scanners and mirrors that "
               "choose by the config take the wrong image. While the two disagree, no file is "
               "said to be of another machine.\n"
               "A config without a system is taken for linux, as engines do, and noted.",
        .image = cfg_platform,
    },
    {
        .id = "CFG-TAG",
        .title = "The image and its base are called by what they are",
        .severity = SEVERITY_MEDIUM,
        .action = RULE_NOTE,
        .advice = "call images by digest, or by a tag that stays",
        .source = "Dockle DKL-DI-0006, Hadolint DL3007, CKV_DOCKER_7",
        .why = "Looks at the name that the image was asked for by, and at the annotation that "
               "names its base: latest, no tag and no digest mean another image tomorrow. A tag "
               "with a digest is fine.",
        .image = cfg_tag,
    },
    {
        .id = "CFG-HIST",
        .title = "The history tells of no bad habit",
        .severity = SEVERITY_LOW,
        .action = RULE_NOTE,
        .advice = "build without it",
        .source = "Hadolint DL3004, DL3020, Dockle CIS-DI-0009, DKL-DI-0001",
        .why = "Looks for sudo, chpasswd, ADD from a URL, packages installed unsigned, and "
               "downloads without a check of certificates in the steps that the config tells of. "
               "The history is what the builder wrote there: it can be forged, and nothing in it "
               "proves nothing.",
        .image = cfg_hist,
    },
    {
        .id = "CFG-TRUST",
        .title = "There are a signature, a provenance and an SBOM",
        .severity = SEVERITY_MEDIUM,
        .action = RULE_NOTE,
        .advice = "sign what you publish, and attach SBOM and provenance",
        .source = "SLSA, CIS Docker Benchmark 4.5, NIST SP 800-190 4.1.5",
        .why = "Looks in the registry for what refers to the image: manifests with it as subject, "
               "cosign's tags (.sig, .att, .sbom), and what BuildKit keeps in the index beside it. "
               "Where nothing can tell (a directory, a layout, a tar) the rule is silent.\n"
               "What is there is seen, and not verified: that takes a key, and somebody who says "
               "which one. What is signed is known, not safe.",
        .image = cfg_trust,
    },
    {0},
};
