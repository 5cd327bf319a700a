// Loads the addon, checks what callers pass and throws errors with codes. C++ behind it may trust every value.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import {
  boolean,
  bytes,
  checkFields,
  distinct,
  failure,
  integer,
  oneOf,
  optional,
  path,
  record,
  show,
  text,
  unsigned64,
} from './rules.js';

const require = createRequire(import.meta.url);
const VERSION = require('../package.json').version;

// A build for tests (sanitizers), the build of this checkout, or the one that came with the package.
function findAddon() {
  const candidates = ['../build/dormouse.node', `../prebuilds/${process.platform}-${process.arch}/dormouse.node`].map(
    (path) => fileURLToPath(new URL(path, import.meta.url)),
  );
  if (process.env.DORMOUSE_ADDON) candidates.unshift(process.env.DORMOUSE_ADDON);
  const found = candidates.find((path) => existsSync(path));
  if (!found) throw failure('NotFound', `The addon is not built: none of these exists: ${candidates.join(', ')}`);
  return found;
}

const native = require(findAddon());

const PSCI_VERSIONS = ['0.1', '0.2', '1.0', '1.1', '1.2', '1.3'];
const SYSTEM_CALLS = ['SYSTEM_OFF', 'SYSTEM_OFF2', 'SYSTEM_RESET', 'SYSTEM_RESET2', 'SYSTEM_SUSPEND'];

const POLICY_FIELDS = {
  policy: optional(record(SYSTEM_CALLS, oneOf('allow', 'deny', 'ask')), {}),
  policyTimeoutMs: optional(integer(100, 600_000), 10_000),
  policyDefault: optional(oneOf('allow', 'deny'), 'allow'),
};

// The guest suites have passed with the JIT on x86-64 alone. The variable is for tests, which run whole suites either way.
function jitByDefault() {
  if (native.hostInfo().whyNoJit !== '') return 'off';
  return process.env.DORMOUSE_JIT ?? (process.arch === 'x64' ? 'on' : 'off');
}

const CONFIG_FIELDS = {
  engine: oneOf('emulator', 'kvm'),
  cpuProfile: optional(oneOf('native', 'dormouse-v1', 'portable-v1', 'host'), 'native'),
  jit: optional(oneOf('on', 'off'), jitByDefault()),
  perfMap: optional(boolean(), process.env.DORMOUSE_PERF_MAP === '1'),
  counterFrequencyHz: optional(integer(1_000_000, 1_000_000_000), undefined),
  cpus: integer(1, native.hostInfo().maxCpus),
  memoryBytes: integer(0, Number.MAX_SAFE_INTEGER),
  kernel: path(),
  initrd: optional(path(), undefined),
  commandLine: optional(text(), ''),
  psciVersion: optional(oneOf(...PSCI_VERSIONS), '1.3'),
  idleStates: optional(oneOf('none', 'standby', 'power-down'), 'none'),
  onReset: optional(oneOf('reboot', 'stop'), 'reboot'),
  wallClockOffsetSeconds: optional(integer(-(2 ** 31) + 1, 2 ** 31 - 1), 0),
  seed: optional(integer(0, Number.MAX_SAFE_INTEGER), undefined),
  ...POLICY_FIELDS,
  sdei: optional(boolean(), true),
  sdeiEvents: optional(distinct(16, integer(0x4000_0000, 0x40ff_ffff)), []),
};

// What each kind of change needs besides its kind.
const SLOT_CHANGES = {
  add: {
    name: text(),
    base: optional(unsigned64, undefined),
    bytes: integer(0, Number.MAX_SAFE_INTEGER),
    maximumBytes: optional(integer(0, Number.MAX_SAFE_INTEGER), undefined),
    readOnly: optional(boolean(), false),
    logDirty: optional(boolean(), false),
  },
  remove: { name: text() },
  move: { name: text(), base: unsigned64 },
  resize: { name: text(), bytes: integer(0, Number.MAX_SAFE_INTEGER) },
  flags: { name: text(), readOnly: boolean(), logDirty: boolean() },
};

function checkSlotChange(change, field) {
  const { kind, ...rest } = typeof change === 'object' && change !== null ? change : {};
  const rules = SLOT_CHANGES[oneOf(...Object.keys(SLOT_CHANGES))(kind, `${field}.kind`)];
  return { kind, ...checkFields(rules, rest, field) };
}

function checkSlotChanges(changes) {
  if (!Array.isArray(changes) || changes.length > 1024) {
    throw failure('InvalidArgument', `changes is ${show(changes)}: expected an array of at most 1024`, 'changes');
  }
  return changes.map((change, index) => checkSlotChange(change, `changes[${index}]`));
}

// Sentences of C++ about a config start with the field's name; callers get it as `field`.
function named(error) {
  const field = /^(\w+)\b/.exec(error.message)?.[1];
  if (field !== undefined && Object.hasOwn(CONFIG_FIELDS, field)) error.field = field;
  return error;
}

// How long console bytes may gather before the listener hears of them, so that a chatty guest costs a listener some
// hundred calls a second and not one per character.
const GATHER_MS = 4;

class Machine {
  #handle;
  #onEvent;
  #closing;
  #released = false;
  #jobs = new Set();
  #lastVisit = 0;
  #timer;

  constructor(config, onEvent) {
    this.#onEvent = onEvent;
    // The native side calls this function for as long as it lives: through a weak reference, or no machine could ever
    // be collected.
    const weak = new WeakRef(this);
    this.#handle = native.createMachine(config, () => weak.deref()?.#wake());
  }

