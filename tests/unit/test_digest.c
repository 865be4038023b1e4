/* Last night's digest beside this night's rows: what is sent, what is gone, what is written. */
#include "digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "limit.h"

/* A digest that is being written, or is written. */
struct bytes {
    unsigned char data[1 << 20];
    size_t size;
    size_t room; /* the disk is full behind it */
};

static int
take(void *context, const void *data, size_t size)
{
    struct bytes *bytes = context;
    if (size > bytes->room - bytes->size) {
        return -1;
    }
    memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
    return 0;
}

/* One night: the digest of the last one, and the draft of the next. */
struct night {
    struct digest *last;
    struct digest_draft *draft;
    char token[DIGEST_TOKEN_SIZE];
    char gone[1024]; /* ids, each with a space behind it */
};

static void
begin(struct night *night, const struct bytes *last, struct bytes *next)
{
    struct error error;
    *night = (struct night){NULL, NULL, "", ""};
    *next = (struct bytes){.room = sizeof next->data};
    if (last != NULL) {
        assert_int_equal(digest_open(last->data, last->size, &night->last, &error), 0);
    }
    night->draft = digest_draft_new(night->last, take, next);
    assert_non_null(night->draft);
}

/* A row; @return the verdict on it, NEW without a last digest */
static enum digest_verdict
row(struct night *night, enum digest_kind kind, const char *id, uint64_t hash)
{
    struct error error;
    struct digest_match match = {.verdict = DIGEST_NEW};
    if (night->last != NULL) {
        assert_int_equal(digest_compare(night->last, kind, text_of(id), hash, &match, &error), 0);
    }
    digest_draft_add(night->draft, kind, text_of(id), hash, night->last == NULL ? NULL : &match);
    return match.verdict;
}

static int
note_gone(void *context, struct text id, struct error *reterr)
{
    (void)reterr;
    struct night *night = context;
    size_t used = strlen(night->gone);
    (void)snprintf(night->gone + used, sizeof night->gone - used, "%.*s ", (int)id.size, id.data);
    return 0;
}

static const char *
gone(struct night *night, enum digest_kind kind)
{
    struct error error;
    night->gone[0] = '\0';
    assert_int_equal(digest_each_missing(night->last, kind, note_gone, night, &error), 0);
    return night->gone;
}

static enum digest_end
end(struct night *night)
{
    enum digest_end how = digest_draft_finish(night->draft, night->token);
    digest_draft_free(night->draft);
    digest_free(night->last);
    return how;
}

static const char *
name(char *buffer, size_t size, int number)
{
    (void)snprintf(buffer, size, "person-%d", number);
    return buffer;
}

/* A night of `count` people, and one enrollment. */
static void
first_night(struct bytes *next, int count)
{
    struct night night;
    char id[32];
    begin(&night, NULL, next);
    for (int at = 0; at < count; at++) {
        (void)row(&night, DIGEST_PERSON, name(id, sizeof id, at), 1000 + (uint64_t)at);
    }
    (void)row(&night, DIGEST_ENROLLMENT, "e", 7);
    assert_int_equal(end(&night), DIGEST_WRITTEN);
}

static void
test_same_night(void **state)
{
    (void)state;
    static struct bytes first, second;
    struct night night;
    char id[32];
    first_night(&first, 100);
    begin(&night, &first, &second);
    for (int at = 0; at < 100; at++) {
        assert_int_equal(row(&night, DIGEST_PERSON, name(id, sizeof id, at), 1000 + (uint64_t)at),
                         DIGEST_SAME);
    }
    assert_string_equal(gone(&night, DIGEST_PERSON), "");
    assert_int_equal(row(&night, DIGEST_ENROLLMENT, "e", 7), DIGEST_SAME);
    /* nothing is written: the last one is what this one would be, and keeps its token */
    assert_int_equal(end(&night), DIGEST_KEPT);
    assert_int_equal(second.size, 0);
    assert_string_equal(night.token, digest_token(first.data, first.size));
    assert_int_equal(strlen(night.token), 36);
    assert_int_equal(night.token[14], '4');
}

