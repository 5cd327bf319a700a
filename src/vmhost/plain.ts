import type { FirmwareCall as NativeCall, MachineEvent, ResetCause as NativeReset } from '../../binding/index.js';
import type { EngineTraceLine as NativeLine, VcpuStats } from '../../binding/index.js';
import type { MemoryMap as NativeMap, SlotChange } from '../../binding/index.js';
import type { ResetCause } from '../common/config/vm-config.ts';
import type { PolicyQuestion } from '../common/contract/machine-types.ts';
import type { FirmwareCall } from '../common/firmware/trace.ts';
import type { Counters } from '../common/vm/counters.ts';
import type { EngineTraceLine } from '../common/vm/engine-trace.ts';
import type { MemoryChange, MemoryMap } from '../common/vm/memory-map.ts';

// What the addon says, as data that any wire carries: 64-bit values become text.

function hex(value: bigint): string {
  return `0x${BigInt.asUintN(64, value).toString(16)}`;
}

export function plainReset(cause: NativeReset): ResetCause {
  return { kind: cause.kind, type: cause.type, cookie: hex(cause.cookie) };
}

export function plainMap({ generation, slots }: NativeMap): MemoryMap {
  return {
    generation,
    slots: slots.map(({ name, base, bytes, readOnly }) => ({ name, base: hex(base), bytes, readOnly })),
  };
}

export function slotChange(change: MemoryChange): SlotChange {
  if (change.kind === 'remove') return change;
  const { base, ...rest } = change;
  return { ...rest, ...(base !== undefined && { base: BigInt(base) }) };
}

export function plainLine({ sequence, timeNs, vcpu, text }: NativeLine): EngineTraceLine {
  return { sequence: Number(sequence), timeNs: Number(timeNs), vcpu, text };
}

export function plainCounters(vcpu: VcpuStats): Counters {
  const { instructionsRetired, exceptionsTaken, mmioReads, mmioWrites, details } = vcpu;
  return { instructionsRetired, exceptionsTaken, mmioReads, mmioWrites, ...details };
}

export function plainCall(call: NativeCall): FirmwareCall {
  return {
    sequence: Number(call.sequence),
    timeNs: Number(call.timeNs),
    vcpu: call.vcpu,
    functionName: call.functionName,
    arguments: call.arguments.map((value, i) => ({ name: call.argumentNames[i] ?? `x${i + 1}`, value: hex(value) })),
    result: call.resultName ?? call.result?.toString() ?? null,
  };
}

export function plainQuestion(event: Extract<MachineEvent, { kind: 'policy' }>): PolicyQuestion {
  const { id, call, vcpu, timeoutMs } = event;
  return { id, call, vcpu, timeoutMs, arguments: event.arguments.map(hex) };
}
