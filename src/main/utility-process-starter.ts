import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { utilityProcess, type UtilityProcess } from 'electron';
import { toDisposable } from '../common/base/disposable.ts';
import { Emitter } from '../common/base/event.ts';
import { VM_HOST_EVENTS, VM_HOST_METHODS, type VmHostApi, type VmHostEvents } from '../common/contract/vmhost-api.ts';
import { connect } from '../common/rpc/rpc.ts';
import type { Wire } from '../common/rpc/wire.ts';
import type { HostExit, VmHostProcess, VmHostStarter } from '../node/vmhost/starter.ts';

function utilityWire(child: UtilityProcess): Wire {
  return {
    send(message) {
      child.postMessage(message);
    },
    onMessage(listener) {
      child.on('message', listener);
    },
    onClose(listener) {
      child.once('exit', listener);
      return toDisposable(() => child.off('exit', listener));
    },
  };
}

/** VM host processes under Electron: the same program as under Node, in a utility process. */
export class UtilityProcessStarter implements VmHostStarter {
  readonly #program = path.join(import.meta.dirname, '..', 'vmhost', 'main.js');

  start(listener: VmHostEvents, logFile: string | undefined): Promise<VmHostProcess> {
    const child = utilityProcess.fork(this.#program, [], { serviceName: 'Dormouse VM', stdio: 'pipe' });
    if (logFile !== undefined) child.stderr?.pipe(createWriteStream(logFile, { mode: 0o600 }));
    const exit = new Emitter<HostExit>();
    child.once('exit', (code) => {
      exit.fire({ code, signal: null });
    });
    const api = connect<VmHostApi, VmHostEvents>(listener, VM_HOST_METHODS, VM_HOST_EVENTS, utilityWire(child));
    return new Promise((resolve, reject) => {
      const onEarlyExit = (code: number) => {
        reject(new Error(`The VM host process did not start (exit status ${code})`));
      };
      child.once('exit', onEarlyExit);
      child.once('spawn', () => {
        child.off('exit', onEarlyExit);
        resolve({
          pid: child.pid,
          api,
          onExit: exit.event,
          dispose: () => {
            child.kill();
          },
        });
      });
    });
  }
}