/* A leaver, somebody new, a change, and one that moved: each night beside the one before. */
static void
test_changes(void **state)
{
    (void)state;
    static struct bytes first, second, third;
    struct night night;
    begin(&night, NULL, &first);
    static const char *const ids[] = {"a", "b", "c", "d", "e", "f", "g", "h",
                                      "i", "j", "k", "l", "m", "n", "o"};
    for (size_t at = 0; at < sizeof ids / sizeof *ids; at++) {
        (void)row(&night, DIGEST_PERSON, ids[at], at + 1);
    }
    assert_int_equal(end(&night), DIGEST_WRITTEN);

    begin(&night, &first, &second);
    assert_int_equal(row(&night, DIGEST_PERSON, "a", 1), DIGEST_SAME);
    assert_int_equal(row(&night, DIGEST_PERSON, "c", 33), DIGEST_OTHER); /* b has left */
    assert_int_equal(row(&night, DIGEST_PERSON, "x", 99), DIGEST_NEW);
    assert_int_equal(row(&night, DIGEST_PERSON, "o", 15), DIGEST_SAME); /* too far ahead to see */
    for (size_t at = 3; at < 14; at++) {
        assert_int_equal(row(&night, DIGEST_PERSON, ids[at], at + 1), DIGEST_SAME);
    }
    assert_string_equal(gone(&night, DIGEST_PERSON), "b ");
    assert_string_equal(gone(&night, DIGEST_ENROLLMENT), "");
    assert_int_equal(end(&night), DIGEST_WRITTEN);
    assert_string_not_equal(night.token, digest_token(first.data, first.size));

    begin(&night, &second, &third);
    assert_int_equal(row(&night, DIGEST_PERSON, "b", 2), DIGEST_NEW); /* back again */
    assert_int_equal(row(&night, DIGEST_PERSON, "x", 99), DIGEST_SAME);
    assert_int_equal(row(&night, DIGEST_PERSON, "c", 33), DIGEST_SAME);
    assert_int_equal(row(&night, DIGEST_PERSON, "a", 1), DIGEST_SAME);
    assert_string_equal(gone(&night, DIGEST_PERSON), "o d e f g h i j k l m n ");
    assert_int_equal(end(&night), DIGEST_WRITTEN);
}

/* The same rows in whatever order: nothing is sent, nothing is gone. */
static void
test_order(void **state)
{
    (void)state;
    static struct bytes first, second, third;
    struct night night;
    char id[32];
    first_night(&first, 1000);
    begin(&night, &first, &second);
    for (int at = 0; at < 1000; at++) {
        int number = at * 617 % 1000;
        assert_int_equal(
            row(&night, DIGEST_PERSON, name(id, sizeof id, number), 1000 + (uint64_t)number),
            DIGEST_SAME);
    }
    assert_string_equal(gone(&night, DIGEST_PERSON), "");
    assert_string_equal(gone(&night, DIGEST_ENROLLMENT), "e ");
    assert_int_equal(end(&night), DIGEST_WRITTEN);

    begin(&night, &second, &third);
    for (int at = 0; at < 1000; at++) {
        int number = at * 617 % 1000;
        assert_int_equal(
            row(&night, DIGEST_PERSON, name(id, sizeof id, number), 1000 + (uint64_t)number),
            DIGEST_SAME);
    }
    assert_int_equal(end(&night), DIGEST_KEPT);
}

/* Runs of old entries among new ones come out in this night's order, whole. */
static void
test_long_runs(void **state)
{
    (void)state;
    static struct bytes first, second, third;
    struct night night;
    char id[32];
    first_night(&first, 9000); /* more than one buffer of entries */
    begin(&night, &first, &second);
    for (int at = 9000; at-- > 4500;) {
        (void)row(&night, DIGEST_PERSON, name(id, sizeof id, at), 1000 + (uint64_t)at);
    }
    for (int at = 0; at < 4500; at++) {
        (void)row(&night, DIGEST_PERSON, name(id, sizeof id, at), 1000 + (uint64_t)at);
    }
    (void)row(&night, DIGEST_PERSON, "new", 5);
    (void)row(&night, DIGEST_ENROLLMENT, "e", 7);
    assert_int_equal(end(&night), DIGEST_WRITTEN);
    begin(&night, &second, &third);
    for (int at = 9000; at-- > 4500;) {
        assert_int_equal(row(&night, DIGEST_PERSON, name(id, sizeof id, at), 1000 + (uint64_t)at),
                         DIGEST_SAME);
    }
    for (int at = 0; at < 4500; at++) {
        assert_int_equal(row(&night, DIGEST_PERSON, name(id, sizeof id, at), 1000 + (uint64_t)at),
                         DIGEST_SAME);
    }
    assert_int_equal(row(&night, DIGEST_PERSON, "new", 5), DIGEST_SAME);
    assert_int_equal(row(&night, DIGEST_ENROLLMENT, "e", 7), DIGEST_SAME);
    assert_int_equal(end(&night), DIGEST_KEPT);
}

