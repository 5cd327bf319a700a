#include "firmware/describe_call.h"
#include "firmware/psci/function_table.h"
#include "napi/convert.h"

namespace dormouse::napi {

Napi::Value to_js(Napi::Env env, std::vector<firmware::TraceEntry> const& entries)
{
    auto calls = Napi::Array::New(env, entries.size());
    for (uint32_t i = 0; i < entries.size(); ++i) {
        auto const& entry = entries[i];
        auto const words = firmware::describe_call(entry);
        auto arguments = Napi::Array::New(env, words.arguments.size());
        auto names = Napi::Array::New(env, words.arguments.size());
        for (uint32_t n = 0; n < words.arguments.size(); ++n) {
            arguments.Set(n, Napi::BigInt::New(env, words.arguments[n]));
            names.Set(n, std::string { words.argument_names[n] });
        }
        auto call = Napi::Object::New(env);
        call.Set("sequence", Napi::BigInt::New(env, entry.sequence));
        call.Set("timeNs", Napi::BigInt::New(env, entry.time_ns));
        call.Set("vcpu", Napi::Number::New(env, entry.vcpu));
        call.Set("functionName", words.function);
        call.Set("arguments", arguments);
        call.Set("argumentNames", names);
        call.Set("result", entry.result ? Napi::Value { Napi::BigInt::New(env, *entry.result) } : env.Null());
        call.Set("resultName", words.result ? Napi::Value { Napi::String::New(env, *words.result) } : env.Null());
        calls.Set(i, call);
    }
    return calls;
}

static Napi::Value id_or_null(Napi::Env env, uint32_t id)
{
    return id ? Napi::Value { Napi::Number::New(env, id) } : env.Null();
}

static Napi::Object to_js(Napi::Env env, firmware::psci::FunctionRow const& row, firmware::psci::Version version)
{
    using namespace firmware::psci;
    bool const oldest = version == Version::V0_1;
    auto object = Napi::Object::New(env);
    object.Set("name", std::string { row.name });
    object.Set("id32", id_or_null(env, oldest ? row.id_0_1 : row.id32));
    object.Set("id64", id_or_null(env, oldest ? 0 : row.id64));
    object.Set("presence", row.presence == Presence::Mandatory ? "mandatory" : "optional");
    auto arguments = Napi::Array::New(env);
    for (uint32_t i = 0; i < row.argument_count(); ++i)
        arguments.Set(i, std::string { row.arguments[i].name });
    object.Set("arguments", arguments);
    object.Set("served", row.served());
    object.Set("reason", std::string { row.unserved });
    auto errors = Napi::Array::New(env);
    for (ErrorCode const code : codes_of(allowed_errors(row.function, version)))
        errors.Set(errors.Length(), std::string { error_name(code) });
    object.Set("errors", errors);
    return object;
}

Napi::Value psci_table(Napi::Env env, firmware::psci::Version version)
{
    auto functions = Napi::Array::New(env);
    for (auto const& row : firmware::psci::function_table())
        if (firmware::psci::has_function(version, row))
            functions.Set(functions.Length(), to_js(env, row, version));
    auto object = Napi::Object::New(env);
    object.Set("functions", functions);
    return object;
}

Napi::Value to_js(Napi::Env env, std::vector<machine::SdeiInjection> const& injections)
{
    static constexpr char const* kOutcomes[] { "delivered", "pending", "refused" };
    auto array = Napi::Array::New(env, injections.size());
    for (uint32_t i = 0; i < injections.size(); ++i) {
        auto object = Napi::Object::New(env);
        object.Set("vcpu", Napi::Number::New(env, injections[i].vcpu));
        object.Set("outcome", kOutcomes[static_cast<int>(injections[i].outcome)]);
        object.Set("reason", std::string { injections[i].reason });
        array.Set(i, object);
    }
    return array;
}

}
