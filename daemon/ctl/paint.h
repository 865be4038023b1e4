/*
 * Colour for the eye; it never carries meaning alone, the word beside it does.
 */
#ifndef ROSTERCTL_PAINT_H
#define ROSTERCTL_PAINT_H

#include <stdbool.h>

enum paint {
    PAINT_PLAIN,
    PAINT_STRONG, /* headings, names */
    PAINT_GOOD,
    PAINT_CARE, /* somebody may look, or it mends itself */
    PAINT_BAD,  /* somebody must act */
    PAINT_QUIET,
    PAINT_COUNT
};

struct painter {
    bool is_on;
};

enum paint_choice { PAINT_AUTO, PAINT_ALWAYS, PAINT_NEVER };

/* Decides whether there is colour: asked for, or a terminal without NO_COLOR. */
struct painter painter_choose(enum paint_choice choice);

/* printf to stdout in a colour. */
void paint_print(const struct painter *painter, enum paint paint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The colour that goes with a word of health, a run's state, or a check's verdict. */
enum paint paint_of_word(const char *word);

#endif