/* A digest that distrusts more than is needed stays: nothing is written for that. */
static void
test_distrusts_more(void **state)
{
    (void)state;
    static struct bytes first, second;
    struct night night;
    for (int needed = 0; needed < 8; needed++) {
        begin(&night, NULL, &first);
        for (int id = 0; id < 3; id++) {
            char name_of[] = {(char)('a' + id), '\0'};
            (void)row(&night, DIGEST_PERSON, name_of, 1);
            digest_draft_distrust(night.draft, id == 1 ? DIGEST_ENROLLMENT : DIGEST_PERSON,
                                  text_of(name_of));
        }
        assert_int_equal(end(&night), DIGEST_WRITTEN);
        begin(&night, &first, &second);
        for (int id = 0; id < 3; id++) {
            char name_of[] = {(char)('a' + id), '\0'};
            (void)row(&night, DIGEST_PERSON, name_of, 1);
            if ((needed >> id & 1) != 0) {
                digest_draft_distrust(night.draft, id == 1 ? DIGEST_ENROLLMENT : DIGEST_PERSON,
                                      text_of(name_of));
            }
        }
        if (needed == 7) { /* one that is not there */
            digest_draft_distrust(night.draft, DIGEST_PERSON, TEXT("b"));
        }
        assert_int_equal(end(&night), needed == 7 ? DIGEST_WRITTEN : DIGEST_KEPT);
    }
}

/* An id with two rows is sent with both of them from then on, and is gone when both are. */
static void
test_twice(void **state)
{
    (void)state;
    static struct bytes first, second, third, fourth;
    struct night night;
    begin(&night, NULL, &first);
    (void)row(&night, DIGEST_PERSON, "a", 1);
    (void)row(&night, DIGEST_PERSON, "b", 2);
    (void)row(&night, DIGEST_PERSON, "a", 3);
    assert_int_equal(end(&night), DIGEST_WRITTEN);

    begin(&night, &first, &second);
    assert_int_equal(row(&night, DIGEST_PERSON, "a", 1), DIGEST_OTHER);
    assert_int_equal(row(&night, DIGEST_PERSON, "b", 2), DIGEST_SAME);
    assert_int_equal(row(&night, DIGEST_PERSON, "a", 3), DIGEST_OTHER);
    assert_string_equal(gone(&night, DIGEST_PERSON), "");
    assert_int_equal(end(&night), DIGEST_KEPT);

    begin(&night, &first, &second); /* one of them is left: sent, and nobody is gone */
    assert_int_equal(row(&night, DIGEST_PERSON, "a", 3), DIGEST_OTHER);
    assert_int_equal(row(&night, DIGEST_PERSON, "b", 2), DIGEST_SAME);
    assert_string_equal(gone(&night, DIGEST_PERSON), "");
    assert_int_equal(end(&night), DIGEST_WRITTEN);

    begin(&night, &second, &third); /* it is like any other again */
    assert_int_equal(row(&night, DIGEST_PERSON, "a", 3), DIGEST_SAME);
    assert_int_equal(row(&night, DIGEST_PERSON, "b", 2), DIGEST_SAME);
    assert_int_equal(end(&night), DIGEST_KEPT);

    begin(&night, &first, &fourth);
    assert_int_equal(row(&night, DIGEST_PERSON, "b", 2), DIGEST_SAME);
    assert_string_equal(gone(&night, DIGEST_PERSON), "a ");
    assert_int_equal(end(&night), DIGEST_WRITTEN);
}

