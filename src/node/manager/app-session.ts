import { DisposableStore } from '../../common/base/disposable.ts';
import { describeIssue } from '../../common/config/vm-config.ts';
import {
  APP_ARGUMENTS,
  APP_EVENTS,
  APP_METHODS,
  type AppApi,
  type AppEvents,
  type ConsoleSnapshot,
} from '../../common/contract/app-api.ts';
import { DormouseError } from '../../common/contract/errors.ts';
import { serve } from '../../common/rpc/rpc.ts';
import type { Wire } from '../../common/rpc/wire.ts';
import type { Manager } from './manager.ts';

/** Checks every argument of every call before the manager sees it: the renderer is not trusted. */
function validated(api: AppApi): AppApi {
  const methods = APP_METHODS.map((name) => {
    const call = (...args: unknown[]): unknown => {
      const checked = APP_ARGUMENTS[name].safeParse(args);
      if (!checked.success) throw new DormouseError('E_INVALID', describeIssue(checked.error));
      return (api[name] as (...args: unknown[]) => unknown)(...checked.data);
    };
    return [name, call] as const;
  });
  return Object.fromEntries(methods) as unknown as AppApi;
}

/** The manager plus what belongs to one window: which consoles it watches. */
function forWindow(manager: Manager, watched: Set<string>): AppApi {
  return {
    hostInfo: () => manager.hostInfo(),
    listVms: () => manager.listVms(),
    createVm: (spec) => manager.createVm(spec),
    startVm: (id) => manager.startVm(id),
    pauseVm: (id) => manager.pauseVm(id),
    resumeVm: (id) => manager.resumeVm(id),
    powerVm: (id) => manager.powerVm(id),
    stopVm: (id) => manager.stopVm(id),
    wakeVm: (id) => manager.wakeVm(id),
    editVm: (id, edit, force) => manager.editVm(id, edit, force),
    psciChange: (id, version) => manager.psciChange(id, version),
    setPsci: (id, version, force) => manager.setPsci(id, version, force),
    undoPsci: (id, force) => manager.undoPsci(id, force),
    policyRequests: () => manager.policyRequests(),
    answerPolicy: (id, question, answer) => manager.answerPolicy(id, question, answer),
    injectSdei: (id, event, cpu) => manager.injectSdei(id, event, cpu),
    memoryMap: (id) => manager.memoryMap(id),
    changeMemoryMap: (id, changes) => manager.changeMemoryMap(id, changes),
    firmwareTrace: (id, since) => manager.firmwareTrace(id, since),
    traceEngine: (id, kinds) => manager.traceEngine(id, kinds),
    engineTrace: (id, since) => manager.engineTrace(id, since),
    saveVm: (id, file, keepRunning) => manager.saveVm(id, file, keepRunning),
    restoreVm: (id, file) => manager.restoreVm(id, file),
    preflightVm: (id, file) => manager.preflightVm(id, file),
    deleteVm: (id) => manager.deleteVm(id),
    undeleteVm: (id) => manager.undeleteVm(id),
    statsVm: (id) => manager.statsVm(id),
    crashReport: (id) => manager.crashReport(id),
    writeConsole: (id, data) => manager.writeConsole(id, data),
    attachConsole(id): Promise<ConsoleSnapshot> {
      watched.add(id);
      return manager.consoleSnapshot(id);
    },
    detachConsole(id) {
      watched.delete(id);
      return Promise.resolve();
    },
  };
}

/** Serves one window (or one command line) over its wire until the wire closes. */
export function serveApp(manager: Manager, wire: Wire): void {
  const watched = new Set<string>();
  const owned = new DisposableStore();
  const events = serve<AppApi, AppEvents>(validated(forWindow(manager, watched)), APP_METHODS, APP_EVENTS, wire);
  owned.own(manager.onVmChanged((vm) => events.vmChanged(vm)));
  owned.own(manager.onVmRemoved((id) => events.vmRemoved(id)));
  owned.own(manager.onPolicyAsked((request) => events.policyAsked(request)));
  owned.own(manager.onPolicySettled((settled) => events.policySettled(settled)));
  owned.own(
    manager.onConsole((chunk) => {
      if (watched.has(chunk.id)) events.console(chunk);
    }),
  );
  wire.onClose(() => {
    owned.dispose();
  });
}
