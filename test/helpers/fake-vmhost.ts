import { Emitter } from '../../src/common/base/event.ts';
import { DormouseError } from '../../src/common/contract/errors.ts';
import type { MemoryChange, MemoryMap } from '../../src/common/vm/memory-map.ts';
import type { FirmwareCall } from '../../src/common/firmware/trace.ts';
import type {
  EngineInfo,
  MachineConfig,
  MachineEnd,
  MachinePolicy,
  MachineStats,
  PolicyQuestion,
  PreflightFinding,
} from '../../src/common/contract/machine-types.ts';
import type { VmHostApi, VmHostEvents } from '../../src/common/contract/vmhost-api.ts';
import type { HostExit, VmHostProcess, VmHostStarter } from '../../src/node/vmhost/starter.ts';

/** As an engine of this computer answers when nothing is missing. */
export function engineInfo(name: EngineInfo['name'], changes: Partial<EngineInfo> = {}): EngineInfo {
  const limits = { counterFrequencyHz: 0, maxCpus: 512, maxMemoryBytes: 2 ** 40 };
  return { name, available: true, reason: '', refusals: [], ...limits, ...changes };
}

/** A VM host process that exists only in memory; tests decide what its guest does. */
export class FakeVmHost {
  readonly calls: string[] = [];
  readonly listener: VmHostEvents;
  readonly exit = new Emitter<HostExit>();
  config: MachineConfig | undefined;
  /** What setPolicy() gave last. */
  policy: MachinePolicy | undefined;
  killed = false;
  createError: DormouseError | undefined;
  restoreError: DormouseError | undefined;
  saveError: DormouseError | undefined;
  /** What a preflight finds. */
  findings: readonly PreflightFinding[] = [];
  trace: FirmwareCall[] = [];
  engines: readonly EngineInfo[] = [
    engineInfo('emulator'),
    engineInfo('kvm', { available: false, reason: 'There is no /dev/kvm', maxCpus: 0, maxMemoryBytes: 0 }),
  ];
  /** The question that its guest waits for, by id. */
  asked: number | undefined;
  stats: MachineStats | undefined;
  memoryMap: MemoryMap = {
    generation: 1,
    slots: [{ name: 'ram', base: '0x40000000', bytes: 2 ** 29, readOnly: false }],
  };

  constructor(listener: VmHostEvents) {
    this.listener = listener;
  }

  print(text: string): void {
    this.listener.console(new TextEncoder().encode(text));
  }

  ask(question: PolicyQuestion): void {
    this.asked = question.id;
    this.listener.policy(question);
  }

  end(end: MachineEnd): void {
    this.listener.ended(end);
  }

  die(signal: string): void {
    this.killed = true;
    this.exit.fire({ code: null, signal });
  }

