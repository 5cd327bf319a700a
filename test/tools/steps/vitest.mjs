// Runs vitest projects and reads the counts from its JSON report.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../project.mjs';
import { execute, lastLines } from './runner.mjs';

/** @typedef {import('./runner.mjs').Outcome} Outcome */

/**
 * @param {string} project name in vitest.config.ts
 * @param {{ minutes?: number, files?: readonly string[], env?: Record<string, string> }} options `files`: not all of it
 * @returns {Promise<Outcome>}
 */
export async function runVitest(project, { minutes = 20, files = [], env = {} } = {}) {
  const report = join(ROOT, '.cache', 'reports', `vitest-${project}.json`);
  mkdirSync(join(ROOT, '.cache', 'reports'), { recursive: true });
  rmSync(report, { force: true });
  const reporters = ['--reporter=json', '--reporter=default', `--outputFile.json=${report}`];
  const args = ['run', '--project', project, ...reporters, ...files];
  const { status, output } = await execute(join(ROOT, 'node_modules', '.bin', 'vitest'), args, { minutes, env });
  let json;
  try {
    json = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return { counts: { passed: 0, failed: 1, skipped: 0 }, findings: [`vitest left no report\n${lastLines(output)}`] };
  }
  return readReport(json, status, output, ROOT);
}

/**
 * @typedef {object} Report the part of vitest's report that is used
 * @property {{ name: string, status: string, message?: string, assertionResults: { status: string, fullName: string, failureMessages?: string[] }[] }[]} testResults
 */

/** @param {Report} report @param {number} status @param {string} output @param {string} root @returns {Outcome} */
export function readReport(report, status, output, root) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const findings = [];
  const notRun = [];
  for (const file of report.testResults) {
    const path = file.name.replace(`${root}/`, '');
    for (const test of file.assertionResults) {
      if (test.status === 'passed') counts.passed += 1;
      else if (test.status === 'failed') {
        counts.failed += 1;
        findings.push(
          `${path}  ${test.fullName}\n${(test.failureMessages ?? []).join('\n').split('\n').slice(0, 12).join('\n')}`,
        );
      } else {
        counts.skipped += 1;
        notRun.push(`${path} "${test.fullName}" is skipped`);
      }
    }
    // A file that cannot even be loaded has no assertions to fail.
    if (file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')) {
      counts.failed += 1;
      findings.push(`${path}  ${file.message ?? 'could not be run'}`);
    }
  }
  // Errors outside of any test (an unhandled rejection) make vitest fail with all tests green.
  if (status !== 0 && counts.failed === 0) {
    counts.failed += 1;
    findings.push(lastLines(output));
  }
  return { counts, findings, notRun, note: `${report.testResults.length} files` };
}