  start() {
    native.start(this.#open());
    native.keepAlive(this.#handle, true);
    KEPT.add(this);
  }

  pause() {
    return this.#job(native.pause);
  }

  resume() {
    return this.#job(native.resume);
  }

  async stop() {
    await this.#job(native.stop);
    this.#deliverAll();
  }

  pressPowerButton() {
    native.pressPowerButton(this.#open());
  }

  consoleWrite(data) {
    return native.consoleWrite(this.#open(), bytes(data, 'data'));
  }

  stats() {
    return native.stats(this.#open());
  }

  firmwareTrace(since = 0n) {
    return native.firmwareTrace(this.#open(), unsigned64(since, 'since'));
  }

  traceEngine(kinds) {
    native.traceEngine(this.#open(), distinct(32, text())(kinds, 'kinds'));
  }

  engineTrace(since = 0n) {
    return native.engineTrace(this.#open(), unsigned64(since, 'since'));
  }

  wake() {
    return this.#job(native.wake);
  }

  answerPolicy(id, answer) {
    const handle = this.#open();
    const allow = oneOf('allow', 'deny')(answer, 'answer') === 'allow';
    return native.answerPolicy(handle, integer(0, Number.MAX_SAFE_INTEGER)(id, 'id'), allow);
  }

  setPolicy(policy) {
    native.setPolicy(this.#open(), checkFields(POLICY_FIELDS, policy, 'policy'));
  }

  async injectSdei(event, cpu) {
    const number = integer(0, 0xffff_ffff)(event, 'event');
    // -1: each of them.
    const target = cpu === 'all' ? -1 : integer(0, native.hostInfo().maxCpus - 1)(cpu, 'cpu');
    return this.#job(native.injectSdei, number, target);
  }

  memoryMap() {
    return native.memoryMap(this.#open());
  }

  async changeMemoryMap(changes) {
    return this.#job(native.changeMemoryMap, checkSlotChanges(changes));
  }

  async takeDirtyLog(slot) {
    return this.#job(native.takeDirtyLog, text()(slot, 'slot'));
  }

  async saveState(file) {
    if (file === undefined) return this.#job(native.saveState);
    return this.#job(native.saveStateFile, path()(file, 'path'));
  }

  async restoreState(from) {
    if (typeof from === 'string') return this.#job(native.restoreStateFile, path()(from, 'path'));
    return this.#job(native.restoreState, bytes(from, 'blob'));
  }

  async preflight(file) {
    return this.#job(native.preflight, path()(file, 'path'));
  }

  close() {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close() {
    await native.close(this.#handle);
    // A closed machine refuses what was asked before, so nobody waits long here.
    await Promise.allSettled(this.#jobs);
    this.#deliverAll();
    this.#released = true;
    clearTimeout(this.#timer);
    native.release(this.#handle);
    KEPT.delete(this);
  }

  #open() {
    if (this.#closing) throw failure('InvalidState', 'The machine is closed');
    return this.#handle;
  }

  async #job(call, ...args) {
    const job = call(this.#open(), ...args);
    this.#jobs.add(job);
    try {
      return await job;
    } finally {
      this.#jobs.delete(job);
    }
  }

  // There are events. They are fetched at once after a quiet while, else a little later together with what follows.
  #wake() {
    if (this.#released || this.#timer !== undefined) return;
    const wait = this.#lastVisit + GATHER_MS - performance.now();
    if (wait <= 0) this.#visit();
    else this.#schedule(wait);
  }

  #schedule(wait) {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#visit();
    }, wait);
  }

  #visit() {
    this.#lastVisit = performance.now();
    if (this.#deliver()) this.#schedule(0);
  }

  #deliverAll() {
    while (this.#deliver());
  }

  // Returns whether there is more.
  #deliver() {
    const { events, more } = native.takeEvents(this.#handle);
    for (const event of events) {
      if (event.kind === 'ended') this.#ended(event);
      try {
        this.#onEvent(event);
      } catch (error) {
        // The listener's own fault: it must not cost it the events that follow. Not a microtask: this may be a call
        // from native code, which swallows what is thrown there.
        setImmediate(() => {
          throw error;
        });
      }
    }
    return more;
  }

  #ended(event) {
    native.keepAlive(this.#handle, false);
    KEPT.delete(this);
    if (event.report) {
      event.report.consoleTail = new TextDecoder().decode(event.report.consoleTail);
    }
  }
}

// Machines that run stay alive even when their owner holds no reference: a guest must not vanish with a variable.
const KEPT = new Set();

export function createMachine(config, onEvent) {
  const checked = checkFields(CONFIG_FIELDS, config, 'config');
  if (typeof onEvent !== 'function') {
    throw failure('InvalidArgument', `onEvent is ${show(onEvent)}: expected a function`, 'onEvent');
  }
  try {
    return new Machine(checked, onEvent);
  } catch (error) {
    throw named(error);
  }
}

export function psciTable(version) {
  return native.psciTable(oneOf(...PSCI_VERSIONS)(version, 'version'));
}

export function hostInfo() {
  const { whyNoJit, ...info } = native.hostInfo();
  const jit = { available: whyNoJit === '', reason: whyNoJit };
  const platform = `${process.platform}-${process.arch}`;
  return { ...info, engines: native.engineOffers(), jit, version: VERSION, platform };
}
