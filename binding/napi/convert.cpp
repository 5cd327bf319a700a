#include "napi/convert.h"

#include "base/overloaded.h"
#include "base/sys/mapping.h"
#include "machine/machine_builder.h"
#include "machine/memory_layout.h"

#include <cinttypes>
#include <cstdio>
#include <cstring>

namespace dormouse::napi {

static std::string text_of(Napi::Object const& object, char const* key)
{
    return object.Get(key).As<Napi::String>().Utf8Value();
}

machine::Policy to_policy(Napi::Object const& config)
{
    machine::Policy policy;
    auto const rules = config.Get("policy").As<Napi::Object>();
    for (size_t kind = 0; kind < policy.rules.size(); ++kind) {
        auto const rule = rules.Get(std::string { firmware::kSystemCallNames[kind] });
        if (!rule.IsString())
            continue;
        auto const name = rule.As<Napi::String>().Utf8Value();
        policy.rules[kind] = name == "deny" ? machine::PolicyRule::Deny
            : name == "ask"                 ? machine::PolicyRule::Ask
                                            : machine::PolicyRule::Allow;
    }
    policy.timeout = std::chrono::milliseconds { config.Get("policyTimeoutMs").As<Napi::Number>().Int64Value() };
    policy.allow_by_default = text_of(config, "policyDefault") == "allow";
    return policy;
}

machine::MachineConfig to_config(Napi::Object const& object)
{
    machine::MachineConfig config;
    config.engine = text_of(object, "engine");
    config.cpu_profile = text_of(object, "cpuProfile");
    config.jit = text_of(object, "jit") == "on";
    config.perf_map = object.Get("perfMap").As<Napi::Boolean>();
    if (object.Get("counterFrequencyHz").IsNumber())
        config.counter_frequency_hz
            = static_cast<uint64_t>(object.Get("counterFrequencyHz").As<Napi::Number>().Int64Value());
    config.cpus = object.Get("cpus").As<Napi::Number>().Uint32Value();
    config.memory_bytes = static_cast<uint64_t>(object.Get("memoryBytes").As<Napi::Number>().DoubleValue());
    config.kernel = text_of(object, "kernel");
    if (object.Get("initrd").IsString())
        config.initrd = text_of(object, "initrd");
    config.command_line = text_of(object, "commandLine");
    config.psci_version
        = firmware::psci::version_from_name(text_of(object, "psciVersion")).value_or(config.psci_version);
    config.idle_states
        = firmware::psci::idle_states_from_name(text_of(object, "idleStates")).value_or(config.idle_states);
    config.sdei = object.Get("sdei").As<Napi::Boolean>();
    auto const events = object.Get("sdeiEvents").As<Napi::Array>();
    for (uint32_t i = 0; i < events.Length(); ++i)
        config.sdei_events.push_back(events.Get(i).As<Napi::Number>().Uint32Value());
    config.on_reset = text_of(object, "onReset") == "stop" ? machine::OnReset::Stop : machine::OnReset::Reboot;
    config.wall_clock_offset_seconds = object.Get("wallClockOffsetSeconds").As<Napi::Number>().Int64Value();
    if (object.Get("seed").IsNumber())
        config.seed = static_cast<uint64_t>(object.Get("seed").As<Napi::Number>().DoubleValue());
    config.policy = to_policy(object);
    return config;
}

static machine::SlotChange to_slot_change(Napi::Object const& object)
{
    using Kind = machine::SlotChange::Kind;
    static constexpr std::pair<char const*, Kind> kKinds[] { { "add", Kind::Add }, { "remove", Kind::Remove },
        { "move", Kind::Move }, { "resize", Kind::Resize }, { "flags", Kind::SetFlags } };
    auto const bytes_of = [&](char const* key) {
        auto const value = object.Get(key);
        return value.IsNumber() ? static_cast<uint64_t>(value.As<Napi::Number>().DoubleValue()) : 0;
    };
    auto const flag = [&](char const* key) { return object.Get(key).ToBoolean().Value(); };
    machine::SlotChange change;
    auto const name = text_of(object, "kind");
    for (auto const& [text, kind] : kKinds)
        if (name == text)
            change.kind = kind;
    change.name = text_of(object, "name");
    bool lossless = true;
    if (object.Get("base").IsBigInt())
        change.base = object.Get("base").As<Napi::BigInt>().Uint64Value(&lossless);
    change.bytes = bytes_of("bytes");
    change.maximum_bytes = bytes_of("maximumBytes");
    change.flags = { flag("readOnly"), flag("logDirty") };
    return change;
}

std::vector<machine::SlotChange> to_slot_changes(Napi::Array const& array)
{
    std::vector<machine::SlotChange> changes;
    for (uint32_t i = 0; i < array.Length(); ++i)
        changes.push_back(to_slot_change(array.Get(i).As<Napi::Object>()));
    return changes;
}

Napi::Value to_bytes(Napi::Env env, std::vector<uint8_t> const& bytes)
{
    auto array = Napi::Uint8Array::New(env, bytes.size());
    if (!bytes.empty())
        std::memcpy(array.Data(), bytes.data(), bytes.size());
    return array;
}

static Napi::Value to_js(Napi::Env env, std::vector<std::string> const& lines)
{
    auto array = Napi::Array::New(env, lines.size());
    for (uint32_t i = 0; i < lines.size(); ++i)
        array.Set(i, lines[i]);
    return array;
}

static Napi::Object to_js(Napi::Env env, machine::CrashReport const& report)
{
    auto registers = Napi::Object::New(env);
    for (auto const& [name, value] : report.registers) {
        char text[24];
        std::snprintf(text, sizeof(text), "0x%016" PRIx64, value);
        registers.Set(name, Napi::String::New(env, text));
    }
    auto object = Napi::Object::New(env);
    object.Set("message", report.message);
    object.Set("vcpu", Napi::Number::New(env, report.vcpu));
    object.Set("registers", registers);
    object.Set("disassembly", to_js(env, report.disassembly));
    object.Set("lastExits", to_js(env, report.last_exits));
    object.Set("consoleTail", to_bytes(env, report.console_tail)); // index.js decodes it
    return object;
}

static char const* name_of(machine::MachineState state)
{
    static constexpr char const* kNames[] { "created", "running", "paused", "suspended", "ended" };
    return kNames[static_cast<int>(state)];
}

static char const* name_of(machine::Outcome outcome)
{
    static constexpr char const* kNames[] { "powered-off", "reset", "hibernated", "stopped", "crashed", "error" };
    return kNames[static_cast<int>(outcome)];
}

static char const* name_of(firmware::PowerState state)
{
    static constexpr char const* kNames[] { "off", "on-pending", "on", "suspended" };
    return kNames[static_cast<int>(state)];
}

static Napi::Object to_js(Napi::Env env, machine::ResetCause const& cause)
{
    auto object = Napi::Object::New(env);
    object.Set("kind", cause.warm ? "warm" : "cold");
    object.Set("type", Napi::Number::New(env, cause.type));
    object.Set("cookie", Napi::BigInt::New(env, cause.cookie));
    return object;
}

static Napi::Array to_js(Napi::Env env, firmware::SystemCall const& call)
{
    using Kind = firmware::SystemCallKind;
    std::vector<uint64_t> arguments;
    if (call.kind == Kind::Off2 || call.kind == Kind::Reset2)
        arguments = { call.type, call.cookie };
    else if (call.kind == Kind::Suspend)
        arguments = { call.entry.address, call.entry.context_id };
    auto array = Napi::Array::New(env, arguments.size());
    for (uint32_t i = 0; i < arguments.size(); ++i)
        array.Set(i, Napi::BigInt::New(env, arguments[i]));
    return array;
}

static Napi::Object to_js(Napi::Env env, Event const& event)
{
    auto object = Napi::Object::New(env);
    std::visit(Overloaded {
                   [&](ConsoleEvent const& console) {
                       object.Set("kind", "console");
                       object.Set("position", Napi::Number::New(env, static_cast<double>(console.position)));
                       object.Set("data", to_bytes(env, console.bytes));
                   },
                   [&](StateEvent const& state) {
                       object.Set("kind", "state");
                       object.Set("state", name_of(state.state));
                   },
                   [&](ResetEvent const& reset) {
                       object.Set("kind", "reset");
                       object.Set("count", Napi::Number::New(env, static_cast<double>(reset.count)));
                       object.Set("lastReset", to_js(env, reset.cause));
                   },
                   [&](machine::PolicyQuestion const& question) {
                       object.Set("kind", "policy");
                       object.Set("id", Napi::Number::New(env, static_cast<double>(question.id)));
                       object.Set("call", std::string { firmware::name_of(question.call.kind) });
                       object.Set("vcpu", Napi::Number::New(env, question.vcpu));
                       object.Set("arguments", to_js(env, question.call));
                       object.Set("timeoutMs", Napi::Number::New(env, static_cast<double>(question.timeout.count())));
                   },
                   [&](ProgressEvent const& progress) {
                       object.Set("kind", "progress");
                       object.Set("done", Napi::Number::New(env, static_cast<double>(progress.done)));
                       object.Set("total", Napi::Number::New(env, static_cast<double>(progress.total)));
                   },
                   [&](machine::Ending const& ending) {
                       object.Set("kind", "ended");
                       object.Set("outcome", name_of(ending.outcome));
                       object.Set("message", ending.message);
                       if (ending.report)
                           object.Set("report", to_js(env, *ending.report));
                       if (ending.outcome == machine::Outcome::Hibernated)
                           object.Set("offType", Napi::Number::New(env, ending.off_type));
                       if (ending.reset)
                           object.Set("lastReset", to_js(env, *ending.reset));
                   },
               },
        event);
    return object;
}

Napi::Value to_js(Napi::Env env, EventPump::Batch const& batch)
{
    auto events = Napi::Array::New(env, batch.events.size());
    for (uint32_t i = 0; i < batch.events.size(); ++i)
        events.Set(i, to_js(env, batch.events[i]));
    auto object = Napi::Object::New(env);
    object.Set("events", events);
    object.Set("more", batch.more);
    return object;
}

static Napi::Value number(Napi::Env env, uint64_t value)
{
    return Napi::Number::New(env, static_cast<double>(value));
}

static Napi::Object exits_to_js(Napi::Env env, machine::MachineStatistics const& statistics)
{
    // In the order of engine::Exit.
    static constexpr std::array<char const*, machine::kExitKinds> kNames { "hypercall", "memoryFault", "idle",
        "interrupted", "debug", "systemEvent", "internalError" };
    auto exits = Napi::Object::New(env);
    for (size_t kind = 0; kind < kNames.size(); ++kind)
        exits.Set(kNames[kind], number(env, statistics.exits[kind]));
    uint64_t reads = 0;
    uint64_t writes = 0;
    for (auto const& vcpu : statistics.vcpus) {
        reads += vcpu.counters.mmio_reads;
        writes += vcpu.counters.mmio_writes;
    }
    exits.Set("mmioRead", number(env, reads));
    exits.Set("mmioWrite", number(env, writes));
    return exits;
}

Napi::Value to_js(Napi::Env env, machine::MachineStatistics::MemoryMap const& map)
{
    auto slots = Napi::Array::New(env, map.slots.size());
    for (uint32_t i = 0; i < map.slots.size(); ++i) {
        auto const& slot = map.slots[i];
        auto object = Napi::Object::New(env);
        object.Set("name", slot.name);
        object.Set("base", Napi::BigInt::New(env, slot.base));
        object.Set("bytes", number(env, slot.bytes));
        object.Set("maximumBytes", number(env, slot.maximum_bytes));
        object.Set("readOnly", slot.read_only);
        object.Set("logDirty", slot.log_dirty);
        slots.Set(i, object);
    }
    auto memory = Napi::Object::New(env);
    memory.Set("generation", number(env, map.generation));
    memory.Set("slots", slots);
    return memory;
}

Napi::Value to_js(Napi::Env env, std::vector<engine::TraceLine> const& lines)
{
    auto array = Napi::Array::New(env, lines.size());
    for (uint32_t i = 0; i < lines.size(); ++i) {
        auto object = Napi::Object::New(env);
        object.Set("sequence", Napi::BigInt::New(env, lines[i].sequence));
        object.Set("timeNs", Napi::BigInt::New(env, lines[i].time_ns));
        object.Set("vcpu", lines[i].vcpu);
        object.Set("text", lines[i].text);
        array.Set(i, object);
    }
    return array;
}

Napi::Value to_js(Napi::Env env, machine::Machine const& machine, machine::MachineStatistics const& statistics)
{
    auto vcpus = Napi::Array::New(env, statistics.vcpus.size());
    uint64_t instructions = 0;
    for (uint32_t i = 0; i < statistics.vcpus.size(); ++i) {
        auto const& [power, counters, details] = statistics.vcpus[i];
        instructions += counters.instructions_retired;
        auto vcpu = Napi::Object::New(env);
        vcpu.Set("power", name_of(power));
        vcpu.Set("instructionsRetired", number(env, counters.instructions_retired));
        vcpu.Set("mmioReads", number(env, counters.mmio_reads));
        vcpu.Set("mmioWrites", number(env, counters.mmio_writes));
        vcpu.Set("exceptionsTaken", number(env, counters.exceptions_taken));
        auto details_object = Napi::Object::New(env);
        for (auto const& [name, value] : details)
            details_object.Set(name, number(env, value));
        vcpu.Set("details", details_object);
        vcpus.Set(i, vcpu);
    }
    auto object = Napi::Object::New(env);
    object.Set("state", name_of(statistics.state));
    object.Set("engine", machine.config().engine);
    object.Set("psciVersion", std::string { firmware::psci::describe_version(machine.config().psci_version).name });
    object.Set("resets", number(env, statistics.resets));
    object.Set("lastReset",
        statistics.last_reset ? Napi::Value { to_js(env, *statistics.last_reset) } : Napi::Value { env.Null() });
    object.Set("guestTimeNs", Napi::BigInt::New(env, statistics.guest_time_ns));
    object.Set("instructionsRetired", number(env, instructions));
    object.Set("exits", exits_to_js(env, statistics));
    object.Set("vcpus", vcpus);
    object.Set("memoryMap", to_js(env, statistics.memory_map));
    object.Set("consoleBytes", number(env, statistics.console_bytes));
    object.Set("lastParkingNs", number(env, statistics.last_parking_ns));
    return object;
}

static Napi::Object to_js(Napi::Env env, machine::EngineOffer const& offer)
{
    auto refusals = Napi::Array::New(env, offer.refusals.size());
    for (uint32_t i = 0; i < offer.refusals.size(); ++i) {
        auto refusal = Napi::Object::New(env);
        refusal.Set("setting", offer.refusals[i].setting);
        refusal.Set("value", offer.refusals[i].value);
        refusal.Set("reason", offer.refusals[i].reason);
        refusals.Set(i, refusal);
    }
    auto object = Napi::Object::New(env);
    object.Set("name", offer.name);
    object.Set("available", offer.available);
    object.Set("reason", offer.reason);
    object.Set("refusals", refusals);
    object.Set("maxCpus", number(env, offer.max_cpus));
    object.Set("counterFrequencyHz", number(env, offer.counter_frequency_hz));
    object.Set("maxMemoryBytes", number(env, offer.max_memory_bytes));
    return object;
}

Napi::Value engine_offers(Napi::Env env)
{
    auto const offers = machine::engine_offers();
    auto engines = Napi::Array::New(env, offers.size());
    for (uint32_t i = 0; i < offers.size(); ++i)
        engines.Set(i, to_js(env, offers[i]));
    return engines;
}

Napi::Value host_info(Napi::Env env)
{
    auto object = Napi::Object::New(env);
    object.Set("whyNoJit", machine::why_no_jit());
    object.Set("pageSize", number(env, sys::host_page_size()));
    object.Set("memoryBytes", number(env, sys::host_memory_bytes()));
    object.Set("maxCpus", number(env, machine::layout::kMaxCpus));
    return object;
}

}
