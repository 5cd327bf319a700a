import { callOutcome, type CallOutcome, type FirmwareCall } from '../../../src/common/firmware/trace.ts';

// Where the timeline puts its marks. Times are guest-monotonic nanoseconds, places are pixels.

/** The stretch of time that is shown. */
export interface View {
  readonly from: number;
  readonly to: number;
}

/** One call, or several of one vCPU that lie too close to be told apart. */
export interface Mark {
  readonly x: number;
  /** Index into the lanes. */
  readonly lane: number;
  /** Of several the worst. */
  readonly outcome: CallOutcome;
  readonly calls: readonly [FirmwareCall, ...FirmwareCall[]];
  /** What fits beside the mark; empty when nothing does. */
  readonly label: string;
}

export interface Tick {
  readonly x: number;
  readonly label: string;
}

/** No closer look than this many nanoseconds. */
const SHORTEST = 1000;
/** Marks closer than this become one. */
const MERGE = 7;
/** Of a mark and the space beside its label. */
const MARK_ROOM = 16;
const CHARACTER = 7;
const WORST: readonly CallOutcome[] = ['failed', 'open', 'ok'];

/** All of the calls, with a little room at both ends. */
export function everything(calls: readonly FirmwareCall[]): View {
  const from = calls[0]?.timeNs ?? 0;
  const to = Math.max(from, ...calls.slice(-1).map((call) => call.timeNs));
  const room = Math.max((to - from) * 0.03, SHORTEST);
  return { from: from - room, to: to + room };
}

function within(view: View, all: View): View {
  const length = Math.min(Math.max(view.to - view.from, SHORTEST), all.to - all.from);
  const from = Math.min(Math.max(view.from, all.from), all.to - length);
  return { from, to: from + length };
}

/** Shows `factor` times as much, with `at` where it was; never beyond `all`. */
export function zoomed(view: View, factor: number, at: number, all: View): View {
  return within({ from: at - (at - view.from) * factor, to: at + (view.to - at) * factor }, all);
}

/** Moves by a share of what is shown, to later times when it is positive; never beyond `all`. */
export function moved(view: View, share: number, all: View): View {
  const by = (view.to - view.from) * share;
  return within({ from: view.from + by, to: view.to + by }, all);
}

/** Moves just so far that `at` is in sight. */
export function showing(view: View, at: number, all: View): View {
  const length = view.to - view.from;
  const room = length * 0.1;
  if (at - room < view.from) return within({ from: at - room, to: at - room + length }, all);
  if (at + room > view.to) return within({ from: at + room - length, to: at + room }, all);
  return view;
}

export function placeOf(timeNs: number, view: View, width: number): number {
  return ((timeNs - view.from) / (view.to - view.from)) * width;
}

export function timeAt(x: number, view: View, width: number): number {
  return view.from + (x / width) * (view.to - view.from);
}

/** Round times, at most one every hundred pixels. */
export function ticksOf(view: View, width: number): Tick[] {
  const wanted = (view.to - view.from) / Math.max(1, Math.floor(width / 100));
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= wanted) ?? 10);
  const digits = Math.min(9, Math.max(0, 9 - Math.floor(Math.log10(step) + 1e-9)));
  const ticks: Tick[] = [];
  for (let count = Math.ceil(Math.max(0, view.from) / step); count * step <= view.to; count++)
    ticks.push({ x: placeOf(count * step, view, width), label: `${((count * step) / 1e9).toFixed(digits)} s` });
  return ticks;
}

/** Numbers of the vCPUs that made the calls: one lane each. */
export function lanesOf(calls: readonly FirmwareCall[]): number[] {
  return [...new Set(calls.map((call) => call.vcpu))].sort((a, b) => a - b);
}

function labelOf(calls: Mark['calls']): string {
  const [first] = calls;
  if (calls.length === 1) return first.functionName;
  return calls.every((call) => call.functionName === first.functionName)
    ? `${calls.length}× ${first.functionName}`
    : `${calls.length} calls`;
}

interface Group {
  readonly x: number;
  readonly calls: [FirmwareCall, ...FirmwareCall[]];
}

function groupsOf(calls: readonly FirmwareCall[], view: View, width: number): Group[] {
  const groups: Group[] = [];
  for (const call of calls) {
    const x = placeOf(call.timeNs, view, width);
    const last = groups.at(-1);
    if (last && x - last.x < MERGE) last.calls.push(call);
    else groups.push({ x, calls: [call] });
  }
  return groups;
}

/** The marks in sight, by lane and time. `calls` are in the order of time. */
export function marksOf(calls: readonly FirmwareCall[], lanes: readonly number[], view: View, width: number): Mark[] {
  return lanes.flatMap((vcpu, lane) => {
    const inSight = calls.filter((call) => call.vcpu === vcpu && call.timeNs >= view.from && call.timeNs <= view.to);
    const groups = groupsOf(inSight, view, width);
    return groups.map((group, i) => {
      const room = (groups[i + 1]?.x ?? width) - group.x - MARK_ROOM;
      const label = labelOf(group.calls);
      const outcomes = group.calls.map(callOutcome);
      return {
        ...group,
        lane,
        outcome: WORST.find((each) => outcomes.includes(each)) ?? 'ok',
        label: label.length * CHARACTER <= room ? label : '',
      };
    });
  });
}

export type Direction = 'next' | 'previous' | 'first' | 'last' | 'up' | 'down';

function nearest(calls: readonly FirmwareCall[], timeNs: number): FirmwareCall | undefined {
  const distance = (call: FirmwareCall) => Math.abs(call.timeNs - timeNs);
  return calls.reduce<FirmwareCall | undefined>(
    (best, call) => (best && distance(best) <= distance(call) ? best : call),
    undefined,
  );
}

/** The call that a key leads to from `from`: along the time over all lanes, or across to the nearest of another lane. */
export function neighbour(
  calls: readonly FirmwareCall[],
  from: FirmwareCall | undefined,
  direction: Direction,
): FirmwareCall | undefined {
  if (!from || direction === 'first' || direction === 'last')
    return direction === 'first' ? calls[0] : (calls.at(-1) ?? from);
  if (direction === 'up' || direction === 'down') {
    const lanes = lanesOf(calls);
    const vcpu = lanes[lanes.indexOf(from.vcpu) + (direction === 'up' ? -1 : 1)];
    return (
      nearest(
        calls.filter((call) => call.vcpu === vcpu),
        from.timeNs,
      ) ?? from
    );
  }
  const place = calls.findIndex((call) => call.sequence === from.sequence);
  return calls[place + (direction === 'next' ? 1 : -1)] ?? from;
}
