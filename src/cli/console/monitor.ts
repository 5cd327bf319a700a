import path from 'node:path';
import type { VmHostApi } from '../../common/contract/vmhost-api.ts';
import { describeInjection } from '../../common/firmware/injection.ts';
import { traceLine } from '../../common/firmware/trace.ts';
import { checkReplaceable } from '../../node/manager/state-file.ts';
import { parseEvent, parseTarget } from '../firmware-options.ts';

const HELP =
  'info | trace | save FILE | sdei inject EVENT [CPU|all] | pause | resume | wake | power | quit | help | (empty line: back to the guest)';
/** As much of the trace as a terminal shows at once. */
const TRACE_LINES = 20;

/** A line-based monitor over the raw terminal: Ctrl-A c opens and closes it. */
export class Monitor {
  readonly #api: VmHostApi;
  readonly #print: (text: string) => void;
  readonly #quit: () => void;
  #line = '';
  #open = false;

  constructor(api: VmHostApi, print: (text: string) => void, quit: () => void) {
    this.#api = api;
    this.#print = print;
    this.#quit = quit;
  }

  get open(): boolean {
    return this.#open;
  }

  toggle(): void {
    this.#open = !this.#open;
    this.#line = '';
    this.#print(this.#open ? `\r\nmonitor: ${HELP}\r\n(dormouse) ` : '\r\n');
  }

  /** Keys typed while the monitor is open. Returns what came behind the line that closed it: that is for the guest. */
  async type(data: Uint8Array): Promise<Uint8Array> {
    const characters = [...new TextDecoder().decode(data)];
    for (const [index, character] of characters.entries()) {
      if (character === '\r' || character === '\n') {
        const line = this.#line.trim();
        this.#line = '';
        this.#print('\r\n');
        if (line === '') {
          this.#open = false;
          return new TextEncoder().encode(characters.slice(index + 1).join(''));
        }
        this.#print(`${await this.#run(line)}\r\n(dormouse) `);
      } else if (character === '\u007f' || character === '\b') {
        if (this.#line.length > 0) this.#print('\b \b');
        this.#line = this.#line.slice(0, -1);
      } else if (character >= ' ') {
        this.#line += character;
        this.#print(character);
      }
    }
    return new Uint8Array();
  }

  async #trace(): Promise<string> {
    const calls = await this.#api.firmwareTrace(0);
    return calls.slice(-TRACE_LINES).map(traceLine).join('\r\n');
  }

  async #save(file: string): Promise<string> {
    if (file === '') return 'save: a file name is needed';
    const target = path.resolve(file);
    await checkReplaceable(target);
    await this.#api.saveState(target);
    return `saved to ${target}; go on with --state`;
  }

  async #inject([verb, event = '', cpu = 'all']: readonly string[]): Promise<string> {
    if (verb !== 'inject') return `unknown command "sdei ${verb ?? ''}"; ${HELP}`;
    const injections = await this.#api.injectSdei(parseEvent(event), parseTarget(cpu));
    return injections.map(describeInjection).join('\r\n');
  }

  async #run(line: string): Promise<string> {
    const [command = '', ...words] = line.split(/\s+/);
    try {
      switch (command) {
        case 'info':
          return JSON.stringify(await this.#api.stats(), null, 2).replaceAll('\n', '\r\n');
        case 'trace':
          return await this.#trace();
        case 'sdei':
          return await this.#inject(words);
        case 'save':
          return await this.#save(words.join(' '));
        case 'wake':
          await this.#api.wake();
          return 'awake';
        case 'pause':
          await this.#api.pause();
          return 'paused';
        case 'resume':
          await this.#api.resume();
          return 'running';
        case 'power':
          await this.#api.pressPowerButton();
          return 'the power button was pressed';
        case 'quit':
          this.#quit();
          return 'ending the guest';
        case 'help':
          return HELP;
        default:
          return `unknown command "${command}"; ${HELP}`;
      }
    } catch (error) {
      return (error as Error).message;
    }
  }
}
