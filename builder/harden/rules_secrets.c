/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "harden/rule.h"
#include "rootfs/ca_bundle.h"

#define ROOTS_SHOWN 10 /* of a bundle of certificates */

/* ---- places and names ----------------------------------------------------------------------- */

/* Whether one of the path's parts is among these. */
static bool has_part(const char *path, const char *const *parts, size_t n)
{
    for (const char *at = path; *at; at += strspn(at, "/")) {
        size_t len = strcspn(at, "/");
        for (size_t i = 0; i < n; i++)
            if (strlen(parts[i]) == len && strncmp(at, parts[i], len) == 0)
                return true;
        at += len;
    }
    return false;
}

/* Where things are shown and tried out. */
static bool is_example(const char *path)
{
    static const char *const parts[] = {"test",     "tests",   "testing", "testdata", "example",
                                        "examples", "samples", "demo",    "demos",    "fixtures"};

    return path_below(path, "usr/share/doc") || has_part(path, parts, ARRAY_SIZE(parts));
}

/* Where package managers of languages unpack what was published already. */
static bool is_published(const char *path)
{
    static const char *const parts[] = {"node_modules", "site-packages", "dist-packages", "gems"};

    return has_part(path, parts, ARRAY_SIZE(parts));
}

static void soften(struct finding *f)
{
    f->severity = SEVERITY_LOW;
    f->action = RULE_NOTE;
}

static void sec_key(const struct rule *r, const struct view *v, const struct node *n,
                    struct findings *ret)
{
    (void)v;
    if (n->type != ENTRY_FILE || !n->facts || !(n->facts->marks & MARK_KEY))
        return;
    struct finding *f = finding_at(ret, r, n, "holds a private key (%s)", n->facts->key);
    if (is_example(n->path))
        soften(f);
}

/* What a package brings is public; a token in it is one of its tests, or its author's trouble. */
static void sec_token(const struct rule *r, const struct view *v, const struct node *n,
                      struct findings *ret)
{
    (void)v;
    if (n->type != ENTRY_FILE || !n->facts || !n->facts->token)
        return;
    struct finding *f = finding_at(ret, r, n, "holds %s", n->facts->token);
    if (node_by(n) || is_example(n->path) || is_published(n->path))
        soften(f);
}

/* ---- files that hold credentials ------------------------------------------------------------ */

static bool is_file(const struct node *n)
{
    return n->type == ENTRY_FILE || n->type == ENTRY_HARDLINK;
}

static bool is_dotenv(const char *base)
{
    static const char *const shown[] = {"example", "sample", "template",
                                        "dist",    "test",   "defaults"};

    if (strcmp(base, ".env") == 0)
        return true;
    if (!starts_with(base, ".env."))
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(shown); i++)
        if (strstr(base, shown[i]))
            return false;
    return true;
}

/* Files in a directory of that name, wherever it is. */
static const struct {
    const char *dir, *file, *what; /* file NULL: any but those that are public */
} kept_in[] = {
    {".ssh", NULL, "is of an ssh directory"},
    {".aws", "credentials", "holds credentials of AWS"},
    {".aws", "config", "is a configuration of AWS"},
    {".azure", NULL, "is of an Azure client"},
    {".kube", "config", "holds credentials of Kubernetes"},
    {".docker", "config.json", "holds credentials of registries"},
    {"gcloud", "credentials.db", "holds credentials of Google"},
    {"gcloud", "application_default_credentials.json", "holds credentials of Google"},
    {"private-keys-v1.d", NULL, "is a key of GnuPG"},
    {".m2", "settings.xml", "may hold passwords of Maven repositories"},
    {".m2", "settings-security.xml", "holds the password of Maven's passwords"},
    {".cargo", "credentials", "holds a token of crates.io"},
    {".cargo", "credentials.toml", "holds a token of crates.io"},
    {"gh", "hosts.yml", "holds a token of GitHub"},
    {".terraform.d", "credentials.tfrc.json", "holds a token of Terraform"},
    {"apt", "auth.conf", "holds passwords of archives"},
    {"auth.conf.d", NULL, "holds passwords of archives"},
    {"kubernetes", "admin.conf", "holds credentials of Kubernetes"},
    {"kubernetes", "super-admin.conf", "holds credentials of Kubernetes"},
    {"kubernetes", "kubelet.conf", "holds credentials of Kubernetes"},
    {"kubernetes", "scheduler.conf", "holds credentials of Kubernetes"},
    {"kubernetes", "controller-manager.conf", "holds credentials of Kubernetes"},
};
static const struct {
    const char *name, *what;
} names[] = {
    {".netrc", "holds passwords"},
    {"_netrc", "holds passwords"},
    {".npmrc", "may hold a token of npm"},
    {".pypirc", "holds a token of PyPI"},
    {".pgpass", "holds passwords of databases"},
    {".my.cnf", "holds passwords of databases"},
    {".git-credentials", "holds passwords"},
    {".dockercfg", "holds credentials of registries"},
    {".dockerconfigjson", "holds credentials of registries"},
    {".htpasswd", "holds hashes of passwords"},
    {".vault-token", "holds a token"},
    {".s3cfg", "holds credentials of AWS"},
    {".boto", "holds credentials of a cloud"},
    {".terraformrc", "holds a token of Terraform"},
    {"kubeconfig", "holds credentials of Kubernetes"},
    {"terraform.tfstate", "holds what Terraform knows, secrets too"},
    {"id_rsa", "is an ssh key by its name"},
    {"id_dsa", "is an ssh key by its name"},
    {"id_ecdsa", "is an ssh key by its name"},
    {"id_ed25519", "is an ssh key by its name"},
};

