/*
 * E-mail addresses as credentials (CRED-3): two spellings of one mailbox must become one value.
 * The local part is compared without case too: RFC 5321 lets a server tell them apart, none does.
 * Neither "+tag" nor dots are taken out: what they mean is each provider's own business, and
 * families use them to have an address a child.
 */
#ifndef ROSTER_EMAIL_H
#define ROSTER_EMAIL_H

#include "limit.h"
#include "text.h"

struct email {
    size_t size; /* 0: no address was given */
    char data[LIMIT_EMAIL_BYTES];
};

/*
 * Normalises an address: NFC, invisible characters and blanks at both ends dropped, case folded,
 * the domain as IDNA A-labels (UTS 46, non-transitional). Normalising twice is normalising once.
 *
 * @param text     checked
 * @param scratch  working memory; the result does not point into it
 * @return 0, or -1 when it is not exactly one address with a dotted domain
 */
int email_normalise(struct text text, struct scratch *scratch, struct email *ret_email);

/* As email_normalise, without its short way for plain addresses: what that is tested against. */
int email_normalise_slowly(struct text text, struct scratch *scratch, struct email *ret_email);

#endif
