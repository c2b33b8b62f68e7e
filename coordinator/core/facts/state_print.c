/* The whole state as text, in order of ids. What is not printed here is derived. */
#include "coordinator/core/facts/state_print.h"

#include "coordinator/core/facts/event.h"
#include "coordinator/core/facts/intern.h"
#include "coordinator/core/facts/job.h"
#include "coordinator/core/facts/rollout.h"

static void print_set(const struct intern *intern, const char *label, uint32_t set,
                      struct buffer *out)
{
    if (set == INTERN_NONE) {
        return;
    }
    struct texts texts = intern_set_texts(intern, set);
    buffer_printf(out, " %s=[", label);
    for (size_t i = 0; i < texts.count; i++) {
        buffer_printf(out, "%s%s", i > 0 ? "," : "", texts.items[i]);
    }
    buffer_text_append(out, "]");
}

static void print_failure(const struct intern *intern, uint32_t number, struct buffer *out)
{
    const struct core_failure *failure = intern_failure_at(intern, number);
    if (failure != NULL) {
        buffer_printf(out, " failure={%s", failure->phase);
        layout_print(failure_layout(), &failure->failure, out);
        buffer_text_append(out, "}");
    }
}

static void print_workers(const struct core *core, struct buffer *out)
{
    for (uint32_t i = 0; i < core->worker_count; i++) {
        const struct worker *worker = &core->workers[i];
        buffer_printf(out, "worker %llu name=%s state=%s window=%u running=%u lost_ms=%llu\n",
                      (unsigned long long)worker->instance, worker->name,
                      worker_state_word(worker->state), worker->window, worker->running,
                      (unsigned long long)worker->lost_ms);
    }
    for (const struct job *job = job_next(core, 0); job != NULL;
         job = job_next(core, job->id + 1)) {
        buffer_printf(out, "job %llu kind=%d subject=%u attempt=%u epoch=%llu worker=%llu\n",
                      (unsigned long long)job->id, (int)job->kind, job->subject, job->attempt,
                      (unsigned long long)job->epoch, (unsigned long long)job->worker);
    }
}

static void print_source(const struct rollout *rollout, uint32_t number, struct buffer *out)
{
    const struct source *source = &rollout->sources[number];
    buffer_printf(out,
                  "source %u state=%d job=%llu attempt=%u tries=%u not_before_ms=%llu found=%u",
                  number, (int)source->state, (unsigned long long)source->job, source->attempt,
                  source->tries, (unsigned long long)source->not_before_ms, source->found);
    layout_print(source_definition_layout(), &source->definition, out);
    print_failure(&rollout->intern, source->failure, out);
    buffer_text_append(out, "\n");
}

static void print_target(const struct rollout *rollout, uint32_t number, struct buffer *out)
{
    const struct target *target = &rollout->targets[number];
    const struct server *server = &rollout->servers.items[target->server];
    buffer_printf(
        out,
        "target %u name=%s url=%s schema=%s password=%s state=%s job=%llu attempt=%u"
        " tries=%u not_before_ms=%llu path=%d wave=%u worker=%llu server=%s identity=%s"
        " windows=%x check=%u note=%s",
        number, target->name, target->url, target->schema, target->password,
        target_state_word((enum target_state)target->state), (unsigned long long)target->job,
        target->attempt, target->tries, (unsigned long long)target->not_before_ms,
        (int)target->path, target->wave, (unsigned long long)target->worker, server->key,
        target->identity == NUMBER_NONE ? "" : rollout->servers.identities[target->identity],
        target->windows, target->check, target->note);
    print_set(&rollout->intern, "labels", target->labels, out);
    print_set(&rollout->intern, "heads", target->heads, out);
    print_failure(&rollout->intern, target->failure, out);
    buffer_text_append(out, "\n");
}

static void print_paths(const struct rollout *rollout, struct buffer *out)
{
    for (uint32_t i = 0; i < rollout->path_count; i++) {
        const struct path *path = &rollout->paths[i];
        buffer_printf(out, "path %u targets=%u measured=%u sum_ms=%llu max_ms=%llu", i,
                      path->targets, path->measured, (unsigned long long)path->elapsed_sum_ms,
                      (unsigned long long)path->elapsed_max_ms);
        print_set(&rollout->intern, "from", path->from, out);
        print_set(&rollout->intern, "to", path->to, out);
        print_set(&rollout->intern, "steps", path->steps, out);
        buffer_text_append(out, "\n");
    }
}

static void print_wave(const struct rollout *rollout, uint32_t number, struct buffer *out)
{
    const struct wave *wave = &rollout->waves[number];
    buffer_printf(out,
                  "wave %u state=%s approved=%d targets=%u deployed=%u unchanged=%u failed=%u"
                  " skipped=%u forgiven=%u ramped=%u allowed=%u open=%u until_ms=%llu unchecked=%u"
                  " bad=%u",
                  number, wave_state_word(wave->state), wave->approved, wave->targets,
                  wave->deployed, wave->unchanged, wave->failed, wave->skipped, wave->forgiven,
                  wave->ramped, wave->allowed, wave->open, (unsigned long long)wave->until_ms,
                  wave->unchecked, wave->bad);
    layout_print(wave_definition_layout(), &wave->definition, out);
    buffer_text_append(out, "\n");
}