/* What was typed, and passwords with it. */
static bool is_history(const struct node *n)
{
    static const char *const histories[] = {
        ".bash_history",     ".ash_history",      ".sh_history",      ".zsh_history",
        ".histfile",         ".mysql_history",    ".mariadb_history", ".psql_history",
        ".rediscli_history", ".sqlite_history",   ".dbshell",         ".python_history",
        ".irb_history",      ".node_repl_history"};
    const char *base = path_base(n->path);

    for (size_t i = 0; is_file(n) && n->size && i < ARRAY_SIZE(histories); i++)
        if (strcmp(base, histories[i]) == 0)
            return true;
    return false;
}

static bool is_in(const char *path, const char *dir)
{
    struct slice above = path_dir(path);
    const char *slash = memrchr(above.p, '/', above.n);
    struct slice last = slash ? (struct slice){slash + 1, above.n - (size_t)(slash + 1 - above.p)}
                              : above;

    return slice_eq(last, dir);
}

static const char *credentials(const struct node *n)
{
    const char *base = path_base(n->path);

    if (strcmp(base, ".git") == 0 || strcmp(base, ".svn") == 0 || strcmp(base, ".hg") == 0)
        return "holds the history of a source";
    if (!is_file(n))
        return NULL;
    if (is_dotenv(base))
        return "holds an app's secrets";
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strcmp(base, names[i].name) == 0)
            return names[i].what;
    for (size_t i = 0; i < ARRAY_SIZE(kept_in); i++) {
        if (!is_in(n->path, kept_in[i].dir))
            continue;
        if (kept_in[i].file ? strcmp(base, kept_in[i].file) == 0
                            : !starts_with(base, "known_hosts") && strcmp(base, "config") != 0 &&
                                  !ends_with(base, ".pub"))
            return kept_in[i].what;
    }
    return NULL;
}

/* What a package brings is no secret, only a bad name. */
static void sec_file(const struct rule *r, const struct view *v, const struct node *n,
                     struct findings *ret)
{
    const char *what = n->type == ENTRY_SYMLINK ? NULL : credentials(n);
    bool history = !what && is_history(n);

    (void)v;
    if (!what && !history)
        return;
    struct finding *f = finding_at(ret, r, n, "%s", what ? what : "holds what somebody typed");
    if (history)
        f->severity = SEVERITY_MEDIUM;
    if (node_by(n) || is_example(n->path) || is_published(n->path))
        soften(f);
}

/* ---- what only one machine may have --------------------------------------------------------- */

static void sec_host(const struct rule *r, const struct view *v, const struct node *n,
                     struct findings *ret)
{
    static const char *const seeds[] = {"var/lib/systemd/random-seed",
                                        "var/lib/urandom/random-seed", "var/lib/random-seed",
                                        "var/lib/systemd/credential.secret"};
    static const char uninitialized[] = "uninitialized\n";

    (void)v;
    if (!is_file(n) || n->size == 0)
        return;
    if (starts_with(n->path, "etc/ssh/ssh_host_") && ends_with(n->path, "_key"))
        finding_at(ret, r, n, "is the key of an ssh server");
    if ((strcmp(n->path, "etc/machine-id") == 0 ||
         strcmp(n->path, "var/lib/dbus/machine-id") == 0) &&
        n->size != strlen(uninitialized))
        finding_at(ret, r, n, "is the id of one machine");
    for (size_t i = 0; i < ARRAY_SIZE(seeds); i++)
        if (strcmp(n->path, seeds[i]) == 0)
            finding_at(ret, r, n, "is the seed of one machine's random numbers");
}

