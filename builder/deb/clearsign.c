/* SPDX-License-Identifier: Apache-2.0 */
#include "deb/clearsign.h"
#include "base/base64.h"
#include "base/text.h"

#define BEGIN_MESSAGE   "-----BEGIN PGP SIGNED MESSAGE-----"
#define BEGIN_SIGNATURE "-----BEGIN PGP SIGNATURE-----"
#define END_SIGNATURE   "-----END PGP SIGNATURE-----"
#define BEGIN_ARMOR     "-----BEGIN PGP "
#define END_ARMOR       "-----END PGP "
#define LINE_MAX_BYTES  8192 /* gpgv cuts lines of about 20,000 bytes: stay well below */

struct lines {
    const char *p, *end;
    unsigned n;
};

/* The next line without its end and blanks before that; false at the end of the text. */
static bool next_line(struct lines *l, struct slice *ret)
{
    if (l->p == l->end)
        return false;
    const char *nl = memchr(l->p, '\n', (size_t)(l->end - l->p));
    const char *end = nl ? nl : l->end;
    ret->p = l->p;
    ret->n = (size_t)(end - l->p);
    while (ret->n > 0 && strchr(" \t\r", ret->p[ret->n - 1]) && ret->p[ret->n - 1])
        ret->n--;
    l->p = nl ? nl + 1 : l->end;
    l->n++;
    return true;
}

static int check_headers(struct lines *l, const char *name, struct err *err)
{
    struct slice line;
    if (!next_line(l, &line) || !slice_eq(line, BEGIN_MESSAGE)) {
        err_set(err, "%s: is not a signed message (its first line must be \"%s\")", name,
                BEGIN_MESSAGE);
        return err_hint(err, "see what the mirror sends: it may be a proxy's or portal's page");
    }
    while (next_line(l, &line)) {
        if (line.n == 0)
            return 0;
        if (!slice_starts_with(line, "Hash: "))
            return err_set(err, "%s:%u: an unknown header of a signed message", name, l->n);
    }
    return err_set(err, "%s: ends inside the message's headers", name);
}

static int find_signature(struct lines *l, const char *name, struct slice *ret_text,
                          struct err *err)
{
    struct slice line;
    const char *begin = l->p;
    while (next_line(l, &line)) {
        if (slice_eq(line, BEGIN_SIGNATURE)) {
            *ret_text = (struct slice){begin, (size_t)(line.p - begin)};
            return 0;
        }
        if (line.n > 0 && line.p[0] == '-' && !slice_starts_with(line, "- "))
            return err_set(err, "%s:%u: a line of the signed text begins with \"-\"", name, l->n);
    }
    return err_set(err, "%s: the message has no signature", name);
}

static int check_rest(struct lines *l, const char *name, struct err *err)
{
    struct slice line;
    do {
        if (!next_line(l, &line))
            return err_set(err, "%s: ends inside the signature", name);
        if (line.n > 0 && line.p[0] == '-' && !slice_eq(line, END_SIGNATURE))
            return err_set(err, "%s:%u: not a line of a signature", name, l->n);
    } while (!slice_eq(line, END_SIGNATURE));
    return 0;
}

static int check_bytes(const char *p, size_t n, const char *name, struct err *err)
{
    if (memchr(p, 0, n))
        return err_set(err, "%s: holds a NUL byte", name);
    struct lines l = {p, p + n, 0};
    while (l.p < l.end) {
        const char *before = l.p;
        struct slice line;
        (void)!next_line(&l, &line);
        if (l.p - before > LINE_MAX_BYTES)
            return err_set(err, "%s:%u: a line of more than %d bytes", name, l.n, LINE_MAX_BYTES);
    }
    return 0;
}

int clearsign_split(const void *bytes, size_t n, const char *name, struct clearsign *ret,
                    struct err *err)
{
    struct lines l = {bytes, (const char *)bytes + n, 0};
    struct slice line;

    *ret = (struct clearsign){0};
    if (check_bytes(bytes, n, name, err) < 0 || check_headers(&l, name, err) < 0 ||
        find_signature(&l, name, &ret->text, err) < 0)
        return err_ret(err);
    ret->signature.p = ret->text.p + ret->text.n;
    if (check_rest(&l, name, err) < 0)
        return err_ret(err);
    ret->signature.n = (size_t)(l.p - ret->signature.p);
    while (next_line(&l, &line))
        if (line.n > 0) {
            err_set(err, "%s:%u: text behind the signature", name, l.n);
            return err_hint(err, "somebody changed the file: use another mirror");
        }
    return 0;
}

static bool next_text_line(struct lines *l, bool escaped, struct slice *ret)
{
    if (!next_line(l, ret))
        return false;
    if (escaped && slice_starts_with(*ret, "- ")) {
        ret->p += 2;
        ret->n -= 2;
    }
    return true;
}

bool clearsign_same(const struct clearsign *message, struct slice verified)
{
    struct lines a = {message->text.p, message->text.p + message->text.n, 0};
    struct lines b = {verified.p, verified.p + verified.n, 0};
    struct slice la, lb;
    for (;;) {
        bool more_a = next_text_line(&a, true, &la), more_b = next_text_line(&b, false, &lb);
        if (!more_a && !more_b)
            return true;
        if ((more_a ? la.n : 0) != (more_b ? lb.n : 0) ||
            (more_a && more_b && memcmp(la.p, lb.p, la.n) != 0))
            return false;
    }
}

/* The base64 lines of one block, up to its END line. */
static int decode_block(struct lines *l, const char *name, struct buf *ret, struct err *err)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    struct slice line;
    bool ended = false, in_headers = true;

    while (!ended && next_line(l, &line)) {
        ended = slice_starts_with(line, END_ARMOR);
        if (ended || slice_starts_with(line, "="))
            continue;
        if (in_headers && (line.n == 0 || memchr(line.p, ':', line.n))) {
            in_headers = line.n > 0;
            continue;
        }
        in_headers = false;
        buf_addslice(&text, line);
    }
    size_t n = 0;
    CLEANUP(free_ptr)
    char *decoded = ended && text.len ? base64_decode((struct slice){text.data, text.len}, &n)
                                      : NULL;
    if (decoded)
        buf_add(ret, decoded, n);
    if (!decoded || ret->overflow)
        return err_set(err, "%s:%u: the armor is damaged", name, l->n);
    return 0;
}

int armor_decode(const void *bytes, size_t n, const char *name, struct buf *ret, struct err *err)
{
    struct lines l = {bytes, (const char *)bytes + n, 0};
    struct slice line;

    buf_reset(ret);
    bool binary = n > 0 && (*(const uint8_t *)bytes & 0x80);
    while (!binary && next_line(&l, &line))
        if (slice_starts_with(line, BEGIN_ARMOR) && decode_block(&l, name, ret, err) < 0)
            return err_ret(err);
    if (ret->len == 0)
        buf_add(ret, bytes, n);
    return 0;
}