/* The second row of an id whose first one was not sent. */
static void
test_torn(void **state)
{
    (void)state;
    static struct bytes first, second, third;
    struct night night;
    first_night(&first, 10);
    begin(&night, &first, &second);
    assert_int_equal(row(&night, DIGEST_PERSON, "person-3", 1003), DIGEST_SAME);
    assert_int_equal(row(&night, DIGEST_PERSON, "person-3", 1003), DIGEST_SAME); /* it is one */
    assert_int_equal(row(&night, DIGEST_PERSON, "person-3", 1), DIGEST_TORN);
    assert_int_equal(row(&night, DIGEST_PERSON, "person-4", 1), DIGEST_OTHER);
    assert_int_equal(row(&night, DIGEST_PERSON, "person-4", 1004),
                     DIGEST_OTHER); /* both are sent */
    assert_int_equal(row(&night, DIGEST_PERSON, "person-4", 2), DIGEST_OTHER);
    assert_int_equal(row(&night, DIGEST_PERSON, "person-5", 1005), DIGEST_SAME);
    /* of a row that cannot be used only the id counts */
    assert_int_equal(row(&night, DIGEST_PERSON, "person-5", DIGEST_NO_HASH), DIGEST_OTHER);
    (void)end(&night);

    /* and none of them is trusted the next night */
    begin(&night, &second, &third);
    assert_int_equal(row(&night, DIGEST_PERSON, "person-3", 1003), DIGEST_OTHER);
    assert_int_equal(row(&night, DIGEST_PERSON, "person-4", 1), DIGEST_OTHER);
    assert_int_equal(row(&night, DIGEST_PERSON, "person-5", 1005), DIGEST_OTHER);
    (void)end(&night);
}

static void
test_unusable(void **state)
{
    (void)state;
    static struct bytes first, second;
    struct night night;
    begin(&night, NULL, &first);
    (void)row(&night, DIGEST_ENROLLMENT, "bad", DIGEST_NO_HASH);
    (void)row(&night, DIGEST_ENROLLMENT, "good", 5);
    assert_int_equal(end(&night), DIGEST_WRITTEN);
    begin(&night, &first, &second);
    assert_int_equal(row(&night, DIGEST_ENROLLMENT, "bad", DIGEST_NO_HASH), DIGEST_OTHER);
    assert_int_equal(row(&night, DIGEST_ENROLLMENT, "good", 5), DIGEST_SAME);
    assert_string_equal(gone(&night, DIGEST_ENROLLMENT), "");
    assert_int_equal(end(&night), DIGEST_KEPT);
}

/* What the database spoke of is sent, whatever it says; and is gone when it is. */
static void
test_distrusted(void **state)
{
    (void)state;
    static struct bytes first, second, third;
    struct error error;
    struct night night;
    first_night(&first, 4);
    begin(&night, &first, &second);
    assert_int_equal(digest_distrust(night.last, DIGEST_PERSON, TEXT("person-1"), &error), 0);
    assert_int_equal(digest_distrust(night.last, DIGEST_PERSON, TEXT("person-1"), &error), 0);
    assert_int_equal(digest_distrust(night.last, DIGEST_PERSON, TEXT("person-2"), &error), 0);
    assert_int_equal(digest_distrust(night.last, DIGEST_PERSON, TEXT("nobody"), &error), 0);
    assert_int_equal(row(&night, DIGEST_PERSON, "person-0", 1000), DIGEST_SAME);
    assert_int_equal(row(&night, DIGEST_PERSON, "person-1", 1001), DIGEST_OTHER);
    assert_int_equal(row(&night, DIGEST_PERSON, "nobody", 1), DIGEST_NEW);
    assert_int_equal(row(&night, DIGEST_PERSON, "person-1", 1), DIGEST_OTHER); /* not torn */
    assert_string_equal(gone(&night, DIGEST_PERSON), "person-2 person-3 ");
    assert_int_equal(row(&night, DIGEST_ENROLLMENT, "e", 7), DIGEST_SAME);
    digest_draft_distrust(night.draft, DIGEST_ENROLLMENT, TEXT("e"));
    assert_int_equal(end(&night), DIGEST_WRITTEN);
    begin(&night, &second, &third);
    assert_int_equal(row(&night, DIGEST_ENROLLMENT, "e", 7), DIGEST_OTHER);
    assert_int_equal(end(&night), DIGEST_WRITTEN);
}