/* The id of a machine is no secret: it harms where it is used. */
static void sec_host_hidden(const struct rule *r, const struct view *v, const struct node *n,
                            struct findings *ret)
{
    size_t first = ret->n;

    sec_host(r, v, n, ret);
    for (size_t i = first; i < ret->n; i++)
        if (strcmp(path_base(n->path), "machine-id") == 0)
            ret->v[i].severity = SEVERITY_LOW;
}

/* ---- certificates --------------------------------------------------------------------------- */

static void sec_ca_local(const struct rule *r, const struct view *v, const struct node *n,
                         struct findings *ret)
{
    (void)v;
    if (is_file(n) && path_below(n->path, "usr/local/share/ca-certificates"))
        finding_at(ret, r, n, "is a root that the distribution doesn't have");
}

static int by_digest(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct sha256));
}

/* The roots that packages bring, sorted. */
static size_t shipped_roots(const struct view *v, struct sha256 **ret)
{
    size_t n, found = 0, cap = 0;
    struct node *const *nodes = tree_nodes(v->tree, &n);

    for (size_t i = 0; i < n; i++) {
        CLEANUP(err_release) struct err err = ERR_INIT;
        CLEANUP(certificates_release) struct certificates c = {0};
        struct slice text;
        if (!path_below(nodes[i]->path, "usr/share/ca-certificates") ||
            !tree_text(nodes[i], &text) ||
            certificates_read(&c, text.p, text.n, nodes[i]->path, &err) < 0)
            continue;
        for (size_t k = 0; k < c.n; k++) {
            GROW(*ret, found, cap);
            (*ret)[found++] = c.v[k].sha256;
        }
    }
    if (found)
        qsort(*ret, found, sizeof(**ret), by_digest);
    return found;
}

/* One finding for a bundle, whatever number of its roots it speaks of. */
static void tell_roots(const struct rule *r, const struct node *n, const char *which,
                       const struct strv *subjects, struct findings *ret, enum severity severity)
{
    CLEANUP(buf_release) struct buf list = BUF_INIT(0);

    if (!subjects->n)
        return;
    for (size_t i = 0; i < subjects->n && i < ROOTS_SHOWN; i++)
        buf_addf(&list, "%s%s", i ? "; " : "", subjects->v[i]);
    if (subjects->n > ROOTS_SHOWN)
        buf_addf(&list, " and %zu more", subjects->n - ROOTS_SHOWN);
    finding_at(ret, r, n, "has %zu root%s %s: %s", subjects->n, subjects->n == 1 ? "" : "s", which,
               buf_str(&list))
        ->severity = severity;
}

static void look_at_bundle(const struct rule *r, const struct view *v, const struct node *n,
                           struct findings *ret)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(certificates_release) struct certificates c = {0};
    CLEANUP(free_ptr) struct sha256 *known = NULL;
    struct slice text;

    if (!tree_text(n, &text))
        return;
    if (certificates_read(&c, text.p, text.n, n->path, &err) < 0) {
        finding_at(ret, r, n, "is no bundle of certificates: %s", err.message);
        return;
    }
    CLEANUP(strv_release) struct strv expired = STRV_INIT, foreign = STRV_INIT;
    size_t n_known = shipped_roots(v, &known);
    for (size_t i = 0; i < c.n; i++) {
        if (c.v[i].not_after < v->now)
            strv_add(&expired, c.v[i].subject);
        if (n_known && !bsearch(&c.v[i].sha256, known, n_known, sizeof(*known), by_digest))
            strv_add(&foreign, c.v[i].subject);
    }
    tell_roots(r, n, "that expired", &expired, ret, SEVERITY_LOW);
    tell_roots(r, n, "that no package brings", &foreign, ret, r->severity);
}

static void sec_ca(const struct rule *r, const struct view *v, struct findings *ret)
{
    static const char *const bundles[] = {"etc/ssl/certs/ca-certificates.crt", "etc/ssl/cert.pem",
                                          "etc/pki/tls/certs/ca-bundle.crt"};

    if (v->roots_known)
        return;
    for (size_t i = 0; i < ARRAY_SIZE(bundles); i++) {
        const struct node *n = tree_resolve(v->tree, bundles[i]);
        if (n && n->type == ENTRY_FILE) {
            look_at_bundle(r, v, n, ret);
            return;
        }
    }
}

/* ---- the rows ------------------------------------------------------------------------------- */

