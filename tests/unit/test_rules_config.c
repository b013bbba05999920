/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about the config: what has the defect, what nearly has it, what is clean. */
#include "harden.h"
#include "unit.h"

#include <elf.h>

/* A config of one value: where it goes, and how many findings of the rule it makes. */
struct config_case {
    const char *rule, *where, *value;
    size_t n;
};

static void put_config(struct subject *s, const char *where, const char *value)
{
    struct image *i = &s->image;
    const struct {
        const char *name;
        struct strv *list;
    } lists[] = {
        {"env", &i->env},        {"label", &i->labels},    {"annotation", &i->annotations},
        {"port", &i->ports},     {"cmd", &i->cmd},         {"entrypoint", &i->entrypoint},
        {"volume", &i->volumes}, {"history", &s->history},
    };

    for (size_t k = 0; k < ARRAY_SIZE(lists); k++)
        if (strcmp(lists[k].name, where) == 0) {
            strv_split(lists[k].list, slice_of(value), "|");
            return;
        }
    if (strcmp(where, "user") == 0) {
        free(i->user);
        i->user = xstrdup(value);
    } else if (strcmp(where, "workdir") == 0) {
        i->workdir = xstrdup(value);
    } else if (strcmp(where, "reference") == 0) {
        s->view.reference = value;
    } else {
        fail_msg("no place \"%s\"", where);
    }
}

static void run(const struct config_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct subject *s = subject_new();
        subject_put(s,
                    &(struct subject_file){.path = "data", .type = ENTRY_DIRECTORY, .uid = 5000});
        subject_put(s, &(struct subject_file){.path = "usr/link", .target = "/usr/lib"});
        strv_add(&s->writable, "data");
        put_config(s, cases[i].where, cases[i].value);
        size_t found = subject_count(s, cases[i].rule);
        if (found != cases[i].n)
            fail_msg("%s, %s \"%s\": found %zu times, not %zu", cases[i].rule, cases[i].where,
                     cases[i].value, found, cases[i].n);
        subject_free(s);
    }
}

static void test_user(void **state)
{
    static const struct config_case cases[] = {
        {"CFG-USER", "user", "", 1},           {"CFG-USER", "user", "root", 1},
        {"CFG-USER", "user", "0", 1},          {"CFG-USER", "user", "0:0", 1},
        {"CFG-USER", "user", "00", 1},         {"CFG-USER", "user", "+0", 1},
        {"CFG-USER", "user", "-1", 1},         {"CFG-USER", "user", "+5", 1},
        {"CFG-USER", "user", "app", 1},        {"CFG-USER", "user", "mortaluser", 1},
        {"CFG-USER", "user", "5000a", 1},      {"CFG-USER", "user", "05", 1},
        {"CFG-USER", "user", "2147483648", 1}, {"CFG-USER", "user", "0x10", 1},
        {"CFG-USER", "user", "5000", 0},       {"CFG-USER", "user", "2147483647:1", 0},
        {"CFG-GID", "user", "5000:0", 1},      {"CFG-GID", "user", "5000:00", 1},
        {"CFG-GID", "user", "5000:root", 1},   {"CFG-GID", "user", "5000:5000", 0},
        {"CFG-GID", "user", "5000", 0}, /* passwd says 5000 */
        {"CFG-GID", "user", "4711", 1}, /* passwd says nothing, so it is 0 */
        {"CFG-GID", "user", "mortaluser", 0},
    };

    (void)state;
    run(cases, ARRAY_SIZE(cases));
    assert_true(ARRAY_SIZE(cases) > 20);
}

static void test_supplementary_group(void **state)
{
    struct subject *s = subject_new();

    (void)state;
    subject_put(s, &(struct subject_file){.path = "etc/group",
                                          .text = "root:x:0:a,mortaluser\nmortaluser:x:5000:\n"});
    assert_int_equal(subject_count(s, "CFG-GID"), 1);
    subject_free(s);
}

