/* SPDX-License-Identifier: Apache-2.0 */
#include "deb/gpgv.h"
#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"
#include "deb/child.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>

#define PATIENCE    120 /* seconds: a signature takes a few milliseconds */
#define WORKSPACE   "mkimage-verify."
#define STATUS_MAX  65536
#define MESSAGE_MAX (16 << 20)
#define VERIFY_MORE 65536 /* bytes: what the verifier itself writes, and blocks of a disk */
#define STATUS_WORD "[GNUPG:] "

/* What came of the signatures; each reason with the key it was first seen at. */
struct verdict {
    unsigned valid;
    char bad[64], weak_hash[64], weak_key[64], expired[64], revoked[64], old[64], missing[64];
};

static struct slice next_word(struct slice *rest)
{
    struct slice s = *rest;
    while (s.n > 0 && *s.p == ' ')
        s.p++, s.n--;
    const char *blank = memchr(s.p, ' ', s.n);
    size_t n = blank ? (size_t)(blank - s.p) : s.n;
    *rest = (struct slice){s.p + n, s.n - n};
    return (struct slice){s.p, n};
}

static void note(char ret[64], struct slice key)
{
    size_t n = 0;
    if (ret[0])
        return;
    for (; n < key.n && n < 63; n++)
        ret[n] = strchr("0123456789ABCDEFabcdef", key.p[n]) && key.p[n] ? key.p[n] : '?';
    if (n == 0)
        ret[n++] = '?';
    ret[n] = 0;
}

/* VALIDSIG fingerprint date time expires version reserved key-algorithm hash-algorithm … */
static void judge_valid(const struct gpgv_job *job, struct slice rest, struct verdict *v)
{
    struct slice fingerprint = next_word(&rest), hash = {NULL, 0};
    for (int i = 0; i < 7; i++)
        hash = next_word(&rest);
    bool strong = slice_eq(hash, "8") || slice_eq(hash, "9") || slice_eq(hash, "10");
    if (!strong)
        note(v->weak_hash, fingerprint);
    else if (pgp_key_weak(job->keys, fingerprint))
        note(v->weak_key, fingerprint);
    else
        v->valid++;
}

static void judge_line(const struct gpgv_job *job, struct slice line, bool *good, struct verdict *v)
{
    size_t n = strlen(STATUS_WORD);
    if (line.n < n || memcmp(line.p, STATUS_WORD, n) != 0)
        return;
    struct slice rest = {line.p + n, line.n - n}, word = next_word(&rest);
    const struct {
        const char *word;
        char *reason;
    } table[] = {{"BADSIG", v->bad}, {"EXPKEYSIG", v->expired}, {"REVKEYSIG", v->revoked},
                 {"EXPSIG", v->old}, {"NO_PUBKEY", v->missing}, {"NEWSIG", NULL},
                 {"ERRSIG", NULL}};
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        if (!slice_eq(word, table[i].word))
            continue;
        *good = false;
        if (table[i].reason)
            note(table[i].reason, next_word(&rest));
    }
    if (slice_eq(word, "GOODSIG"))
        *good = true;
    if (slice_eq(word, "VALIDSIG") && *good)
        judge_valid(job, rest, v);
}

static int refuse(const struct gpgv_job *job, const struct verdict *v, struct err *err)
{
    const char *keyring_hint = "install a newer keyring of this archive (Debian's own: "
                               "apt-get install debian-archive-keyring)";
    if (v->weak_hash[0]) {
        err_set(err, "%s: the signature of key %s uses a weak hash; SHA-256 or better is needed",
                job->name, v->weak_hash);
        return err_hint(err, "the archive has to sign with SHA-256 or better");
    }
    if (v->weak_key[0]) {
        err_set(err, "%s: signed by key %s, which is weak (RSA below 2048 bits, or DSA)", job->name,
                v->weak_key);
        return err_hint(err, "the archive has to sign with a stronger key");
    }
    if (v->expired[0]) {
        err_set(err, "%s: signed by key %s, which has expired", job->name, v->expired);
        return err_hint(err, "%s", keyring_hint);
    }
    if (v->revoked[0]) {
        err_set(err, "%s: signed by key %s, which is revoked", job->name, v->revoked);
        return err_hint(err, "%s", keyring_hint);
    }
    if (v->old[0]) {
        err_set(err, "%s: the signature of key %s has expired", job->name, v->old);
        return err_hint(err, "use another mirror: this one may no longer be updated");
    }
    if (v->missing[0]) {
        err_set(err, "%s: signed by key %s, which isn't in the keyring %s", job->name, v->missing,
                job->keyring);
        return err_hint(err, "name the archive's keyring in the recipe's source section, or %s",
                        keyring_hint);
    }
    return err_set(err, "%s: has no signature that can be verified", job->name);
}

int gpgv_judge(const struct gpgv_job *job, struct slice status, struct err *err)
{
    struct verdict v = {0};
    bool good = false;
    for (size_t at = 0; at < status.n;) {
        const char *p = status.p + at, *nl = memchr(p, '\n', status.n - at);
        size_t n = nl ? (size_t)(nl - p) : status.n - at;
        judge_line(job, (struct slice){p, n}, &good, &v);
        at += n + 1;
    }
    if (v.bad[0]) {
        err_set(err, "%s: bad signature by key %s: the text is not what was signed", job->name,
                v.bad);
        return err_hint(err, "try again or use another mirror; a proxy may have changed the file");
    }
    return v.valid > 0 ? 0 : refuse(job, &v, err);
}

