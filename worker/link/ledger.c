/* Which duty follows from what a worker hears (ledger.h). */
#include "worker/link/ledger.h"

#include <string.h>

struct ledger_entry *ledger_find(const struct ledger *ledger, struct job_key key)
{
    struct ledger_entry *entry = NULL;
    /* uthash reads the key byte by byte, which the analyzer cannot follow through a struct */
    HASH_FIND(hh, ledger->entries, &key, sizeof key, entry); /* NOLINT(clang-analyzer-core*) */
    return entry;
}

/* Whether an entry before `end` waits for the same bundle, so that it has been asked for. */
static bool bundle_is_asked(const struct ledger *ledger, const char *digest,
                            const struct ledger_entry *end)
{
    for (const struct ledger_entry *entry = ledger->entries; entry != end; entry = entry->hh.next) {
        if (entry->state == LEDGER_WAITING && strcmp(entry->bundle, digest) == 0) {
            return true;
        }
    }
    return false;
}

enum ledger_duty ledger_add(struct ledger *ledger, struct ledger_entry *entry, bool bundle_here)
{
    entry->state = LEDGER_WAITING;
    HASH_ADD(hh, ledger->entries, try.key, sizeof entry->try.key, entry);
    if (bundle_here || entry->bundle[0] == '\0') {
        return DUTY_RUN;
    }
    return bundle_is_asked(ledger, entry->bundle, entry) ? DUTY_NONE : DUTY_ASK_BUNDLE;
}

enum ledger_duty ledger_repeat(const struct ledger_entry *entry)
{
    return entry->state == LEDGER_FINISHED ? DUTY_SEND_RESULT : DUTY_NONE;
}

enum ledger_duty ledger_bundle(const struct ledger_entry *entry, const char *digest)
{
    bool waits = entry->state == LEDGER_WAITING && strcmp(entry->bundle, digest) == 0;
    return waits ? DUTY_RUN : DUTY_NONE;
}

enum ledger_duty ledger_cancel(const struct ledger_entry *entry)
{
    if (entry == NULL || entry->state == LEDGER_FINISHED) {
        return DUTY_NONE; /* its result says how it ended */
    }
    return entry->state == LEDGER_WAITING ? DUTY_END_CANCELLED : DUTY_STOP;
}

enum ledger_duty ledger_acknowledge(const struct ledger_entry *entry)
{
    bool held = entry != NULL && entry->state == LEDGER_FINISHED;
    return held ? DUTY_FORGET : DUTY_NONE;
}

enum ledger_duty ledger_present(const struct ledger *ledger, const struct ledger_entry *entry)
{
    if (entry->state == LEDGER_FINISHED) {
        return DUTY_SEND_RESULT;
    }
    bool asks = entry->state == LEDGER_WAITING && !bundle_is_asked(ledger, entry->bundle, entry);
    return asks ? DUTY_ASK_BUNDLE : DUTY_NONE;
}

void ledger_started(struct ledger *ledger, struct ledger_entry *entry)
{
    entry->state = LEDGER_RUNNING;
    ledger->running++;
}

void ledger_ended(struct ledger *ledger, struct ledger_entry *entry)
{
    ledger->running -= entry->state == LEDGER_RUNNING;
    entry->state = LEDGER_FINISHED;
}

void ledger_forget(struct ledger *ledger, struct ledger_entry *entry)
{
    ledger->running -= entry->state == LEDGER_RUNNING;
    HASH_DEL(ledger->entries, entry);
}