  readonly api: VmHostApi = {
    hostInfo: () =>
      Promise.resolve({
        version: '0.1.0',
        platform: 'test',
        cpus: 2,
        memoryBytes: 2 ** 33,
        maxCpus: 635,
        pageSize: 4096,
        engines: this.engines,
        jit: { available: true, reason: '' },
      }),
    psciTable: (version) => {
      const names = version === '1.3' ? ['CPU_ON', 'SYSTEM_OFF2'] : ['CPU_ON'];
      const entry = { id32: 1, id64: null, presence: 'optional', served: true, errors: ['DENIED'] } as const;
      return Promise.resolve({ version, functions: names.map((name) => ({ name, ...entry })) });
    },
    create: (config) => {
      this.config = config;
      return this.createError ? Promise.reject(this.createError) : this.#note('create');
    },
    start: () => this.#note('start'),
    pause: () => this.#note('pause'),
    resume: () => this.#note('resume'),
    pressPowerButton: () => this.#note('power'),
    wake: () => this.#note('wake'),
    answerPolicy: (id, answer) => {
      this.calls.push(`answer ${id} ${answer}`);
      const inTime = this.asked === id;
      this.asked = undefined;
      return Promise.resolve(inTime);
    },
    setPolicy: (policy) => {
      this.policy = policy;
      return this.#note('setPolicy');
    },
    injectSdei: (event, cpu) => {
      this.calls.push(`inject ${event} ${cpu}`);
      return Promise.resolve([{ vcpu: 0, outcome: 'pending', reason: 'masked' }]);
    },
    memoryMap: () => Promise.resolve(this.memoryMap),
    changeMemoryMap: (changes) => {
      this.calls.push(`memory ${JSON.stringify(changes)}`);
      return this.#changeMemoryMap(changes);
    },
    firmwareTrace: (since) => Promise.resolve(this.trace.filter((call) => call.sequence >= since)),
    saveState: (file) => (this.saveError ? Promise.reject(this.saveError) : this.#note(`save ${file}`)),
    restoreState: (file) => (this.restoreError ? Promise.reject(this.restoreError) : this.#note(`restore ${file}`)),
    preflight: (file) => {
      this.calls.push(`preflight ${file}`);
      const facts = {
        engine: 'emulator',
        cpuProfile: 'dormouse-v1',
        counterFrequencyHz: 62_500_000,
        psciVersion: '1.3',
        sdei: true,
        cpus: 1,
        memoryBytes: 2 ** 28,
      } as const;
      return Promise.resolve({ saved: facts, offered: facts, findings: this.findings });
    },
    stop: () => {
      this.end({ outcome: 'stopped', message: 'Stopped by the host' });
      return this.#note('stop');
    },
    writeConsole: (data) => this.#note(`write ${new TextDecoder().decode(data)}`),
    traceEngine: (kinds) => this.#note(`trace ${kinds.join(' ')}`),
    engineTrace: () => Promise.resolve([]),
    stats: () =>
      this.stats ? Promise.resolve(this.stats) : Promise.reject(new DormouseError('E_STATE', 'A fake has no figures')),
  };

  #changeMemoryMap(changes: readonly MemoryChange[]): Promise<MemoryMap> {
    let slots = [...this.memoryMap.slots];
    for (const change of changes) {
      const isThere = slots.some((slot) => slot.name === change.name);
      if (isThere === (change.kind === 'add'))
        return Promise.reject(new DormouseError('E_INVALID', `"${change.name}" is ${isThere ? '' : 'not '}there`));
      if (change.kind === 'remove') slots = slots.filter((slot) => slot.name !== change.name);
      else {
        const base = `0x${(change.base ?? 0x8000_0000).toString(16)}`;
        slots.push({ name: change.name, base, bytes: change.bytes, readOnly: false });
      }
    }
    this.memoryMap = { generation: this.memoryMap.generation + 1, slots };
    return Promise.resolve(this.memoryMap);
  }

  #note(call: string): Promise<void> {
    this.calls.push(call);
    return Promise.resolve();
  }
}

export class FakeStarter implements VmHostStarter {
  readonly hosts: FakeVmHost[] = [];
  /** Called for every new host before anybody uses it. */
  prepare: (host: FakeVmHost) => void = () => undefined;

  start(listener: VmHostEvents): Promise<VmHostProcess> {
    const host = new FakeVmHost(listener);
    this.prepare(host);
    this.hosts.push(host);
    return Promise.resolve({
      pid: 4000 + this.hosts.length,
      api: host.api,
      onExit: host.exit.event,
      dispose: () => {
        if (host.killed) return;
        host.killed = true;
        queueMicrotask(() => {
          host.exit.fire({ code: null, signal: 'SIGKILL' });
        });
      },
    });
  }

  /** The newest that has a machine; others are asked a question and go. */
  get last(): FakeVmHost {
    const host = this.hosts.findLast((each) => each.config) ?? this.hosts.at(-1);
    if (!host) throw new Error('No host was started');
    return host;
  }
}
