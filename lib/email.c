#include "email.h"

#include <stdlib.h>
#include <string.h>

#include <idn2.h>

/* Letters, digits, and what RFC 5322 calls atext; all of UTF-8 (RFC 6531). */
static bool
is_local(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c >= 0x80 || (c != 0 && strchr(".!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static int
check_local(struct text local)
{
    if (local.size == 0 || local.size > LIMIT_EMAIL_LOCAL_BYTES || local.data[0] == '.' ||
        local.data[local.size - 1] == '.') {
        return -1;
    }
    for (size_t at = 0; at < local.size; at++) {
        if (!is_local((unsigned char)local.data[at]) ||
            (local.data[at] == '.' && local.data[at + 1] == '.')) {
            return -1;
        }
    }
    return 0;
}

/* Checks a lower-case ASCII domain by the rules for host names; at least two labels. */
static int
check_domain(struct text domain)
{
    size_t label = 0;
    size_t labels = 1;
    bool letters = false; /* in the last label: 10.0.0.1 is no domain */
    for (size_t at = 0; at < domain.size; at++) {
        char c = domain.data[at];
        if (c == '.') {
            if (label == 0 || domain.data[at - 1] == '-') {
                return -1;
            }
            label = 0;
            labels++;
            letters = false;
            continue;
        }
        bool letter = c >= 'a' && c <= 'z';
        if (!letter && !(c >= '0' && c <= '9') && !(c == '-' && label > 0)) {
            return -1;
        }
        letters |= letter;
        if (++label > 63) {
            return -1;
        }
    }
    return label > 0 && domain.data[domain.size - 1] != '-' && labels > 1 && letters ? 0 : -1;
}

static void
lower_ascii(char *data, size_t size)
{
    for (size_t at = 0; at < size; at++) {
        if (data[at] >= 'A' && data[at] <= 'Z') {
            data[at] = (char)(data[at] + ('a' - 'A'));
        }
    }
}

/* Whether a label claims to be punycode, so that only the library can tell if it is. */
static bool
has_punycode(struct text domain)
{
    for (size_t at = 0; at + 4 <= domain.size; at++) {
        if ((at == 0 || domain.data[at - 1] == '.') && domain.data[at + 2] == '-' &&
            domain.data[at + 3] == '-') {
            return true;
        }
    }
    return false;
}

static int
append(struct email *email, const char *data, size_t size)
{
    if (size > sizeof email->data - email->size) {
        return -1;
    }
    memcpy(email->data + email->size, data, size);
    email->size += size;
    return 0;
}

/*
 * Appends the domain's A-labels as the library has them. Not by its rules for host names
 * (IDN2_USE_STD3_ASCII_RULES): it drops blanks, commas and the like then, and two addresses become
 * one. check_domain refuses them.
 */
static int
append_idna(struct email *email, struct text domain)
{
    char given[LIMIT_EMAIL_RAW_BYTES + 1];
    if (domain.size >= sizeof given) {
        return -1;
    }
    memcpy(given, domain.data, domain.size);
    given[domain.size] = '\0';
    char *labels = NULL;
    int result = idn2_to_ascii_8z(given, &labels, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (result != IDN2_OK) {
        return -1;
    }
    size_t size = strlen(labels);
    lower_ascii(labels, size);
    result = check_domain((struct text){labels, size}) == 0 ? append(email, labels, size) : -1;
    idn2_free(labels);
    return result;
}

static int
append_domain(struct email *email, struct text domain)
{
    if ((text_scan(domain.data, domain.size) & TEXT_NOT_ASCII) != 0) {
        return append_idna(email, domain);
    }
    size_t at = email->size;
    if (append(email, domain.data, domain.size) != 0) {
        return -1;
    }
    lower_ascii(email->data + at, domain.size);
    struct text lower = {email->data + at, domain.size};
    if (has_punycode(lower)) {
        email->size = at;
        return append_idna(email, domain);
    }
    return check_domain(lower);
}

static int
append_local(struct email *email, struct text local, struct scratch *scratch)
{
    if (text_scan(local.data, local.size) == 0) {
        size_t at = email->size;
        if (append(email, local.data, local.size) != 0) {
            return -1;
        }
        lower_ascii(email->data + at, local.size);
    } else if (text_compose(local, TEXT_FOLD, scratch, &local) != 0 ||
               append(email, local.data, local.size) != 0) {
        return -1;
    }
    return check_local((struct text){email->data, email->size});
}

/*
 * Addresses of letters, digits and the commonest signs, as nearly all are. Only takes what the long
 * way takes, and leaves everything in doubt to it: returns -1 then.
 */
static int
normalise_plain(struct text text, struct email *ret_email)
{
    char *to = ret_email->data;
    size_t sign = 0;  /* where the @ is; 0: not met */
    size_t label = 0; /* where the part between two dots begins */
    size_t labels = 0;
    bool letters = false;
    if (text.size > LIMIT_EMAIL_BYTES) {
        return -1;
    }
    for (size_t at = 0; at < text.size; at++) {
        char c = text.data[at];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
            to[at] = (char)(c | 0x20);
            letters = true;
            continue;
        }
        to[at] = c;
        if (c >= '0' && c <= '9') {
            continue;
        }
        bool is_first = at == label;
        if (c == '.' || (c == '@' && sign == 0)) {
            if (is_first || (sign != 0 && (to[at - 1] == '-' || at - label > 63))) {
                return -1;
            }
            sign = c == '@' ? at : sign;
            labels = c == '@' ? 1 : labels + 1;
            label = at + 1;
            letters = false;
        } else if (c != '-' && (sign != 0 || (c != '_' && c != '+'))) {
            return -1;
        } else if (sign != 0 && (is_first || to[at - 1] == '-')) {
            return -1; /* two of them may be punycode */
        }
    }
    ret_email->size = text.size;
    return sign == 0 || sign > LIMIT_EMAIL_LOCAL_BYTES || labels < 2 || !letters ||
                   text.size - label > 63 || to[text.size - 1] == '-'
               ? -1
               : 0;
}

int
email_normalise(struct text text, struct scratch *scratch, struct email *ret_email)
{
    struct email email;
    if (normalise_plain(text, &email) != 0) {
        return email_normalise_slowly(text, scratch, ret_email);
    }
    ret_email->size = email.size;
    memcpy(ret_email->data, email.data, email.size);
    return 0;
}

int
email_normalise_slowly(struct text text, struct scratch *scratch, struct email *ret_email)
{
    bool is_cut = false; /* what is cut off could be the end of the domain */
    if (text.size > LIMIT_EMAIL_RAW_BYTES || text_clean(text, scratch, &text, &is_cut) != 0 ||
        is_cut) {
        return -1;
    }
    struct email email = {.size = 0};
    if (text.size > 0) {
        const char *sign = memrchr(text.data, '@', text.size);
        if (sign == NULL) {
            return -1;
        }
        size_t local = (size_t)(sign - text.data);
        if (append_local(&email, (struct text){text.data, local}, scratch) != 0 ||
            append(&email, "@", 1) != 0 ||
            append_domain(&email, (struct text){sign + 1, text.size - local - 1}) != 0) {
            return -1;
        }
    }
    *ret_email = email;
    return 0;
}
