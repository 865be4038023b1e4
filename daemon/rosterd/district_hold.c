/*
 * A run that is held, and the approval that ends it. The database says both, each time the row is
 * read; here is only what follows: the approved file is staged again, from the spool or, when it is
 * not there (another daemon held it, or the disk was lost), from the drop.
 */
#include "district_private.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

void
district_take_hold(struct district *district, const struct district_row *row)
{
    char path[SPOOL_PATH_SIZE];
    district->is_held = row->held_run != 0 && row->approved_run == 0;
    district->has_approval = row->approved_run != 0;
    run_file_free(&district->approved);
    if (district->waits_for_hold && row->held_run == 0) {
        district->waits_for_hold = false;
        district->retry_at = clock_steady();
    }
    if (!district->has_approval) {
        district->approval_at = 0;
        district->approval_problem = (struct problem){.cause = CAUSE_NONE};
        return;
    }
    if (row->approved_file_name == NULL || row->approved_sha256 == NULL) {
        return;
    }
    spool_path(district->tools->spool, row->slug, row->approved_sha256, path);
    if (run_file_copy(&(struct run_file){.name = (char *)(uintptr_t)row->approved_file_name,
                                         .size = row->approved_file_size,
                                         .mtime = row->approved_file_mtime,
                                         .sha256 = (char *)(uintptr_t)row->approved_sha256,
                                         .path = path},
                      &district->approved) != 0) {
        district->has_approval = false; /* the next reading tries again */
    }
}

/* Forgets what the run had, and what is approved till the row is read again. */
static void
forget_carried(struct district *district)
{
    if (district->carried.path != NULL) {
        spool_release(district->tools->spool, district->carried.path);
    }
    run_file_free(&district->carried);
    run_file_free(&district->approved);
    district->has_approval = false;
}

static void
try_again_in(struct district *district, double delay_s)
{
    district->approval_at = clock_steady() + delay_s;
}

/* It could not be carried out: said, and tried again as often as a poll. */
void
district_retry_approval(struct district *district, const struct error *error)
{
    const struct config *config = district->tools->run.config;
    const struct schedule_policy rules = {.jitter = config->schedule.jitter_percent / 100.0,
                                          .retry_min_s = config->schedule.retry_min_s,
                                          .retry_max_s = config->schedule.retry_max_s};
    bool is_new = district->approval_problem.cause != error->cause;
    district_set_problem(&district->approval_problem, error);
    double delay_s = schedule_repoll_s(&rules, district->settings->row.poll_every_s, error->cause,
                                       district->approval_problem.failures, clock_chance());
    try_again_in(district, fmax(delay_s, rules.retry_min_s));
    LOG(is_new ? LEVEL_WARNING : LEVEL_DEBUG, "an approved run cannot be carried out yet",
        F_TEXT("district", district->settings->row.slug), F_TEXT("cause", cause_word(error->cause)),
        F_TEXT("owner", error_owner_word(cause_owner(error->cause))), F_TEXT("detail", error->text),
        F_INT("retry_ms", delay_s * 1000.0));
}

/* --- the run --------------------------------------------------------------------------------- */

static void
begin_run(struct district *district)
{
    bool has_file = district->approved.name != NULL;
    if (has_file && run_file_copy(&district->approved, &district->carried) != 0) {
        struct error error;
        (void)error_set(&error, CAUSE_MEMORY, "no memory for a file");
        district_retry_approval(district, &error);
        district_decide(district);
        return;
    }
    if (has_file) {
        spool_hold(district->tools->spool, district->carried.path);
    }
    district->is_approval = true;
    district_begin_run(district, has_file ? &district->carried : NULL);
}

bool
district_end_approval(struct district *district, const struct run_end *end)
{
    bool is_good = end->view != NULL && end->error.cause == CAUSE_NONE;
    bool is_applied = is_good && strcmp(end->state, "done") == 0;
    run_file_free(&district->settling);
    if (is_good) {
        district->approval_problem = (struct problem){.cause = CAUSE_NONE};
        district->run_problem = (struct problem){.cause = CAUSE_NONE};
        /* a preview has decided nothing: not again at once */
        try_again_in(district, fmax(district->settings->row.poll_every_s, 1.0));
        district->is_held = strcmp(end->state, "held") == 0;
        district->last_success_at = is_applied ? clock_now() : district->last_success_at;
        is_applied = is_applied && district->carried.name != NULL &&
                     run_file_copy(&district->carried, &district->settling) == 0;
        forget_carried(district);
        return is_applied;
    }
    if (end->was_cancelled || end->error.cause == CAUSE_LEASE_LOST ||
        end->error.cause == CAUSE_DAEMON_STOPPED) {
        try_again_in(district, 1.0); /* if the row still says so then */
        forget_carried(district);
        return false;
    }
    forget_carried(district);
    district_retry_approval(district, &end->error);
    return false;
}

/* --- the file -------------------------------------------------------------------------------- */

static void
on_brought(void *context, const struct fetch_end *end)
{
    struct district *district = context;
    district->job = NULL;
    district_move(district, DISTRICT_IDLE);
    bool is_wanted =
        district_is_on(district) && district->approved.name != NULL && district->left == NULL;
    if (end->event != NULL) {
        district_fetched(district, &district->approved);
    }
    if (end->event != NULL && is_wanted) {
        begin_run(district);
        return;
    }
    if (!end->was_cancelled && is_wanted) {
        district_retry_approval(district, &end->error);
    }
    district_decide(district);
}

static json_t *
on_bring_turn(void *context, struct error *reterr)
{
    const struct district *district = context;
    if (district->approved.name == NULL) {
        (void)error_set(reterr, CAUSE_SFTP_CANCELLED, "the approval has gone");
        return NULL;
    }
    return district_bring_message(district, reterr);
}

static void
bring(struct district *district)
{
    const struct district_row *row = &district->settings->row;
    struct error error;
    if (row->host == NULL) {
        (void)error_set(&error, CAUSE_FILE_GONE, "and %s has no source any more", row->slug);
    } else {
        district_move(district, DISTRICT_BRINGING);
        district->job = fetcher_submit(
            district->tools->fetcher,
            &(struct fetch_request){.host = row->host,
                                    .message = on_bring_turn,
                                    .total_s = district->tools->run.config->deadlines.fetch_s,
                                    .on_progress = district_on_progress,
                                    .on_end = on_brought,
                                    .context = district});
        (void)error_set(&error, CAUSE_MEMORY, "no memory for a download");
    }
    if (district->job == NULL) {
        district_move(district, DISTRICT_IDLE);
        district_retry_approval(district, &error);
        district_decide(district);
        return;
    }
    district_changed(district);
}

void
district_begin_approval(struct district *district)
{
    if (district->approved.name == NULL || access(district->approved.path, R_OK) == 0) {
        begin_run(district);
    } else {
        bring(district);
    }
}