/* By number only 0 is told; by name it depends on who that is. */
static void test_how_bad_a_user_is(void **state)
{
    static const struct {
        const char *user, *says;
        enum severity severity;
    } cases[] = {
        {"", "the user is \"\", which is root", SEVERITY_CRITICAL},
        {"root", "the user is \"root\", which is root", SEVERITY_CRITICAL},
        {"toor", "the user is \"toor\", which is root", SEVERITY_CRITICAL},
        {"00:5", "the user is \"00:5\", which is root", SEVERITY_CRITICAL},
        {"-1", "the user is \"-1\"", SEVERITY_CRITICAL},
        {"mortaluser", "(5000 by /etc/passwd): Kubernetes", SEVERITY_MEDIUM},
        {"mortaluser:0", "(5000 by /etc/passwd): Kubernetes", SEVERITY_MEDIUM},
        {"node", "such a container doesn't start", SEVERITY_MEDIUM},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct subject *s = subject_new();
        subject_put(
            s, &(struct subject_file){.path = "etc/passwd",
                                      .text = "root:x:0:0::/:/bin/false\ntoor:x:0:0::/:/bin/false\n"
                                              "mortaluser:x:5000:5000::/:/bin/false\n"});
        put_config(s, "user", cases[i].user);
        assert_int_equal(subject_count(s, "CFG-USER"), 1);
        const struct finding *f = subject_find(s, "CFG-USER");
        if (f->severity != cases[i].severity || !strstr(f->text, cases[i].says))
            fail_msg("%s: %s: %s", cases[i].user, severity_name(f->severity), f->text);
        subject_free(s);
    }
}

static void test_ports(void **state)
{
    static const struct config_case cases[] = {
        {"CFG-PORT", "port", "80/tcp", 1},   {"CFG-PORT", "port", "1023/udp", 1},
        {"CFG-PORT", "port", "22/tcp", 1},   {"CFG-PORT", "port", "1024/tcp", 0},
        {"CFG-PORT", "port", "8080/tcp", 0}, {"CFG-PORT", "port", "2222/tcp|22/tcp|443/tcp", 2},
    };

    (void)state;
    run(cases, ARRAY_SIZE(cases));
    assert_true(ARRAY_SIZE(cases) > 1);
}

