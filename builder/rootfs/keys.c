/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/keys.h"
#include "base/base64.h"
#include "base/text.h"

#include <ctype.h>

#define NEEDLE    "PRIVATE KEY"
#define BEGIN     "-----BEGIN "
#define END       "-----END "
#define DASHES    "-----"
#define BLOCK     " BLOCK-----"
#define BYTES_MIN 32 /* of a decoded key */

void key_scan_start(struct key_scan *k)
{
    free_ptr(&k->kind);
    buf_reset(&k->text);
    k->text.max = KEY_BYTES_MAX;
    k->collecting = false;
    k->n_tail = 0;
}

void key_scan_release(struct key_scan *k)
{
    free_ptr(&k->kind);
    buf_release(&k->text);
}

/* ---- what is between BEGIN and END ---------------------------------------------------------- */

/* The base64 of a block, without blanks, line breaks of both kinds, header lines, and OpenPGP's
 * checksum. */
static void clean(struct slice text, struct buf *ret, bool *ret_encrypted)
{
    while (text.n) {
        size_t n = 0, skip = 1;
        while (n < text.n && text.p[n] != '\n' && text.p[n] != '\\')
            n++;
        if (n + 1 < text.n && text.p[n] == '\\')
            skip = 2; /* "\n", "\r" */
        struct slice line = slice_trim((struct slice){text.p, n});
        n = n + skip < text.n ? n + skip : text.n;
        text = (struct slice){text.p + n, text.n - n};
        if (memchr(line.p, ':', line.n)) {
            *ret_encrypted |= memmem(line.p, line.n, "ENCRYPTED", 9) != NULL;
            continue;
        }
        if (line.n == 5 && line.p[0] == '=')
            continue;
        buf_addslice(ret, line);
    }
}

/* A SEQUENCE that is as long as it says. */
static bool is_der(const unsigned char *p, size_t n)
{
    size_t length, head = 2;

    if (n < 2 || p[0] != 0x30)
        return false;
    length = p[1];
    if (length > 0x80) {
        size_t bytes = length & 0x7f;
        if (bytes > 4 || n < 2 + bytes)
            return false;
        length = 0;
        for (size_t i = 0; i < bytes; i++)
            length = length << 8 | p[2 + i];
        head += bytes;
    }
    return length == n - head;
}

static bool is_key(const char *label, struct slice text)
{
    CLEANUP(buf_release) struct buf base64 = BUF_INIT(KEY_BYTES_MAX);
    bool encrypted = false;

    size_t n;
    clean(text, &base64, &encrypted);
    CLEANUP(free_ptr) char *decoded = base64_decode((struct slice){base64.data, base64.len}, &n);
    if (!decoded || n < BYTES_MIN)
        return false;
    const unsigned char *bytes = (const unsigned char *)decoded;
    if (starts_with(label, "OPENSSH"))
        return memcmp(bytes, "openssh-key-v1", 15) == 0;
    if (starts_with(label, "PGP")) /* a secret key packet, of the old and the new form */
        return (bytes[0] & 0xfc) == 0x94 || bytes[0] == 0xc5;
    return encrypted ? n % 8 == 0 : is_der(bytes, n);
}

/* ---- finding it ------------------------------------------------------------------------------ */

/* Whether a BEGIN line stands around the needle at `at`; *ret_end is where it ends. */
static bool is_header(struct key_scan *k, const char *p, size_t n, size_t at, size_t *ret_end)
{
    size_t end = at + strlen(NEEDLE), start = at;

    if (n - end >= strlen(BLOCK) && memcmp(p + end, BLOCK, strlen(BLOCK)) == 0)
        end += strlen(BLOCK) - strlen(DASHES);
    if (n - end < strlen(DASHES) || memcmp(p + end, DASHES, strlen(DASHES)) != 0)
        return false;
    while (start && (isupper((unsigned char)p[start - 1]) || isdigit((unsigned char)p[start - 1]) ||
                     p[start - 1] == ' '))
        start--;
    size_t begin = strlen(BEGIN);
    if (start < strlen(DASHES) || end - start < begin - strlen(DASHES))
        return false;
    start -= strlen(DASHES);
    if (memcmp(p + start, BEGIN, begin) != 0 || end - start - begin >= sizeof(k->label))
        return false;
    memcpy(k->label, p + start + begin, end - start - begin);
    k->label[end - start - begin] = '\0';
    *ret_end = end + strlen(DASHES);
    return true;
}

