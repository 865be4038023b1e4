#include "paint.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const codes[PAINT_COUNT] = {
    [PAINT_PLAIN] = "",        [PAINT_STRONG] = "\033[1m", [PAINT_GOOD] = "\033[32m",
    [PAINT_CARE] = "\033[33m", [PAINT_BAD] = "\033[1;31m", [PAINT_QUIET] = "\033[2m",
};

struct painter
painter_choose(enum paint_choice choice)
{
    if (choice != PAINT_AUTO) {
        return (struct painter){.is_on = choice == PAINT_ALWAYS};
    }
    const char *no_color = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    bool is_refused = no_color != NULL && *no_color != '\0';
    bool is_dumb = terminal == NULL || strcmp(terminal, "dumb") == 0;
    return (struct painter){.is_on = !is_refused && !is_dumb && isatty(STDOUT_FILENO) == 1};
}

void
paint_print(const struct painter *painter, enum paint paint, const char *format, ...)
{
    bool is_painted = painter->is_on && paint != PAINT_PLAIN;
    if (is_painted) {
        fputs(codes[paint], stdout);
    }
    va_list args;
    va_start(args, format);
    (void)vprintf(format, args);
    va_end(args);
    if (is_painted) {
        fputs("\033[0m", stdout);
    }
}

enum paint
paint_of_word(const char *word)
{
    static const struct {
        const char *word;
        enum paint paint;
    } words[] = {
        {"ok", PAINT_GOOD},        {"working", PAINT_GOOD},     {"done", PAINT_GOOD},
        {"unchanged", PAINT_GOOD}, {"previewed", PAINT_GOOD},   {"late", PAINT_CARE},
        {"retrying", PAINT_CARE},  {"unknown", PAINT_CARE},     {"interrupted", PAINT_CARE},
        {"cancelled", PAINT_CARE}, {"held", PAINT_BAD},         {"failing", PAINT_BAD},
        {"failed", PAINT_BAD},     {"rejected", PAINT_BAD},     {"refused", PAINT_CARE},
        {"paused", PAINT_CARE},    {"off", PAINT_QUIET},        {"on", PAINT_PLAIN},
        {"OK", PAINT_GOOD},        {"WARNING", PAINT_CARE},     {"FAILED", PAINT_BAD},
        {"CRITICAL", PAINT_BAD},   {"superseded", PAINT_QUIET}, {"error", PAINT_BAD},
        {"warning", PAINT_CARE},
    };
    for (size_t index = 0; index < sizeof words / sizeof *words; index++) {
        if (strcmp(words[index].word, word) == 0) {
            return words[index].paint;
        }
    }
    return PAINT_PLAIN;
}
