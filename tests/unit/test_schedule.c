/* When something is due. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "schedule.h"

static const struct schedule_policy policy = {
    .jitter = 0.1, .retry_min_s = 30, .retry_max_s = 3600};

static void
assert_near(double value, double wanted)
{
    if (fabs(value - wanted) > 1e-6) {
        fail_msg("%g is not %g", value, wanted);
    }
}

static void
test_polls_keep_their_interval(void **state)
{
    (void)state;
    assert_near(schedule_poll_s(&policy, 900, 0), 810);
    assert_near(schedule_poll_s(&policy, 900, 0.5), 900);
    assert_true(schedule_poll_s(&policy, 900, 0.9999) < 990);
}

static void
test_a_start_calls_nobody_at_once(void **state)
{
    (void)state;
    /* few districts: within moments; 13,000: within five minutes; never later than the interval */
    assert_true(schedule_first_s(900, 3, 0.99) < 0.1);
    assert_true(schedule_first_s(900, 13000, 0.99) > 280);
    assert_true(schedule_first_s(900, 13000, 0.99) < 300);
    assert_true(schedule_first_s(60, 13000, 0.99) < 60);
}

static void
test_retries_double_up_to_the_limit(void **state)
{
    (void)state;
    assert_near(schedule_retry_s(&policy, 1, 0.5), 30);
    assert_near(schedule_retry_s(&policy, 2, 0.5), 60);
    assert_near(schedule_retry_s(&policy, 5, 0.5), 480);
    assert_near(schedule_retry_s(&policy, 9, 0.5), 3600);
    assert_near(schedule_retry_s(&policy, 4000000, 0.5), 3600);
}

static void
test_a_failing_poll_is_never_rarer_than_the_interval(void **state)
{
    (void)state;
    assert_near(schedule_repoll_s(&policy, 900, CAUSE_SFTP_CONNECT, 1, 0.5), 30);
    assert_near(schedule_repoll_s(&policy, 900, CAUSE_SFTP_CONNECT, 20, 0.5), 900);
    assert_near(schedule_repoll_s(&policy, 10, CAUSE_SFTP_CONNECT, 1, 0.5), 10);
    /* what a person must mend is not tried more often: accounts get locked that way */
    assert_near(schedule_repoll_s(&policy, 900, CAUSE_SFTP_AUTH, 1, 0.5), 900);
}

static void
test_who_must_act(void **state)
{
    (void)state;
    assert_true(schedule_is_failing(CAUSE_SFTP_AUTH, 1));
    assert_true(schedule_is_failing(CAUSE_SFTP_HOSTKEY_CHANGED, 1));
    assert_true(schedule_is_failing(CAUSE_ROSTER_HEADER, 1));
    assert_false(schedule_is_failing(CAUSE_SFTP_STALLED, 1));
    assert_false(schedule_is_failing(CAUSE_SFTP_STALLED, SCHEDULE_PATIENCE - 1));
    assert_true(schedule_is_failing(CAUSE_SFTP_STALLED, SCHEDULE_PATIENCE));
    assert_false(schedule_is_failing(CAUSE_DB_UNAVAILABLE, 1));
}

static void
test_late(void **state)
{
    (void)state;
    assert_false(schedule_is_late(10000, 9000, 0, 900));
    assert_false(schedule_is_late(10000, 10000 - 2699, 0, 900));
    assert_true(schedule_is_late(10000, 10000 - 2701, 0, 900));
    assert_false(schedule_is_late(10000, 9800, 0, 1)); /* five minutes at least */
    assert_true(schedule_is_late(10000, 0, 9000, 1));  /* never polled since it is on */
}

static void
test_restarts_slow_down(void **state)
{
    (void)state;
    struct restart restart = {.count = 0};
    assert_near(restart_delay_s(&restart, 1000), 0);
    assert_near(restart_delay_s(&restart, 1001), 0.5);
    assert_near(restart_delay_s(&restart, 1002), 1);
    assert_near(restart_delay_s(&restart, 1003), 2);
    for (int death = 0; death < 20; death++) {
        assert_true(restart_delay_s(&restart, 1010 + death) <= 30);
    }
    assert_near(restart_delay_s(&restart, 2000), 0); /* long ago is forgiven */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_polls_keep_their_interval),
        cmocka_unit_test(test_a_start_calls_nobody_at_once),
        cmocka_unit_test(test_retries_double_up_to_the_limit),
        cmocka_unit_test(test_a_failing_poll_is_never_rarer_than_the_interval),
        cmocka_unit_test(test_who_must_act),
        cmocka_unit_test(test_late),
        cmocka_unit_test(test_restarts_slow_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
