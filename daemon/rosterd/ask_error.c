#include "ask.h"

json_t *
ask_error(enum cause cause, const char *message, const char *hint)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "code", cause_word(cause), "message", message, "hint",
                     hint, "owner", error_owner_word(cause_owner(cause)));
}