static void print_windows(const struct rollout *rollout, struct buffer *out)
{
    for (uint32_t i = 0; i < rollout->window_count; i++) {
        const struct window *window = &rollout->windows[i];
        buffer_printf(out, "window %u opens=%llu..%llu", i, (unsigned long long)window->opens_ms,
                      (unsigned long long)window->closes_ms);
        layout_print(window_definition_layout(), &window->definition, out);
        buffer_text_append(out, "\n");
    }
    for (uint32_t i = 0; i < rollout->throttle_count; i++) {
        buffer_printf(out, "throttle %u", i);
        layout_print(throttle_definition_layout(), &rollout->throttles[i].definition, out);
        buffer_text_append(out, "\n");
    }
}

static void print_steering(const struct rollout *rollout, struct buffer *out)
{
    for (uint32_t i = 0; i < rollout->hold_count; i++) {
        const struct hold *hold = &rollout->holds[i];
        buffer_printf(out, "hold %u scope=%s actor=%s reason=%s since_ms=%llu targets=%u now=%d\n",
                      i, hold->scope, hold->actor, hold->reason, (unsigned long long)hold->since_ms,
                      hold->targets, hold->now);
    }
    for (uint32_t i = 0; i < rollout->brake_count; i++) {
        const struct brake *brake = &rollout->brakes[i];
        buffer_printf(out, "brake %u key=%s count=%u servers=", i, brake->key, brake->count);
        for (uint32_t j = 0; j < brake->count; j++) {
            buffer_printf(out, "%u,", brake->servers[j]);
        }
        buffer_text_append(out, "\n");
    }
    for (uint32_t i = 0; i < rollout->servers.identity_count; i++) {
        const struct load *load = &rollout->servers.loads[i];
        buffer_printf(out,
                      "load %u probed_ms=%llu job=%llu cap=%u over=%d target=%u server=%u"
                      " reason=%s\n",
                      i, (unsigned long long)load->probed_ms, (unsigned long long)load->job,
                      load->cap, load->over, load->target, load->server, load->reason);
    }
}

static void print_rollout(const struct rollout *rollout, struct buffer *out)
{
    if (rollout->state == ROLLOUT_NONE) {
        return;
    }
    buffer_text_append(out, "rollout");
    layout_print(event_layout(EVENT_ROLLOUT_STARTED), &rollout->policy, out);
    buffer_printf(
        out,
        " state=%s phase=%s reason=%s digest=%s started_ms=%llu finished_ms=%llu"
        " left_out=%u passed=%u to_do=%u seen=%llu gone=%llu unrecorded=%u forgiven=%u/%d open=%u "
        "failed_sources=%u"
        " waves_started=%u waves_running=%u now=%d limit=%d rollback=%d/%s/%s listed_ms=%llu"
        " found_new=%u listed_at_end=%d\n",
        rollout_state_word(rollout->state), rollout_state_word(rollout_phase(rollout)),
        rollout->reason, rollout->digest, (unsigned long long)rollout->started_ms,
        (unsigned long long)rollout->finished_ms, rollout->left_out, rollout->passed,
        rollout->to_do, (unsigned long long)rollout->seen, (unsigned long long)rollout->gone,
        rollout->unrecorded, rollout->forgiven, rollout->paused_over_budget, rollout->sources_open,
        rollout->sources_failed, rollout->waves_started, rollout->waves_running,
        rollout->paused_now, rollout->paused_at_limit, rollout->rollback_wanted,
        rollout->rollback_actor, rollout->rollback_reason, (unsigned long long)rollout->listed_ms,
        rollout->found_new, rollout->listed_at_end);
    print_paths(rollout, out);
    for (uint32_t i = 0; i < rollout->wave_count; i++) {
        print_wave(rollout, i, out);
    }
    print_windows(rollout, out);
    print_steering(rollout, out);
    for (uint32_t i = 0; i < rollout->source_count; i++) {
        print_source(rollout, i, out);
    }
    for (uint32_t i = 0; i < rollout->servers.count; i++) {
        uint32_t identity = rollout->servers.items[i].identity;
        buffer_printf(out, "server %u key=%s identity=%s\n", i, rollout->servers.items[i].key,
                      identity == NUMBER_NONE ? "" : rollout->servers.identities[identity]);
    }
    for (uint32_t i = 0; i < rollout->target_count; i++) {
        print_target(rollout, i, out);
    }
}

void core_state_print(const struct core *core, struct buffer *out)
{
    buffer_printf(out, "core epoch=%llu last_job=%llu\n", (unsigned long long)core->epoch,
                  (unsigned long long)core->last_job);
    print_workers(core, out);
    print_rollout(&core->rollout, out);
    print_rollout(&core->kept, out);
    for (uint32_t i = 0; i < core->summary_count; i++) {
        const struct rollout_summary *summary = &core->summaries[i];
        buffer_printf(out,
                      "summary %s verb=%s spec=%s state=%s actor=%s started_ms=%llu"
                      " finished_ms=%llu targets=%u deployed=%u unchanged=%u failed=%u\n",
                      summary->rollout, summary->verb, summary->spec,
                      rollout_state_word(summary->state), summary->actor,
                      (unsigned long long)summary->started_ms,
                      (unsigned long long)summary->finished_ms, summary->targets, summary->deployed,
                      summary->unchanged, summary->failed);
    }
}
