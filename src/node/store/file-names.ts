import path from 'node:path';

/** Every name inside the data directory, once. One instance folder per VM, named by its id. */
export class FileNames {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  get vms(): string {
    return path.join(this.root, 'vms');
  }
  /** Deleted VMs wait here for undelete. */
  get bin(): string {
    return path.join(this.root, 'bin');
  }
  /** Address and token of the running `dormouse serve`, readable by its owner alone. */
  get server(): string {
    return path.join(this.root, 'server.json');
  }
  folder(id: string): string {
    return path.join(this.vms, id);
  }
  binned(id: string): string {
    return path.join(this.bin, id);
  }
  config(id: string): string {
    return path.join(this.folder(id), 'vm.json');
  }
  /** What the guest wrote since the last start, newest 4 MiB. */
  consoleLog(id: string): string {
    return path.join(this.folder(id), 'console.log');
  }
  /** What the VM host process wrote on stderr. */
  hostLog(id: string): string {
    return path.join(this.folder(id), 'host.log');
  }
  crashReport(id: string): string {
    return path.join(this.folder(id), 'crash.txt');
  }
}
