import { parseDoctest } from '../../tools/steps/doctest.mjs';
import { type Line, rigComplaints } from './results.ts';

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const MESSAGE_LINES = 40;

/** Counts what one kernel's run says, and prints it as it comes. */
export class Report {
  readonly counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  readonly #kernel: string;
  readonly #print: (text: string) => void;
  readonly #showOutput: boolean;
  readonly #isChosen: boolean;

  /**
   * @param showOutput print what programs and suites write
   * @param isChosen tests were chosen by name on the command line
   */
  constructor(kernel: string, print: (text: string) => void, showOutput: boolean, isChosen: boolean) {
    this.#kernel = kernel;
    this.#print = print;
    this.#showOutput = showOutput;
    this.#isChosen = isChosen;
  }

  take(line: Line): void {
    switch (line.kind) {
      case 'host': {
        const engines = line.info.engines.map(
          ({ name, available, reason }) => `${name} ${available ? 'works' : `does not work (${reason})`}`,
        );
        this.#print(`rig ${this.#kernel}: Linux ${line.kernel}, Node ${line.node}; engines: ${engines.join(', ')}`);
        if (!line.kvm) this.fail('/dev/kvm', 'the rig has no /dev/kvm: has its processor EL2?');
        return;
      }
      case 'kernel': {
        const complaints = rigComplaints(line.lines);
        if (complaints.length > 0) this.fail(`kernel log, ${line.job}`, complaints.join('\n'));
        return;
      }
      case 'suite':
        if (line.tests === 0) this.fail(line.name, 'the suite has no tests');
        // Names from the command line may be in no test of a suite; ours must be.
        else if (line.chosen === 0 && !this.#isChosen)
          this.fail(line.name, 'no test of the suite has the names that should run');
        return;
      case 'test':
        if (line.status === 'passed') this.pass(`${line.job}: ${line.name}`, line.seconds);
        else this.fail(`${line.job}: ${line.name}`, line.message);
        return;
      case 'output':
        if (this.#showOutput) this.#print(`    ${line.text}`);
        return;
      case 'program':
        this.#program(line.job, line.fate, line.output);
        return;
      case 'start':
      case 'end':
        return;
    }
  }

  #program(name: string, fate: string, output: string): void {
    const found = parseDoctest(output);
    if (found === undefined || fate !== '' || found.failed > 0) {
      this.counts.failed += Math.max(found?.failed ?? 0, 1) - 1;
      this.fail(name, `${fate || 'some tests failed'}\n${this.#showOutput ? '' : output}`);
    } else {
      this.#print(`ok    ${this.#kernel}  ${name}: ${found.passed} passed, ${found.skipped} skipped`);
    }
    this.counts.passed += found?.passed ?? 0;
    this.counts.skipped += found?.skipped ?? 0;
  }

  pass(name: string, seconds: number): void {
    this.counts.passed++;
    this.#print(`ok    ${this.#kernel}  ${name} (${seconds.toFixed(1)} s)`);
  }

  fail(name: string, message: string): void {
    this.counts.failed++;
    const lines = message.trimEnd().split('\n').slice(0, MESSAGE_LINES);
    this.#print(`FAIL  ${this.#kernel}  ${name}\n      ${lines.join('\n      ')}`);
  }
}