static void
test_distrusted_limit(void **state)
{
    (void)state;
    static struct bytes first;
    struct night night;
    for (int more = 0; more <= 1; more++) {
        begin(&night, NULL, &first);
        (void)row(&night, DIGEST_PERSON, "a", 1);
        for (int at = 0; at < LIMIT_DIGEST_DISTRUSTED + more; at++) {
            digest_draft_distrust(night.draft, DIGEST_PERSON, TEXT("a"));
        }
        assert_int_equal(end(&night), more == 0 ? DIGEST_WRITTEN : DIGEST_LOST);
    }
}

/* Each byte of it counts, and where it ends. */
static void
test_damage(void **state)
{
    (void)state;
    static struct bytes first;
    struct digest *digest;
    struct error error;
    first_night(&first, 40);
    assert_int_equal(digest_open(first.data, first.size, &digest, &error), 0);
    digest_free(digest);
    for (size_t at = 0; at < first.size; at++) {
        unsigned char *copy = malloc(first.size);
        assert_non_null(copy);
        memcpy(copy, first.data, first.size);
        for (int bit = 0; bit < 8; bit++) {
            copy[at] ^= (unsigned char)(1 << bit);
            assert_int_equal(digest_open(copy, first.size, &digest, &error), -1);
            assert_null(digest);
            copy[at] ^= (unsigned char)(1 << bit);
        }
        assert_int_equal(digest_open(copy, at, &digest, &error), -1);
        assert_int_equal(digest_open(copy + at + 1, first.size - at - 1, &digest, &error), -1);
        free(copy);
    }
    assert_null(digest_token("short", 5));
}

static void
test_disk_full(void **state)
{
    (void)state;
    static struct bytes first, second;
    struct night night;
    struct digest *digest;
    struct error error;
    first_night(&first, 40);
    for (size_t room = 0; room < first.size; room++) {
        begin(&night, NULL, &second);
        second.room = room;
        (void)row(&night, DIGEST_PERSON, "a", 1);
        (void)row(&night, DIGEST_PERSON, "person-of-a-long-name", 1);
        enum digest_end how = end(&night);
        assert_int_equal(how == DIGEST_WRITTEN, night.token[0] != '\0');
        assert_int_equal(how == DIGEST_WRITTEN,
                         digest_open(second.data, second.size, &digest, &error) == 0);
        digest_free(digest);
    }
    /* kinds that come in the wrong order make none */
    begin(&night, NULL, &second);
    (void)row(&night, DIGEST_ENROLLMENT, "a", 1);
    (void)row(&night, DIGEST_PERSON, "a", 1);
    assert_int_equal(end(&night), DIGEST_LOST);
}

/* A hash changes with each value and link, with what is none and what is empty, and with the seed.
 */
static void
test_hash(void **state)
{
    (void)state;
    struct text links[] = {TEXT("x"), TEXT("y")};
    struct record record = {.table = TABLE_PERSON, .line = 1, .links = links, .link_count = 2};
    for (int at = 0; at < 8; at++) {
        record.values[at] = TEXT("v");
    }
    uint64_t hash = digest_hash(1, &record);
    assert_int_not_equal(hash, digest_hash(2, &record));
    record.line = 2;
    record.values[0] = TEXT("another id");
    assert_int_equal(hash, digest_hash(1, &record));
    for (int at = 1; at < 8; at++) {
        struct record other = record;
        other.values[at] = TEXT_NONE;
        uint64_t none = digest_hash(1, &other);
        other.values[at] = TEXT("");
        assert_int_not_equal(none, digest_hash(1, &other));
        other.values[at] = TEXT("w");
        assert_int_not_equal(hash, none);
        assert_int_not_equal(hash, digest_hash(1, &other));
    }
    record.values[2] = TEXT("vv"); /* where one ends and the next begins */
    record.values[3] = TEXT("");
    hash = digest_hash(1, &record);
    record.values[2] = TEXT("");
    record.values[3] = TEXT("vv");
    assert_int_not_equal(hash, digest_hash(1, &record));
    hash = digest_hash(1, &record);
    record.link_count = 1;
    assert_int_not_equal(hash, digest_hash(1, &record));
    links[0] = TEXT("y");
    record.link_count = 2;
    assert_int_not_equal(hash, digest_hash(1, &record));
    record.table = TABLE_ENROLLMENT;
    record.link_count = 0;
    hash = digest_hash(1, &record);
    record.values[6] = TEXT("2026-01-01");
    assert_int_not_equal(hash, digest_hash(1, &record));
}