static void test_secrets(void **state)
{
    static const struct config_case cases[] = {
        {"CFG-SECRET", "env", "DB_PASSWORD=hunter2", 1},
        {"CFG-SECRET", "env", "dbPassword=hunter2", 1},
        {"CFG-SECRET", "env", "AWS_SECRET_ACCESS_KEY=abcdefgh", 1},
        {"CFG-SECRET", "env", "GITHUB_TOKEN=abcdefgh", 1},
        {"CFG-SECRET", "env", "API_KEY=abcdefgh", 1},
        {"CFG-SECRET", "env", "MYSQL_PWD=abcdefgh", 1},
        {"CFG-SECRET", "env", "MONKEY=banana", 0},
        {"CFG-SECRET", "env", "GPG_KEY=E3FF2839C048B25C084DEBE9B26995E310250568", 0},
        {"CFG-SECRET", "env", "PWD=app", 0},
        {"CFG-SECRET", "env", "DB_PASSWORD_FILE=/run/secrets/db", 0},
        {"CFG-SECRET", "env", "DB_PASSWORD=/run/secrets/db", 0},
        {"CFG-SECRET", "env", "DB_PASSWORD=$DB", 0},
        {"CFG-SECRET", "env", "DB_PASSWORD=", 0},
        {"CFG-SECRET", "env", "DB_PASSWORD=****", 0},
        {"CFG-SECRET", "env", "TOKEN_TTL=3600", 0},
        {"CFG-SECRET", "env", "USE_TOKEN=true", 0},
        {"CFG-SECRET", "env", "X=AKIAIOSFODNN7EXAMPLE", 1},
        {"CFG-SECRET", "env", "X=AKIAIOSFODNN7EXAMPLES", 0}, /* one character too long */
        {"CFG-SECRET", "env", "X=TAKIAIOSFODNN7EXAMPLE", 0},
        {"CFG-SECRET", "env", "X=ghp_0123456789abcdefghijABCDEFGHIJ012345", 1},
        {"CFG-SECRET", "env", "X=ghp_short", 0},
        {"CFG-SECRET", "env", "URL=postgres://app:hunter2@db/x", 1},
        {"CFG-SECRET", "env", "URL=postgres://app:$PW@db/x", 0},
        {"CFG-SECRET", "env", "URL=https://example.org:8080/a@b", 0},
        {"CFG-SECRET", "env", "K=-----BEGIN PRIVATE KEY-----", 1},
        {"CFG-SECRET", "env", "K=-----BEGIN PUBLIC KEY-----", 0},
        {"CFG-SECRET", "label", "com.example.api-key=abcdefgh", 1},
        {"CFG-SECRET", "label", "org.opencontainers.image.title=The secret garden", 0},
        {"CFG-SECRET", "annotation", "x.token=abcdefgh", 1},
        {"CFG-SECRET", "cmd", "app|--password=hunter2", 1},
        {"CFG-SECRET", "cmd", "app|--password|hunter2", 1},
        {"CFG-SECRET", "cmd", "app|--password|--verbose", 0},
        {"CFG-SECRET", "cmd", "password|hunter2", 0},
        {"CFG-SECRET", "entrypoint", "app|--token-file=/run/t", 0},
        {"CFG-SECRET", "history", "/bin/sh -c #(nop)  ENV DB_PASSWORD=hunter2", 1},
        {"CFG-SECRET", "history", "RUN 1 TOKEN=abcdefgh /bin/sh -c make", 1},
        {"CFG-SECRET", "history", "mkimage libpam-passwdqc=2.0.2 libsecret-1-0=0.21.7", 0},
    };

    (void)state;
    run(cases, ARRAY_SIZE(cases));
    struct subject *s = subject_new();
    strv_add(&s->image.env, "DB_PASSWORD=hunter2");
    assert_null(strstr(subject_find(s, "CFG-SECRET")->text, "hunter2"));
    subject_free(s);
}

static void test_switched_off(void **state)
{
    static const struct config_case cases[] = {
        {"CFG-TLS", "env", "NODE_TLS_REJECT_UNAUTHORIZED=0", 1},
        {"CFG-TLS", "env", "NODE_TLS_REJECT_UNAUTHORIZED=1", 0},
        {"CFG-TLS", "env", "PYTHONHTTPSVERIFY=0", 1},
        {"CFG-TLS", "env", "PYTHONHTTPSVERIFY=1", 0},
        {"CFG-TLS", "env", "GIT_SSL_NO_VERIFY=false", 1}, /* being set is what counts */
        {"CFG-TLS", "env", "npm_config_strict_ssl=false", 1},
        {"CFG-TLS", "env", "NPM_CONFIG_STRICT_SSL=true", 0},
        {"CFG-TLS", "env", "PIP_TRUSTED_HOST=pypi.example", 1},
        {"CFG-TLS", "env", "PIP_TRUSTED_HOST=", 0},
        {"CFG-TLS", "env", "SSL_CERT_FILE=/etc/ssl/x", 0},
    };

    (void)state;
    run(cases, ARRAY_SIZE(cases));
    assert_true(ARRAY_SIZE(cases) > 1);
}

static void test_search_paths(void **state)
{
    static const struct config_case cases[] = {
        {"CFG-LD", "env", "LD_PRELOAD=/usr/lib/x.so", 1},
        {"CFG-LD", "env", "LD_PRELOAD=", 0},
        {"CFG-LD", "env", "LD_AUDIT=x.so", 1},
        {"CFG-LD", "env", "LD_LIBRARY_PATH=/app/lib", 0}, /* the app's own, root's */
        {"CFG-LD", "env", "LD_LIBRARY_PATH=", 0},
        {"CFG-LD", "env", "LD_LIBRARY_PATH=/app/lib:", 1},
        {"CFG-LD", "env", "LD_LIBRARY_PATH=lib", 1},
        {"CFG-LD", "env", "LD_LIBRARY_PATH=/data/lib", 1}, /* not there, but can be made */
        {"CFG-LD", "env", "PATH=/usr/local/bin:/usr/bin", 0},
        {"CFG-LD", "env", "PATH=/usr/bin::/bin", 1},
        {"CFG-LD", "env", "PATH=/usr/bin:.", 1},
        {"CFG-LD", "env", "PATH=/tmp:/data:/usr/bin", 2},
    };

    (void)state;
    run(cases, ARRAY_SIZE(cases));
    assert_true(ARRAY_SIZE(cases) > 1);
}

