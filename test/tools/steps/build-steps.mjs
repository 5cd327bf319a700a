// The steps that build the project and run its unit tests.
import { join } from 'node:path';
import { configure } from '../../../src/setup/native.mjs';
import { Reporter } from '../../../src/setup/report.mjs';
import { ROOT } from '../project.mjs';
import { buildTargets, runTestPrograms } from './doctest.mjs';
import { verdict } from './runner.mjs';
import { runVitest } from './vitest.mjs';

const BUILD = join(ROOT, 'build');

/** @type {readonly import('./runner.mjs').Step[]} */
export const BUILD_STEPS = [
  {
    name: 'cpp-build',
    run: async () => {
      await configure(new Reporter({ quiet: true }), ROOT);
      return verdict(await buildTargets(BUILD, ['dormouse_addon', 'unit-tests']), 'addon and unit tests, g++');
    },
  },
  { name: 'cpp-test', run: () => runTestPrograms(BUILD) },
  { name: 'unit', fast: true, run: () => runVitest('unit') },
];
