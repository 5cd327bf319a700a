import { flushCompileCache } from 'node:module';
import { VM_HOST_EVENTS, VM_HOST_METHODS, type VmHostApi, type VmHostEvents } from '../common/contract/vmhost-api.ts';
import { serve } from '../common/rpc/rpc.ts';
import { parentWire } from '../node/rpc/parent-wire.ts';
import { Session } from './session.ts';

// Program 1: the VM host process. It owns one machine and may crash without hurting anybody. It lives exactly as long as
// the manager's end of the wire: when the manager goes, for whatever reason, no guest is left running unseen.

const wire = parentWire();
const session: Session = new Session(
  () => events,
  () => wire.flushed?.() ?? Promise.resolve(),
);
const events = serve<VmHostApi, VmHostEvents>(session, VM_HOST_METHODS, VM_HOST_EVENTS, wire);

// Ctrl-C, a terminal that hangs up and `timeout` reach the whole process group; the manager decides what it means, and
// this process ends with the wire.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
wire.onClose(() => {
  const leave = () => process.exit(0);
  void session.close().then(leave, leave);
});

// Whoever is done with us kills us: what a next start can use must be written now.
flushCompileCache();
