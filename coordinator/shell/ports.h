/* What the core of a pump asks while it decides. */
#ifndef DROVER_SHELL_PORTS_H
#define DROVER_SHELL_PORTS_H

struct core;
struct pump;

/* A core that asks this pump. */
struct core *pump_core_create(struct pump *pump);

#endif
