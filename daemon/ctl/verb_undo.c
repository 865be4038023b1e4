/* undo: what a run removed or changed is put back, or with --preview would be. */
#include "answer.h"
#include "show.h"
#include "table.h"
#include "verbs.h"
#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UNDO_TIMEOUT_MS = 60000 };

static void
print_changes(const struct ctl *ctl, const json_t *answer)
{
    static const char *const headings[] = {">ROWS", "OF", "VERDICT", "WHY", NULL};
    struct table *table = table_new(headings);
    size_t index = 0;
    json_t *change = NULL;
    json_array_foreach(json_object_get(answer, "changes"), index, change)
    {
        char rows[WORDS_SIZE];
        (void)snprintf(rows, sizeof rows, "%" JSON_INTEGER_FORMAT, get_count(change, "count"));
        table_add(table, PAINT_PLAIN, rows);
        table_add(table, PAINT_PLAIN, get_text(change, "relation", ""));
        table_add(table, PAINT_STRONG, get_text(change, "verdict", ""));
        table_add(table, PAINT_PLAIN, get_text(change, "why", ""));
    }
    if (index == 0) {
        printf("The run removed and changed nothing.\n");
    } else {
        table_print(table, &ctl->painter, 0, false);
    }
    table_free(table);
}

static bool
puts_anything_back(const json_t *answer)
{
    size_t index = 0;
    json_t *change = NULL;
    json_array_foreach(json_object_get(answer, "changes"), index, change)
    {
        if (strcmp(get_text(change, "verdict", ""), "left") != 0) {
            return true;
        }
    }
    return false;
}

static void
print_undo(const struct ctl *ctl, const json_t *answer)
{
    json_int_t run = get_count(answer, "run_id");
    print_changes(ctl, answer);
    if (!puts_anything_back(answer)) {
        puts("There is nothing to put back.");
        return;
    }
    if (get_truth(answer, "preview")) {
        printf("Nothing was changed yet.\n-> rosterctl undo %" JSON_INTEGER_FORMAT "\n", run);
        return;
    }
    printf("Run %" JSON_INTEGER_FORMAT " of %s was undone by run %" JSON_INTEGER_FORMAT
           ". What was put back stays until the SIS says something new about it.\n"
           "-> rosterctl run %" JSON_INTEGER_FORMAT "\n",
           run, get_text(answer, "slug", "the district"), get_count(answer, "undo_run_id"),
           get_count(answer, "undo_run_id"));
}

enum ctl_exit
verb_undo(const struct ctl *ctl)
{
    json_t *answer = NULL;
    bool is_preview = (ctl->options->given & OPTION_PREVIEW) != 0;
    char *target = answer_target("/v1/runs/%s/undo", ctl->options->words[0]);
    json_t *body = json_pack("{s:b}", "preview", is_preview);
    struct question question = {.door = DOOR_CONTROL,
                                .target = target,
                                .body = body,
                                .timeout_default_ms = UNDO_TIMEOUT_MS};
    if (target == NULL || body == NULL) {
        json_decref(body);
        free(target);
        return CTL_REFUSED;
    }
    enum ctl_exit code = answer_get(ctl, &question, &answer);
    free(target);
    if (code == CTL_DONE && ctl->options->is_json) {
        answer_print_json(answer);
    } else if (code == CTL_DONE) {
        print_undo(ctl, answer);
    }
    json_decref(answer);
    return code;
}