/* The files that the child works on, in a directory of its own. */
struct workspace {
    char *dir, *message, *keys, *text, *errors;
};

static void workspace_release(struct workspace *w)
{
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    if (w->dir)
        (void)!dir_remove(w->dir, &ignored);
    free(w->dir);
    free(w->message);
    free(w->keys);
    free(w->text);
    free(w->errors);
}

/* For a program that reads it at once: that it outlives a power cut (file_write) isn't wanted. */
static int put(const char *path, struct slice bytes, struct err *err)
{
    CLEANUP(close_fd) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_errno(err, errno, "%s", path);
    return write_all(fd, bytes.p, bytes.n, path, err);
}

static int workspace_make(const struct gpgv_job *job, struct workspace *w, struct err *err)
{
    char *dir = path_join(temporary_dir(), WORKSPACE "XXXXXX");
    leftovers_remove(temporary_dir(), WORKSPACE);
    if (!mkdtemp(dir)) {
        int errnum = errno;
        err_errno(err, errnum, "%s: can't make a temporary directory", dir);
        free(dir);
        return err_ret(err);
    }
    w->dir = dir;
    w->message = path_join(dir, "message");
    w->keys = path_join(dir, "keys.gpg");
    w->text = path_join(dir, "text");
    w->errors = path_join(dir, "errors");
    return put(w->message, job->message, err) < 0 ? err_ret(err) : put(w->keys, job->keys, err);
}

static int run(const struct session *s, const struct workspace *w, const char *const *argv,
               struct buf *output, int *ret_status, struct err *err)
{
    CLEANUP(free_ptr) char *home = xasprintf("GNUPGHOME=%s", w->dir);
    CLEANUP(free_ptr) char *home2 = xasprintf("HOME=%s", w->dir);
    const char *env[] = {"LC_ALL=C", "PATH=/usr/bin:/bin", home, home2, NULL};
    struct child c = {.argv = argv, .env = env, .stderr_path = w->errors, .patience = PATIENCE};
    return child_run(s, &c, output, ret_status, err);
}

/* gpgv's or sqv's complaint, for what no status line explains. */
static int unexplained(const struct gpgv_job *job, const struct workspace *w, const char *program,
                       struct err *err)
{
    CLEANUP(buf_release) struct buf said = BUF_INIT(4096);
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    (void)!file_read(w->errors, 4096, &said, &ignored);
    for (size_t i = 0; i < said.len; i++)
        if (said.data[i] == '\n')
            said.data[i] = ' ';
    struct slice text = slice_trim((struct slice){buf_str(&said), said.len});
    text = text.n ? text : slice_of("no reason given");
    err_set(err, "%s: %s can't verify it with %s: %.*s", job->name, program, job->keyring,
            (int)(text.n < 400 ? text.n : 400), text.p);
    return err_hint(err, "see that %s is the keyring of this archive", job->keyring);
}

static int run_sqv(const struct session *s, const struct gpgv_job *job, const struct workspace *w,
                   struct err *err)
{
    const char *argv[] = {"sqv",   "--keyring", w->keys,    "--cleartext", "--output",
                          w->text, "--verbose", w->message, NULL};
    CLEANUP(buf_release) struct buf output = BUF_INIT(STATUS_MAX);
    int status;
    if (run(s, w, argv, &output, &status, err) < 0)
        return err_ret(err);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || output.len == 0)
        return unexplained(job, w, "sqv", err);
    return 0;
}

static int run_gpgv(const struct session *s, const struct gpgv_job *job, const struct workspace *w,
                    struct err *err)
{
    const char *argv[] = {"gpgv",     "--status-fd", "1",        "--keyring", w->keys,
                          "--output", w->text,       w->message, NULL};
    CLEANUP(buf_release) struct buf output = BUF_INIT(STATUS_MAX);
    int status;
    if (run(s, w, argv, &output, &status, err) < 0)
        return err_ret(err);
    if (output.overflow)
        return err_set(err, "%s: gpgv says more than %d bytes", job->name, STATUS_MAX);
    if (!WIFEXITED(status) || output.len == 0)
        return unexplained(job, w, "gpgv", err);
    return gpgv_judge(job, (struct slice){buf_str(&output), output.len}, err);
}

int gpgv_verify(const struct session *s, const struct gpgv_job *job, struct buf *ret,
                struct err *err)
{
    CLEANUP(workspace_release) struct workspace w = {0};
    if (workspace_make(job, &w, err) < 0)
        return err_ret(err);
    if (run_gpgv(s, job, &w, err) < 0) {
        if (err->code != ERR_NOT_FOUND)
            return err_ret(err);
        err_clear(err);
        if (run_sqv(s, job, &w, err) < 0) {
            if (err->code != ERR_NOT_FOUND)
                return err_ret(err);
            err_clear(err);
            err_set(err, "%s: neither gpgv nor sqv is there to verify it", job->name);
            return err_hint(err, "apt-get install gpgv");
        }
    }
    return file_read(w.text, MESSAGE_MAX, ret, err);
}

int gpgv_has_room(const struct gpgv_job *job, struct err *err)
{
    CLEANUP(close_fd) int fd = spool_open(err);
    size_t n = 2 * job->message.n + job->keys.n + VERIFY_MORE;
    CLEANUP(free_ptr) char *zeros = xcalloc(1, n);

    if (fd >= 0 && write_all(fd, zeros, n, temporary_dir(), err) == 0)
        return 0;
    err_wrap(err, "no room to verify %s", job->name);
    return err_hint(err, "make room there, or name another place by TMPDIR");
}