/* The end of the first BEGIN line in p; 0 if there is none. */
static size_t find_header(struct key_scan *k, const char *p, size_t n)
{
    for (size_t at = 0, end;;) {
        const char *found = memmem(p + at, n - at, NEEDLE, strlen(NEEDLE));
        if (!found)
            return 0;
        at = (size_t)(found - p);
        if (is_header(k, p, n, at, &end))
            return end;
        at++;
    }
}

/* Where the text behind the last BEGIN line of those n bytes begins. */
static size_t find_last(struct key_scan *k, const char *p, size_t n)
{
    size_t at = 0, end;

    while ((end = find_header(k, p + at, n - at)) > 0)
        at += end;
    return at;
}

/* Takes in what follows a BEGIN line, up to its END; how many bytes that were. */
static size_t collect(struct key_scan *k, const char *p, size_t n)
{
    size_t had = k->text.len, from = had > sizeof(END) ? had - sizeof(END) : 0;
    size_t taken = n < KEY_BYTES_MAX - had ? n : KEY_BYTES_MAX - had;

    buf_add(&k->text, p, taken);
    const char *text = k->text.data,
               *end = memmem(text + from, k->text.len - from, END, strlen(END));
    if (end) {
        size_t length = (size_t)(end - text), last = find_last(k, text, length);
        if (is_key(k->label, (struct slice){text + last, length - last}))
            k->kind = xstrdup(k->label);
        k->collecting = false;
        buf_reset(&k->text);
        return length > had ? length - had : 0;
    }
    if (k->text.len >= KEY_BYTES_MAX) { /* perhaps the last of several lines is the one */
        size_t last = find_last(k, text, k->text.len);
        memmove(k->text.data, text + last, k->text.len - last);
        k->text.len -= last;
        k->collecting = last > 0;
        if (!last)
            buf_reset(&k->text);
    }
    return taken;
}

static void keep_tail(struct key_scan *k, const char *p, size_t n)
{
    if (n >= KEY_TAIL) {
        memcpy(k->tail, p + n - KEY_TAIL, KEY_TAIL);
        k->n_tail = KEY_TAIL;
        return;
    }
    size_t kept = k->n_tail + n > KEY_TAIL ? KEY_TAIL - n : k->n_tail;
    memmove(k->tail, k->tail + k->n_tail - kept, kept);
    memcpy(k->tail + kept, p, n);
    k->n_tail = kept + n;
}

/* A line that began in an earlier run: how far it reaches into this one; 0 if there is none. */
static size_t find_across(struct key_scan *k, const char *p, size_t n)
{
    char both[2 * KEY_TAIL];
    size_t more = n < KEY_TAIL ? n : KEY_TAIL;

    if (!k->n_tail)
        return 0;
    memcpy(both, k->tail, k->n_tail);
    memcpy(both + k->n_tail, p, more);
    size_t end = find_header(k, both, k->n_tail + more);
    return end > k->n_tail ? end - k->n_tail : 0;
}

void key_scan_add(struct key_scan *k, const char *p, size_t n)
{
    while (n && !k->kind) {
        if (k->collecting) {
            size_t taken = collect(k, p, n);
            p += taken;
            n -= taken;
            k->n_tail = 0;
            continue;
        }
        size_t end = find_across(k, p, n);
        end = end ? end : find_header(k, p, n);
        if (!end) {
            keep_tail(k, p, n);
            return;
        }
        k->collecting = true;
        p += end;
        n -= end;
    }
}