static void
test_ids(void **state)
{
    (void)state;
    static struct bytes first, second;
    static char longest[LIMIT_ID_BYTES + 1];
    struct night night;
    for (size_t size = 1; size <= LIMIT_ID_BYTES; size++) {
        memset(longest, 'x', size);
        longest[size] = '\0';
        begin(&night, NULL, &first);
        (void)row(&night, DIGEST_PERSON, longest, 1);
        (void)row(&night, DIGEST_PERSON, "another", 2);
        assert_int_equal(end(&night), DIGEST_WRITTEN);
        begin(&night, &first, &second);
        assert_int_equal(row(&night, DIGEST_PERSON, longest, 1), DIGEST_SAME);
        longest[size - 1] = 'y';
        assert_int_equal(row(&night, DIGEST_PERSON, longest, 1), DIGEST_NEW);
        assert_string_equal(gone(&night, DIGEST_PERSON), "another ");
        (void)end(&night);
    }
}

/* Rows that are as they were may be added as runs. */
static void
test_runs(void **state)
{
    (void)state;
    static struct bytes first, second;
    struct night night;
    struct error error;
    struct digest_match all[100];
    char id[32];
    first_night(&first, 100);
    for (int changed = -1; changed < 100; changed += 50) {
        begin(&night, &first, &second);
        for (int at = 0; at < 100; at++) {
            uint64_t hash = at == changed ? 1 : 1000 + (uint64_t)at;
            assert_int_equal(digest_compare(night.last, DIGEST_PERSON,
                                            text_of(name(id, sizeof id, at)), hash, &all[at],
                                            &error),
                             0);
        }
        int from = 0;
        if (changed >= 0) {
            digest_draft_keep(night.draft, DIGEST_PERSON, all[0].place, all[changed].place,
                              (uint64_t)changed);
            digest_draft_add(night.draft, DIGEST_PERSON, text_of(name(id, sizeof id, changed)), 1,
                             &all[changed]);
            from = changed + 1;
        }
        if (from < 100) {
            digest_draft_keep(night.draft, DIGEST_PERSON, all[from].place, all[99].next,
                              (uint64_t)(100 - from));
        }
        assert_int_equal(row(&night, DIGEST_ENROLLMENT, "e", 7), DIGEST_SAME);
        assert_int_equal(end(&night), changed < 0 ? DIGEST_KEPT : DIGEST_WRITTEN);
        if (changed < 0) {
            continue;
        }
        begin(&night, &second, &first);
        for (int at = 0; at < 100; at++) {
            uint64_t hash = at == changed ? 1 : 1000 + (uint64_t)at;
            assert_int_equal(row(&night, DIGEST_PERSON, name(id, sizeof id, at), hash),
                             DIGEST_SAME);
        }
        assert_int_equal(row(&night, DIGEST_ENROLLMENT, "e", 7), DIGEST_SAME);
        assert_int_equal(end(&night), DIGEST_KEPT);
        first_night(&first, 100);
    }
    begin(&night, &first, &second);
    assert_int_equal(row(&night, DIGEST_ENROLLMENT, "e", 7), DIGEST_SAME);
    digest_draft_keep(night.draft, DIGEST_PERSON, 0, 0, 0); /* out of their order */
    assert_int_equal(end(&night), DIGEST_LOST);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_night),     cmocka_unit_test(test_changes),
        cmocka_unit_test(test_order),          cmocka_unit_test(test_long_runs),
        cmocka_unit_test(test_distrusts_more), cmocka_unit_test(test_twice),
        cmocka_unit_test(test_torn),           cmocka_unit_test(test_unusable),
        cmocka_unit_test(test_distrusted),     cmocka_unit_test(test_distrusted_limit),
        cmocka_unit_test(test_damage),         cmocka_unit_test(test_disk_full),
        cmocka_unit_test(test_hash),           cmocka_unit_test(test_ids),
        cmocka_unit_test(test_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
