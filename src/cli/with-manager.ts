import { DormouseError } from '../common/contract/errors.ts';
import { IGNORE_APP_EVENTS, type AppApi, type AppEvents, type VmSummary } from '../common/contract/app-api.ts';
import { dataDirectory } from '../node/host/paths.ts';
import { Manager } from '../node/manager/manager.ts';
import { connectToServer } from '../node/manager/remote.ts';
import { ChildProcessStarter } from '../node/vmhost/child-process-starter.ts';

/**
 * Runs `act` against the running `dormouse serve`, or, for commands that only touch files, against a manager of our own.
 * @param needsServer the command acts on a running VM, which only a lasting manager can own
 */
export async function withManager(
  needsServer: boolean,
  act: (api: AppApi) => Promise<void>,
  events: AppEvents = IGNORE_APP_EVENTS,
): Promise<void> {
  const remote = await connectToServer(dataDirectory(), events);
  if (remote) {
    try {
      await act(remote.api);
    } finally {
      remote.close();
    }
    return;
  }
  if (needsServer) throw new DormouseError('E_NO_SERVER', 'No Dormouse is running');
  const manager = new Manager(dataDirectory(), new ChildProcessStarter());
  await manager.load();
  await act({
    hostInfo: () => manager.hostInfo(),
    ...offline(manager),
  });
}

/** The part of the API that needs no running VM; the rest cannot be reached without a server. */
function offline(manager: Manager): Omit<AppApi, 'hostInfo'> {
  const refuse = () => Promise.reject(new DormouseError('E_NO_SERVER', 'No Dormouse is running'));
  return {
    listVms: () => manager.listVms(),
    createVm: (spec) => manager.createVm(spec),
    deleteVm: (id) => manager.deleteVm(id),
    undeleteVm: (id) => manager.undeleteVm(id),
    editVm: (id, edit, force) => manager.editVm(id, edit, force),
    psciChange: (id, version) => manager.psciChange(id, version),
    setPsci: (id, version, force) => manager.setPsci(id, version, force),
    undoPsci: (id, force) => manager.undoPsci(id, force),
    policyRequests: () => manager.policyRequests(),
    crashReport: (id) => manager.crashReport(id),
    preflightVm: (id, file) => manager.preflightVm(id, file),
    saveVm: refuse,
    restoreVm: refuse,
    answerPolicy: refuse,
    injectSdei: refuse,
    memoryMap: refuse,
    changeMemoryMap: refuse,
    firmwareTrace: refuse,
    traceEngine: refuse,
    engineTrace: refuse,
    wakeVm: refuse,
    startVm: refuse,
    pauseVm: refuse,
    resumeVm: refuse,
    powerVm: refuse,
    stopVm: refuse,
    statsVm: refuse,
    attachConsole: refuse,
    detachConsole: refuse,
    writeConsole: refuse,
  };
}

/** A VM by its id, its name, or an unambiguous beginning of its id. */
export async function findVm(api: AppApi, text: string): Promise<VmSummary> {
  const vms = await api.listVms();
  const exact = vms.filter((vm) => vm.id === text || vm.spec.name === text);
  const found = exact.length > 0 ? exact : vms.filter((vm) => vm.id.startsWith(text));
  const [first] = found;
  if (found.length > 1) throw new DormouseError('E_INVALID', `"${text}" fits ${found.length} VMs; give more of the id`);
  if (!first) throw new DormouseError('E_NOT_FOUND', `There is no VM called "${text}"`);
  return first;
}
