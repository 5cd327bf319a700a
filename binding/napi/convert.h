#pragma once

#include "machine/machine.h"
#include "napi/event_pump.h"

#include <napi.h>

// JS values <-> plain structs, each type once. index.js has checked types and ranges before.
namespace dormouse::napi {

machine::MachineConfig to_config(Napi::Object const&);
machine::Policy to_policy(Napi::Object const& config);
std::vector<machine::SlotChange> to_slot_changes(Napi::Array const&);

Napi::Value to_js(Napi::Env, EventPump::Batch const&);
Napi::Value to_js(Napi::Env, machine::Machine const&, machine::MachineStatistics const&);
Napi::Value to_js(Napi::Env, machine::MachineStatistics::MemoryMap const&);
Napi::Value to_js(Napi::Env, std::vector<engine::TraceLine> const&);
Napi::Value to_js(Napi::Env, std::vector<firmware::TraceEntry> const&);
Napi::Value to_js(Napi::Env, std::vector<machine::SdeiInjection> const&);
Napi::Value to_js(Napi::Env, machine::Preflight const&);
Napi::Value to_bytes(Napi::Env, std::vector<uint8_t> const&);
Napi::Value psci_table(Napi::Env, firmware::psci::Version);
Napi::Value host_info(Napi::Env);
Napi::Value engine_offers(Napi::Env);

}