static void test_places(void **state)
{
    static const struct config_case cases[] = {
        {"CFG-PATH", "workdir", "/app", 0},
        {"CFG-PATH", "workdir", "/", 0},
        {"CFG-PATH", "workdir", "app", 1},
        {"CFG-PATH", "workdir", "/app/../etc", 1},
        {"CFG-PATH", "workdir", "/proc/self/fd/8", 1},
        {"CFG-PATH", "workdir", "/procedures", 0},
        {"CFG-PATH", "workdir", "/usr/link/x", 1},
        {"CFG-PATH", "volume", "/data", 0},
        {"CFG-PATH", "volume", "/data/", 0},
        {"CFG-PATH", "volume", "//data", 1},
        {"CFG-PATH", "volume", "/dev/x|/sys|/x", 2},
        {"CFG-LABEL", "label", "containerd.io/restart.status=running", 1},
        {"CFG-LABEL", "label", "io.kubernetes.container.name=x", 1},
        {"CFG-LABEL", "label", "io.kubernetesque=x", 0},
        {"CFG-LABEL", "label", "com.example/containerd.io/x=1", 0},
    };

    (void)state;
    run(cases, ARRAY_SIZE(cases));
    assert_true(ARRAY_SIZE(cases) > 1);
}

static void test_story(void **state)
{
    static const struct config_case cases[] = {
        {"CFG-TAG", "reference", "docker://example.org:5000/x", 1},
        {"CFG-TAG", "reference", "docker://example.org/x:latest", 1},
        {"CFG-TAG", "reference", "docker://example.org/x:latest@sha256:0", 0},
        {"CFG-TAG", "reference", "docker://example.org/x:1.2", 0},
        {"CFG-TAG", "annotation", "org.opencontainers.image.base.name=x:1", 1},
        {"CFG-TAG", "annotation",
         "org.opencontainers.image.base.name=x:1|org.opencontainers.image.base.digest=sha256:0", 0},
        {"CFG-HIST", "history", "RUN sudo make", 1},
        {"CFG-HIST", "history", "RUN useradd sudoku", 0},
        {"CFG-HIST", "history", "ADD https://example.org/x /x", 1},
        {"CFG-HIST", "history", "ADD file:0123 in /", 0},
        {"CFG-HIST", "history", "RUN echo a:b", 0},
        {"CFG-HIST", "history", "RUN echo a:b, chpasswd", 1},
        {"CFG-HIST", "history", "RUN apt-get install --allow-unauthenticated x", 1},
    };

    (void)state;
    run(cases, ARRAY_SIZE(cases));
    struct subject *s = subject_new();
    s->view.trust = (struct view_trust){.known = true, .signature = true};
    assert_int_equal(subject_count(s, "CFG-TRUST"), 2);
    subject_free(s);
    s = subject_new();
    assert_int_equal(subject_count(s, "CFG-TRUST"), 0);
    subject_free(s);
}

/* ---- what is started ------------------------------------------------------------------------ */

static struct subject *starting(const char *words, const struct subject_file *file)
{
    struct subject *s = subject_new();

    strv_split(&s->image.entrypoint, slice_of(words), "|");
    if (file)
        subject_put(s, file);
    return s;
}

