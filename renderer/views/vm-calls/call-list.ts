import { traceArguments, type FirmwareCall } from '../../../src/common/firmware/trace.ts';

/** More than the machine's own ring keeps, so that a window left open shows what went by. */
const CAPACITY = 2000;

/** `list` with what has arrived: a call that has returned meanwhile replaces the one that had not. */
export function withCalls(list: readonly FirmwareCall[], news: readonly FirmwareCall[]): FirmwareCall[] {
  const bySequence = new Map(list.map((call) => [call.sequence, call]));
  for (const call of news) bySequence.set(call.sequence, call);
  return [...bySequence.values()].sort((a, b) => a.sequence - b.sequence).slice(-CAPACITY);
}

/** Every word of the filter must be found; "vcpu 1" asks for one vCPU. */
export function filterCalls(list: readonly FirmwareCall[], filter: string): readonly FirmwareCall[] {
  const text = filter.trim().toLowerCase();
  if (text === '') return list;
  const vcpu = /\bvcpu\s*(\d+)\b/.exec(text);
  const words = text
    .replace(vcpu?.[0] ?? '', '')
    .split(/\s+/)
    .filter((word) => word !== '');
  return list.filter((call) => {
    if (vcpu && call.vcpu !== Number(vcpu[1])) return false;
    const line = `${call.functionName} ${traceArguments(call)} ${call.result ?? ''}`.toLowerCase();
    return words.every((word) => line.includes(word));
  });
}
