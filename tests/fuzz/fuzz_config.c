/* Fuzzing the configuration: any bytes give a configuration or diagnostics, and no text of the
 * environment shows up in them. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buffer.h"
#include "common/config/config.h"

static const char secret[] = "p0stgresSecretValue";

static const char *environment(const char *name)
{
    return strcmp(name, "UNSET") != 0 ? secret : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The fuzzer learns the secret from our own search for it and writes it into the input. */
static bool holds_secret(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i + sizeof secret - 1 <= size; i++) {
        if (memcmp(data + i, secret, sizeof secret - 1) == 0) {
            return true;
        }
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct diagnostics diagnostics = {0};
    struct buffer shown = {0};
    struct config *config =
        config_parse("etc/drover.yaml", (const char *)data, size, environment, &diagnostics);
    diagnostics_print(&diagnostics, &shown);
    if ((config == NULL) != (diagnostics.error_count > 0) ||
        (!holds_secret(data, size) &&
         holds_secret((const uint8_t *)buffer_text(&shown), shown.length))) {
        abort();
    }
    if (config != NULL && (config->fleet.sources.count == 0 || config->fleet.waves.count == 0)) {
        abort();
    }
    config_free(config);
    buffer_free(&shown);
    diagnostics_free(&diagnostics);
    return 0;
}
