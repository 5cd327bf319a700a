// The addon's functions, each a conversion around one call. They are called by index.js only, which has checked the
// arguments; the handle is checked here once more because a wrong one would be a crash.
#include "napi/convert.h"
#include "napi/errors.h"
#include "napi/job.h"
#include "napi/session.h"

#include <napi.h>

namespace dormouse::napi {

static Napi::Value create_machine(Napi::CallbackInfo const& info)
{
    auto created = Session::create(info.Env(), to_config(info[0].As<Napi::Object>()), info[1].As<Napi::Function>());
    return created.ok() ? to_handle(info.Env(), created.take()) : fail(info.Env(), created.error());
}

// Calls `body(session, machine)` for a handle whose machine is there, else throws InvalidState.
template <typename Body> static Napi::Value with_machine(Napi::CallbackInfo const& info, Body body)
{
    auto const session = from_handle(info[0]);
    if (!session)
        return fail(info.Env(), { Code::InvalidArgument, "This is no machine" });
    if (!session->machine())
        return fail(info.Env(), { Code::InvalidState, "The machine is closed" });
    return body(session, *session->machine());
}

static Napi::Value done(Napi::Env env, Result<void> const& result)
{
    return result.ok() ? env.Undefined() : fail(env, result.error());
}

static Napi::Value start(Napi::CallbackInfo const& info)
{
    return with_machine(
        info, [&](auto const&, machine::Machine& machine) { return done(info.Env(), machine.start()); });
}

static Napi::Value keep_alive(Napi::CallbackInfo const& info)
{
    return with_machine(info, [&](auto const& session, machine::Machine&) {
        session->pump().keep_alive(info.Env(), info[1].ToBoolean());
        return info.Env().Undefined();
    });
}

static Napi::Value pause(Napi::CallbackInfo const& info)
{
    return with_machine(info, [&](auto const& session, machine::Machine&) {
        return Job::queue(info.Env(), session, [](machine::Machine& machine) { return machine.pause(); });
    });
}

static Napi::Value resume(Napi::CallbackInfo const& info)
{
    return with_machine(info, [&](auto const& session, machine::Machine&) {
        return Job::queue(info.Env(), session, [](machine::Machine& machine) { return machine.resume(); });
    });
}

static Napi::Value wake(Napi::CallbackInfo const& info)
{
    return with_machine(info, [&](auto const& session, machine::Machine&) {
        return Job::queue(info.Env(), session, [](machine::Machine& machine) { return machine.wake(); });
    });
}

static Napi::Value answer_policy(Napi::CallbackInfo const& info)
{
    return with_machine(info, [&](auto const&, machine::Machine& machine) -> Napi::Value {
        auto const id = static_cast<uint64_t>(info[1].As<Napi::Number>().Int64Value());
        return Napi::Boolean::New(info.Env(), machine.answer_policy(id, info[2].ToBoolean()));
    });
}

static Napi::Value set_policy(Napi::CallbackInfo const& info)
{
    return with_machine(info, [&](auto const&, machine::Machine& machine) -> Napi::Value {
        machine.set_policy(to_policy(info[1].As<Napi::Object>()));
        return info.Env().Undefined();
    });
}

static Napi::Value stop(Napi::CallbackInfo const& info)
{
    return with_machine(info, [&](auto const& session, machine::Machine& machine) {
        // Here and not in the job: all threads of the pool may wait behind an open question.
        machine.prepare_to_stop();
        return Job::queue(info.Env(), session, [](machine::Machine& machine) {
            machine.stop();
            return Result<void> {};
        });
    });
}

static Napi::Value close(Napi::CallbackInfo const& info)
{
    return with_machine(info, [&](auto const& session, machine::Machine& machine) {
        machine.prepare_to_stop();
        return Job::queue(info.Env(), session, [](machine::Machine& machine) {
            machine.close();
            return Result<void> {};
        });
    });
}

static Napi::Value release(Napi::CallbackInfo const& info)
{
    if (auto const session = from_handle(info[0]))
        session->release();
    return info.Env().Undefined();
}

static Napi::Value press_power_button(Napi::CallbackInfo const& info)
{
    return with_machine(
        info, [&](auto const&, machine::Machine& machine) { return done(info.Env(), machine.press_power_button()); });
}

static Napi::Value console_write(Napi::CallbackInfo const& info)
{
    return with_machine(info, [&](auto const&, machine::Machine& machine) -> Napi::Value {
        auto const bytes = info[1].As<Napi::Uint8Array>();
        return Napi::Number::New(
            info.Env(), static_cast<double>(machine.console_write({ bytes.Data(), bytes.ByteLength() })));
    });
}

static Napi::Value take_events(Napi::CallbackInfo const& info)
{
    return with_machine(info, [&](auto const& session, machine::Machine& machine) {
        return to_js(info.Env(), session->pump().take(machine.console()));
    });
}

static Napi::Value statistics(Napi::CallbackInfo const& info)
{
    return with_machine(
        info, [&](auto const&, machine::Machine& machine) { return to_js(info.Env(), machine, machine.statistics()); });
}

static Napi::Value firmware_trace(Napi::CallbackInfo const& info)
{
    return with_machine(info, [&](auto const&, machine::Machine& machine) {
        bool lossless = true;
        uint64_t const since = info[1].As<Napi::BigInt>().Uint64Value(&lossless);
        return to_js(info.Env(), machine.firmware_trace().entries(since));
    });
}

static Napi::Value trace_engine(Napi::CallbackInfo const& info)
{
    return with_machine(info, [&](auto const&, machine::Machine& machine) -> Napi::Value {
        std::vector<std::string> kinds;
        auto const names = info[1].As<Napi::Array>();
        for (uint32_t i = 0; i < names.Length(); ++i)
            kinds.push_back(names.Get(i).As<Napi::String>().Utf8Value());
        return done(info.Env(), machine.trace_engine(kinds));
    });
}

static Napi::Value engine_trace(Napi::CallbackInfo const& info)
{
    return with_machine(info, [&](auto const&, machine::Machine& machine) {
        bool lossless = true;
        return to_js(info.Env(), machine.engine_trace(info[1].As<Napi::BigInt>().Uint64Value(&lossless)));
    });
}

static Napi::Value psci_table(Napi::CallbackInfo const& info)
{
    auto const version = firmware::psci::version_from_name(info[0].As<Napi::String>().Utf8Value());
    return version ? psci_table(info.Env(), *version)
                   : fail(info.Env(), { Code::InvalidArgument, "version is none that exists" });
}

static Napi::Value inject_sdei(Napi::CallbackInfo const& info)
{
    return with_machine(info, [&](auto const& session, machine::Machine&) {
        uint32_t const event = info[1].As<Napi::Number>().Uint32Value();
        int32_t const target = info[2].As<Napi::Number>().Int32Value(); // -1: each vCPU
        auto const vcpu = target < 0 ? std::nullopt : std::optional { static_cast<unsigned>(target) };
        auto injections = std::make_shared<std::vector<machine::SdeiInjection>>();
        return Job::queue(
            info.Env(), session,
            [=](machine::Machine& machine) -> Result<void> {
                TRY_PUT(done, machine.inject_sdei(event, vcpu));
                *injections = std::move(done);
                return {};
            },
            [injections](Napi::Env env) { return to_js(env, *injections); });
    });
}

static Napi::Value memory_map(Napi::CallbackInfo const& info)
{
    return with_machine(
        info, [&](auto const&, machine::Machine& machine) { return to_js(info.Env(), machine.memory_map()); });
}

static Napi::Value change_memory_map(Napi::CallbackInfo const& info)
{
    return with_machine(info, [&](auto const& session, machine::Machine&) {
        auto map = std::make_shared<machine::MachineStatistics::MemoryMap>();
        return Job::queue(
            info.Env(), session,
            [map, changes = to_slot_changes(info[1].As<Napi::Array>())](machine::Machine& machine) -> Result<void> {
                TRY_PUT(changed, machine.change_memory_map(changes));
                *map = std::move(changed);
                return {};
            },
            [map](Napi::Env env) { return to_js(env, *map); });
    });
}

static Napi::Value take_dirty_log(Napi::CallbackInfo const& info)
{
    return with_machine(info, [&](auto const& session, machine::Machine&) {
        auto bytes = std::make_shared<std::vector<uint8_t>>();
        return Job::queue(
            info.Env(), session,
            [bytes, slot = info[1].As<Napi::String>().Utf8Value()](machine::Machine& machine) -> Result<void> {
                TRY_PUT(bitmap, machine.take_dirty_log(slot));
                for (uint64_t const word : bitmap)
                    for (unsigned byte = 0; byte < 8; ++byte)
                        bytes->push_back(static_cast<uint8_t>(word >> (8 * byte)));
                return {};
            },
            [bytes](Napi::Env env) { return to_bytes(env, *bytes); });
    });
}

static Napi::Value save_state(Napi::CallbackInfo const& info)
{
    return with_machine(info, [&](auto const& session, machine::Machine&) {
        auto blob = std::make_shared<std::vector<uint8_t>>();
        return Job::queue(
            info.Env(), session,
            [blob](machine::Machine& machine) -> Result<void> {
                TRY_PUT(bytes, machine.save());
                *blob = std::move(bytes);
                return {};
            },
            [blob](Napi::Env env) { return to_bytes(env, *blob); });
    });
}

static Napi::Value restore_state(Napi::CallbackInfo const& info)
{
    return with_machine(info, [&](auto const& session, machine::Machine&) {
        // A copy: JS may write to its array while the job reads.
        auto const bytes = info[1].As<Napi::Uint8Array>();
        auto blob = std::make_shared<std::vector<uint8_t>>(bytes.Data(), bytes.Data() + bytes.ByteLength());
        return Job::queue(info.Env(), session, [blob](machine::Machine& machine) { return machine.restore(*blob); });
    });
}

// save_state and restore_state with the path of a file.
static Napi::Value with_file(Napi::CallbackInfo const& info,
    Result<void> (machine::Machine::*act)(std::string const&, machine::StateProgress const&))
{
    return with_machine(info, [&](auto const& session, machine::Machine&) {
        auto const path = info[1].As<Napi::String>().Utf8Value();
        // The job holds the session, and with it the pump, for as long as it runs.
        auto* const pump = &session->pump();
        return Job::queue(info.Env(), session, [=](machine::Machine& machine) {
            return (machine.*act)(path, [pump](uint64_t done, uint64_t total) { pump->progress(done, total); });
        });
    });
}

static Napi::Value save_state_file(Napi::CallbackInfo const& info)
{
    return with_file(info, &machine::Machine::save_file);
}

static Napi::Value restore_state_file(Napi::CallbackInfo const& info)
{
    return with_file(info, &machine::Machine::restore_file);
}

static Napi::Value preflight(Napi::CallbackInfo const& info)
{
    return with_machine(info, [&](auto const& session, machine::Machine&) {
        auto const path = info[1].As<Napi::String>().Utf8Value();
        auto answer = std::make_shared<machine::Preflight>();
        return Job::queue(
            info.Env(), session,
            [=](machine::Machine& machine) -> Result<void> {
                TRY_PUT(preflight, machine.preflight_file(path));
                *answer = std::move(preflight);
                return {};
            },
            [answer](Napi::Env env) { return to_js(env, *answer); });
    });
}

static Napi::Object init(Napi::Env env, Napi::Object exports)
{
    using Function = Napi::Value (*)(Napi::CallbackInfo const&);
    static constexpr std::pair<char const*, Function> kFunctions[] {
        { "createMachine", create_machine },
        { "start", start },
        { "keepAlive", keep_alive },
        { "pause", pause },
        { "resume", resume },
        { "stop", stop },
        { "close", close },
        { "release", release },
        { "wake", wake },
        { "answerPolicy", answer_policy },
        { "setPolicy", set_policy },
        { "psciTable", psci_table },
        { "pressPowerButton", press_power_button },
        { "consoleWrite", console_write },
        { "takeEvents", take_events },
        { "stats", statistics },
        { "firmwareTrace", firmware_trace },
        { "traceEngine", trace_engine },
        { "engineTrace", engine_trace },
        { "injectSdei", inject_sdei },
        { "memoryMap", memory_map },
        { "changeMemoryMap", change_memory_map },
        { "takeDirtyLog", take_dirty_log },
        { "saveState", save_state },
        { "restoreState", restore_state },
        { "saveStateFile", save_state_file },
        { "restoreStateFile", restore_state_file },
        { "preflight", preflight },
        { "hostInfo", [](Napi::CallbackInfo const& info) { return host_info(info.Env()); } },
        { "engineOffers", [](Napi::CallbackInfo const& info) { return engine_offers(info.Env()); } },
    };
    for (auto const& [name, function] : kFunctions)
        exports.Set(name, Napi::Function::New(env, function, name));
    return exports;
}

NODE_API_MODULE(dormouse, init)

}