static void test_start(void **state)
{
    static const struct {
        const char *words, *path;
        uint16_t mode;
        size_t n;
    } cases[] = {
        {"/usr/bin/app", "usr/bin/app", 0755, 0},
        {"/bin/app", "usr/bin/app", 0755, 0}, /* over the usrmerge link */
        {"app", "usr/bin/app", 0755, 0},      /* by PATH */
        {"app", "usr/lib/app", 0755, 1},
        {"./app", "app", 0755, 0},
        {"/usr/bin/app", "usr/bin/other", 0755, 1},
        {"/usr/bin/app", "usr/bin/app", 0644, 1},
        {"/usr/bin/app", "usr/bin/app", 0750, 1}, /* root's, and its group's */
        {"/usr/bin/app", "usr/bin/app", 0111, 0}, /* the right to read isn't needed */
        {"/tmp/app", NULL, 0, 0},                 /* may be mounted later */
        {"/bin/sh|-c|app", NULL, 0, 1},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct subject_file f = {.path = cases[i].path, .mode = cases[i].mode};
        f.facts = f.path ? good_elf() : NULL;
        struct subject *s = starting(cases[i].words, f.path ? &f : NULL);
        if (subject_count(s, "CFG-ENTRY") != cases[i].n)
            fail_msg("%s with /%s: not found %zu times", cases[i].words, cases[i].path, cases[i].n);
        subject_free(s);
    }
}

static void test_start_blocked(void **state)
{
    struct subject_file app = {.path = "opt/app/bin/x", .mode = 0755, .facts = good_elf()};
    struct subject *s = starting("/opt/app/bin/x", &app);

    (void)state;
    subject_put(s,
                &(struct subject_file){.path = "opt/app", .type = ENTRY_DIRECTORY, .mode = 0700});
    assert_int_equal(subject_count(s, "CFG-ENTRY"), 1);
    assert_non_null(strstr(subject_find(s, "CFG-ENTRY")->text, "/opt/app"));
    subject_free(s);

    app.facts = good_elf();
    s = starting("/opt/app/bin/x", &app);
    subject_put(s, &(struct subject_file){
                       .path = "opt/app", .type = ENTRY_DIRECTORY, .mode = 0750, .gid = 5000});
    assert_int_equal(subject_count(s, "CFG-ENTRY"), 0);
    subject_free(s);
}

static void test_start_kind(void **state)
{
    struct subject_file app = {.path = "usr/bin/x", .mode = 0755, .facts = good_elf()};

    (void)state;
    app.facts->elf->machine = EM_AARCH64;
    struct subject *s = starting("/usr/bin/x", &app);
    assert_int_equal(subject_count(s, "CFG-ENTRY"), 1);
    subject_free(s);

    app.facts = script_facts("/usr/bin/python3");
    s = starting("/usr/bin/x", &app);
    assert_int_equal(subject_count(s, "CFG-ENTRY"), 0);
    subject_free(s);

    app.facts = NULL; /* neither program nor script */
    s = starting("/usr/bin/x", &app);
    assert_int_equal(subject_count(s, "CFG-ENTRY"), 1);
    subject_free(s);

    s = starting("/usr/bin", NULL);
    assert_int_equal(subject_count(s, "CFG-ENTRY"), 1);
    subject_free(s);

    s = subject_new(); /* a base without a command */
    assert_int_equal(subject_count(s, "CFG-ENTRY"), 0);
    strv_add(&s->image.entrypoint, "/usr/bin/x");
    subject_free(s);
}

static void test_shell_form_of_cmd(void **state)
{
    struct subject_file app = {.path = "usr/bin/x", .mode = 0755, .facts = good_elf()};
    struct subject *s = starting("/usr/bin/x", &app);

    (void)state;
    strv_split(&s->image.cmd, slice_of("/bin/sh|-c|serve"), "|");
    assert_int_equal(subject_count(s, "CFG-ENTRY"), 1);
    subject_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_user),
        cmocka_unit_test(test_supplementary_group),
        cmocka_unit_test(test_how_bad_a_user_is),
        cmocka_unit_test(test_ports),
        cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_switched_off),
        cmocka_unit_test(test_search_paths),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_story),
        cmocka_unit_test(test_start),
        cmocka_unit_test(test_start_blocked),
        cmocka_unit_test(test_start_kind),
        cmocka_unit_test(test_shell_form_of_cmd),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
