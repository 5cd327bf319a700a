import { fork } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { Emitter } from '../../common/base/event.ts';
import {
  VM_HOST_EVENTS,
  VM_HOST_METHODS,
  type VmHostApi,
  type VmHostEvents,
} from '../../common/contract/vmhost-api.ts';
import { connect } from '../../common/rpc/rpc.ts';
import { applicationRoot } from '../host/paths.ts';
import { childProcessWire } from '../rpc/child-process-wire.ts';
import type { HostExit, VmHostProcess, VmHostStarter } from './starter.ts';

export class ChildProcessStarter implements VmHostStarter {
  readonly #program: string;

  constructor(program = path.join(applicationRoot(), 'src', 'vmhost', 'main.ts')) {
    this.#program = program;
  }

  start(listener: VmHostEvents, logFile: string | undefined): Promise<VmHostProcess> {
    const log = logFile === undefined ? 'inherit' : openSync(logFile, 'w', 0o600);
    const child = fork(this.#program, {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', log, 'ipc'],
      // Type stripping is on by default in our Node; the flag hides its note from logs.
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    if (typeof log === 'number') closeSync(log);
    const exit = new Emitter<HostExit>();
    child.once('exit', (code, signal) => {
      exit.fire({ code, signal });
    });
    const api = connect<VmHostApi, VmHostEvents>(listener, VM_HOST_METHODS, VM_HOST_EVENTS, childProcessWire(child));
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('spawn', () => {
        resolve({
          pid: child.pid,
          api,
          onExit: exit.event,
          dispose: () => {
            child.kill('SIGKILL');
          },
        });
      });
    });
  }
}
