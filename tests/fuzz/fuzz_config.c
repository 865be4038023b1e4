/* Any text as the configuration: taken, or an error that says where. */
#include "fuzz.h"

#include "config.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config config;
    struct error error = {.cause = CAUSE_NONE};
    char *text = calloc(1, size + 1);
    PROMISE(text != NULL);
    if (size > 0) {
        memcpy(text, data, size);
    }
    if (config_parse(text, "c", &config, &error) == 0) {
        struct config same;
        char fixed[64];
        PROMISE(config.database.conninfo != NULL && config.workers.stage >= 1);
        PROMISE(config.workers.stage <= CONFIG_SLOTS_MAX && config.lease.ttl_s > 0);
        PROMISE(config_parse(text, "c", &same, NULL) == 0);
        config_reload(&config, &same, fixed, sizeof fixed);
        PROMISE(fixed[0] == '\0');
        config_deinit(&same);
        config_deinit(&config);
    } else {
        PROMISE(error.cause == CAUSE_CONFIG_INVALID && strncmp(error.text, "c:", 2) == 0);
    }
    free(text);
    return 0;
}
