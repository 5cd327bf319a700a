import type { Disposable } from '../../common/base/disposable.ts';
import type { Event } from '../../common/base/event.ts';
import type { VmHostApi, VmHostEvents } from '../../common/contract/vmhost-api.ts';

export interface HostExit {
  /** Exit status, or null when a signal ended the process. */
  readonly code: number | null;
  readonly signal: string | null;
}

/** A running VM host process. dispose() kills it. */
export interface VmHostProcess extends Disposable {
  readonly pid: number | undefined;
  readonly api: VmHostApi;
  readonly onExit: Event<HostExit>;
}

/** Starts VM host processes: child_process under Node, utilityProcess under Electron. */
export interface VmHostStarter {
  /** @param logFile receives what the process writes on stderr. */
  start(listener: VmHostEvents, logFile: string | undefined): Promise<VmHostProcess>;
}
