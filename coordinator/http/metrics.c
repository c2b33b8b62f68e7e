/* Metrics in Prometheus' text format: few series, and none for each target, whatever the size of the fleet. */
#include <inttypes.h>
#include <string.h>

#include "common/json/json.h"
#include "coordinator/http/exchange.h"
#include "coordinator/http/gateway.h"
#include "coordinator/http/relay.h"
#include "coordinator/http/route.h"

static const char text_type[] = "text/plain; version=0.0.4; charset=utf-8";

/* HELP and TYPE of what follows. */
static void metric_begin(struct buffer *out, const char *name, const char *type, const char *help)
{
    buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void gauge(struct buffer *out, const char *name, const char *help, double value)
{
    metric_begin(out, name, "gauge", help);
    buffer_printf(out, "%s %.15g\n", name, value);
}

/* One series for each word: 1 for the one that holds. */
static void states(struct buffer *out, const char *name, const char *help,
                   const struct words *words, unsigned state)
{
    metric_begin(out, name, "gauge", help);
    for (unsigned i = 0; i < words->count; i++) {
        buffer_printf(out, "%s{state=\"%s\"} %d\n", name, words->items[i], i == state);
    }
}

static void targets_append(struct buffer *out, const struct counts *counts)
{
    const struct layout *layout = counts_layout();
    gauge(out, "drover_targets", "Targets of the rollout.", counts->targets);
    metric_begin(out, "drover_targets_by_state", "gauge", "Targets of the rollout, by state.");
    for (size_t i = 0; i < layout->field_count; i++) {
        const struct field *field = &layout->fields[i];
        if (strcmp(field->name, "targets") != 0) {
            buffer_printf(out, "drover_targets_by_state{state=\"%s\"} %" PRIu32 "\n", field->name,
                          *(const uint32_t *)field_at(field, counts));
        }
    }
}

static void waves_append(struct buffer *out, const struct wave_status_list *waves)
{
    metric_begin(out, "drover_waves", "gauge", "Waves of the rollout, by state.");
    for (unsigned state = WAVE_WAITING; state < wave_state_words.count; state++) {
        size_t count = 0;
        for (size_t i = 0; i < waves->count; i++) {
            count += (unsigned)waves->items[i].state == state;
        }
        buffer_printf(out, "drover_waves{state=\"%s\"} %zu\n", wave_state_words.items[state],
                      count);
    }
}

static void workers_append(struct buffer *out, const struct worker_status_list *workers)
{
    uint64_t credit = 0;
    uint64_t running = 0;
    for (size_t i = 0; i < workers->count; i++) {
        credit += workers->items[i].credit;
        running += workers->items[i].running;
    }
    gauge(out, "drover_workers", "Workers that are connected.", (double)workers->count);
    gauge(out, "drover_workers_credit", "Jobs that they take at once.", (double)credit);
    gauge(out, "drover_workers_jobs", "Jobs that they have in hand.", (double)running);
}

static void outages_append(struct buffer *out, const struct outage_status_list *outages)
{
    size_t servers = 0;
    uint64_t waiting = 0;
    for (size_t i = 0; i < outages->count; i++) {
        servers += outages->items[i].worker[0] == '\0';
        waiting += outages->items[i].targets;
    }
    gauge(out, "drover_servers_unreachable", "Database servers that nobody reaches.",
          (double)servers);
    gauge(out, "drover_workers_blind", "Workers that do not reach what others may.",
          (double)(outages->count - servers));
    gauge(out, "drover_targets_waiting_for_server", "Targets that wait until their server is back.",
          (double)waiting);
}

static void rollout_append(struct buffer *out, const struct message_progress *progress)
{
    const struct rollout_status *status = &progress->status;
    states(out, "drover_rollout_state", "State of the rollout: 1 for the one it is in.",
           &rollout_state_words, status->state);
    gauge(out, "drover_rollout_started_timestamp_seconds",
          "When the rollout began; 0: there was none.", (double)status->started_ms / 1000.0);
    gauge(out, "drover_rollout_finished_timestamp_seconds", "When it ended; 0: it has not.",
          (double)status->finished_ms / 1000.0);
    gauge(out, "drover_rollout_paused_by_person",
          "1 while nothing but `resume` lets the rollout go on.",
          progress->pause.paused_ms != 0 && progress->pause.until_resumed);
    gauge(out, "drover_rollout_waits_until_timestamp_seconds",
          "When it goes on by itself, while it waits; 0: it does not wait, or for a person.",
          (double)progress->wait.until_ms / 1000.0);
}

static void metrics_answered(struct exchange *exchange, const struct message *message)
{
    const struct message_progress *progress = &message->progress;
    struct buffer out = {0};
    metric_begin(&out, "drover_build_info", "gauge", "The version of the coordinator.");
    buffer_text_append(&out, "drover_build_info{version=\"" DROVER_VERSION "\"} 1\n");
    rollout_append(&out, progress);
    targets_append(&out, &progress->counts);
    waves_append(&out, &progress->waves);
    workers_append(&out, &progress->workers);
    outages_append(&out, &progress->outages);
    gauge(&out, "drover_servers_throttled", "Database servers over a threshold of a throttle.",
          (double)progress->servers.count);
    gauge(&out, "drover_orphans", "Deploys of lost workers whose sessions may still commit.",
          (double)progress->orphans.count);
    gauge(&out, "drover_holds", "Pauses of a part of the rollout.", (double)progress->holds.count);
    exchange_reply(exchange, HTTP_OK, text_type, &out);
}

void page_metrics(struct gateway *gateway, struct exchange *exchange)
{
    struct message watch = {.type = MESSAGE_WATCH, .watch = {.rollout = ""}};
    relay_ask(gateway, exchange, &watch, MESSAGE_PROGRESS, metrics_answered);
}