const struct rule secret_rules[] = {
    {
        .id = "SEC-KEY",
        .title = "No private key",
        .severity = SEVERITY_CRITICAL,
        .action = RULE_DENY,
        .advice = "mount keys when the container starts; replace this one, it is known now",
        .source = "CIS Docker Benchmark 4.10, Trivy, Dockle CIS-DI-0010",
        .why = "Looks into each file that isn't ELF for a private key: a BEGIN line, base64 that "
               "decodes to DER, to openssh-key-v1 or to an OpenPGP packet (or is said to be "
               "encrypted), and an END line; line breaks may be those of JSON. Whoever may pull "
               "the image has the key.\n"
               "Programs that read keys hold the BEGIN line too, and libgnutls a whole key for its "
               "self-test: ELF files are passed over. What lies in documentation, tests and "
               "examples is a note. Certificates and public keys are none.",
        .path = sec_key,
        .hidden = sec_key,
        .hidden_most = SEVERITY_HIGH,
    },
    {
        .id = "SEC-TOKEN",
        .title = "No token of a service",
        .severity = SEVERITY_CRITICAL,
        .action = RULE_DENY,
        .advice = "mount it when the container starts; replace this one, it is known now",
        .source = "Trivy (secret scanning), gitleaks",
        .why =
            "Looks in text files for what only a token can be: a prefix of its own with as many "
            "characters of its alphabet behind it. AWS, GitHub, GitLab, Slack, Stripe, "
            "npm, PyPI, Docker Hub, Vault, OpenAI and Anthropic have such tokens. A JSON Web "
            "Token counts behind a word like token or bearer; in pip.conf a URL with a "
            "password. What is found is named and not shown.\n"
            "A key that ends in EXAMPLE or repeats a few characters is documentation. How random "
            "a text looks plays no part: that is true of a thousand files of a distribution. "
            "What a package brings is public already, so it is a note, as in tests and examples.",
        .path = sec_token,
        .hidden = sec_token,
        .hidden_most = SEVERITY_HIGH,
    },
    {
        .id = "SEC-FILE",
        .title = "No file that holds credentials by its name",
        .severity = SEVERITY_CRITICAL,
        .action = RULE_DENY,
        .advice = "leave it out of the tree that is copied; replace the credentials in it",
        .source = "Dockle CIS-DI-0010, Trivy, Checkov",
        .why = "Looks for .env, .git, .netrc, .npmrc, .pypirc, .pgpass, kubeconfig, ssh keys, "
               "docker's config.json, the files of AWS, Azure and Google clients, of Maven, cargo, "
               "gh, apt, Terraform and kubeadm, and their like. "
               "They come along when a whole directory is copied. A history of what was typed in a "
               "shell or a client of a database may hold passwords: medium, if it isn't empty.\n"
               ".env.example, public keys and known_hosts are fine; what a package brings, of the "
               "distribution or of a language (node_modules, site-packages, gems), is public "
               "already, so it is a note, as in tests and examples.",
        .path = sec_file,
        .hidden = sec_file,
        .hidden_most = SEVERITY_HIGH,
    },
    {
        .id = "SEC-HOST",
        .title = "Nothing that only one machine may have",
        .severity = SEVERITY_HIGH,
        .action = RULE_DENY,
        .advice = "leave it out: each machine makes its own when it starts",
        .source = "machine-id(5), CVE-2008-0166",
        .why = "Looks for host keys of ssh, a machine-id with content and seeds of random numbers. "
               "In an image they are the same for every container, and known to whoever can pull "
               "it. An empty /etc/machine-id is right: systemd fills it.",
        .path = sec_host,
        .hidden = sec_host_hidden,
        .hidden_most = SEVERITY_HIGH,
    },
    {
        .id = "SEC-CA",
        .title = "The trusted roots are the distribution's, and valid",
        .severity = SEVERITY_MEDIUM,
        .action = RULE_NOTE,
        .advice =
            "name own roots with ca_certificate, so that they are seen, and drop expired ones",
        .source = "NIST SP 800-190 4.1, Mozilla's root program",
        .why = "Looks at the bundle of certificates: it must hold some and be readable; expired "
               "roots are listed, and roots that no package brings: who has such a root's key can "
               "read what the app sends. Roots below /usr/local/share/ca-certificates are listed "
               "too. In a build the bundle is written by mkimage itself, which notes what is "
               "expired.",
        .path = sec_ca_local,
        .image = sec_ca,
        .hidden = sec_ca_local,
        .hidden_most = SEVERITY_LOW,
    },
    {0},
};
