import type { CrashReport } from '../../binding/index.js';
import { traceLine, type FirmwareCall } from '../common/firmware/trace.ts';

/** As much of the trace as helps to see how the guest got there. */
const TRACE_LINES = 32;

/** The addon's crash report as a page a person can read and attach to a bug report. */
export function crashText(report: CrashReport, trace: readonly FirmwareCall[]): string {
  const registers = Object.entries(report.registers).map(([name, value]) => `${name.padStart(10)} ${value}`);
  const rows: string[] = [];
  for (let i = 0; i < registers.length; i += 3) rows.push(registers.slice(i, i + 3).join('  '));
  return [
    report.message,
    '',
    `Registers of vCPU ${report.vcpu}:`,
    ...rows,
    '',
    'Code around PC:',
    ...(report.disassembly.length > 0 ? report.disassembly : ['  (no memory there)']),
    '',
    'Last exits:',
    ...report.lastExits.map((line) => `  ${line}`),
    '',
    'Last firmware calls:',
    ...trace.slice(-TRACE_LINES).map((call) => `  ${traceLine(call)}`),
    '',
    'End of the console:',
    report.consoleTail,
    '',
  ].join('\n');
}
