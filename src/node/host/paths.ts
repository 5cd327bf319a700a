import envPaths from 'env-paths';
import path from 'node:path';

/** Where Dormouse keeps VMs: DORMOUSE_HOME, or the platform's data directory. */
export function dataDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const override = environment['DORMOUSE_HOME'];
  return override ? path.resolve(override) : envPaths('dormouse', { suffix: '' }).data;
}

/** Root of the source tree or of the installed application. */
export function applicationRoot(): string {
  return path.resolve(import.meta.dirname, '..', '..', '..');
}
