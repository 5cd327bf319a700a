#pragma once

#include "engine/emulator/cpu/cpu.h"
#include "engine/emulator/cpu/event_trace.h"

namespace dormouse::emulator {

inline bool is_traced(Cpu const& cpu, TraceKind kind)
{
    return cpu.trace && cpu.trace->wants(kind);
}

// Costs two loads while nobody asks for that kind.
inline void trace_event(Cpu const& cpu, TraceKind kind, TraceEvent event, uint64_t a, uint64_t b = 0, uint64_t c = 0)
{
    if (is_traced(cpu, kind)) [[unlikely]]
        cpu.trace->record(cpu.index, kind, event, a, b, c);
}

}
