#include "napi/convert.h"

namespace dormouse::napi {

static Napi::Object to_js(Napi::Env env, machine::MachineFacts const& facts)
{
    auto object = Napi::Object::New(env);
    object.Set("engine", facts.engine);
    object.Set("cpuProfile", facts.cpu_profile);
    object.Set("counterFrequencyHz", Napi::Number::New(env, static_cast<double>(facts.counter_frequency_hz)));
    object.Set("psciVersion", std::string { firmware::psci::describe_version(facts.psci_version).name });
    object.Set("sdei", facts.sdei);
    object.Set("cpus", Napi::Number::New(env, facts.cpus));
    object.Set("memoryBytes", Napi::Number::New(env, static_cast<double>(facts.memory_bytes)));
    return object;
}

static Napi::Object to_js(Napi::Env env, machine::Finding const& finding)
{
    auto object = Napi::Object::New(env);
    object.Set("verdict", finding.verdict == machine::Finding::Verdict::Refused ? "refused" : "adapted");
    object.Set("subject", finding.subject);
    object.Set("field", finding.field);
    object.Set("saved", finding.saved);
    object.Set("offered", finding.offered);
    object.Set("reason", finding.reason);
    return object;
}

Napi::Value to_js(Napi::Env env, machine::Preflight const& preflight)
{
    auto findings = Napi::Array::New(env, preflight.findings.size());
    for (uint32_t i = 0; i < preflight.findings.size(); ++i)
        findings.Set(i, to_js(env, preflight.findings[i]));
    auto object = Napi::Object::New(env);
    object.Set("saved", to_js(env, preflight.saved));
    object.Set("offered", to_js(env, preflight.offered));
    object.Set("findings", findings);
    return object;
}

}
