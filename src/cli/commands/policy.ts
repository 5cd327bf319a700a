import { Argument, type Command } from 'commander';
import {
  POLICY_ANSWERS,
  POLICY_RULES,
  SYSTEM_CALLS,
  type PolicyAnswer,
  type PolicyRule,
  type SystemCall,
} from '../../common/config/firmware-config.ts';
import type { PolicyRequest, VmSummary } from '../../common/contract/app-api.ts';
import { DormouseError } from '../../common/contract/errors.ts';
import { parseCall } from '../firmware-options.ts';
import { findVm, withManager } from '../with-manager.ts';

function show(vm: VmSummary, waiting: readonly PolicyRequest[]): void {
  const { calls, unanswered, timeoutMs } = vm.spec.policy;
  for (const call of SYSTEM_CALLS) console.log(`${call.padEnd(16)} ${calls[call]}`);
  console.log(`"ask" waits ${timeoutMs / 1000} s for an answer, then it is "${unanswered}"`);
  for (const request of waiting)
    console.log(
      `waiting: vCPU ${request.vcpu} called ${request.call}; ${Math.ceil(request.remainingMs / 1000)} s left. ` +
        `Answer with: dormouse policy answer ${vm.id} allow|deny`,
    );
}

export function describe(program: Command): void {
  const policy = program.command('policy').summary('what the host answers to the guest’s system-wide calls');

  policy
    .command('show <vm>')
    .summary('the rules, and questions that wait for an answer')
    .option('--json', 'machine-readable', false)
    .action((text: string, options: { json: boolean }) =>
      withManager(false, async (api) => {
        const vm = await findVm(api, text);
        const waiting = (await api.policyRequests()).filter((request) => request.vmId === vm.id);
        if (options.json) console.log(JSON.stringify({ ...vm.spec.policy, waiting }));
        else show(vm, waiting);
      }),
    );

  policy
    .command('set <vm>')
    .summary('the rule for one call; it counts at once, also while the VM runs')
    .argument('<call>', SYSTEM_CALLS.join(', '), parseCall)
    .addArgument(new Argument('<rule>', 'what to do').choices(POLICY_RULES))
    .action((text: string, call: SystemCall, rule: PolicyRule) =>
      withManager(false, async (api) => {
        const vm = await findVm(api, text);
        await api.editVm(vm.id, { policy: { calls: { [call]: rule } } }, false);
        console.log(`${call} of "${vm.spec.name}": ${rule}`);
      }),
    );

  policy
    .command('answer <vm>')
    .summary('answer the question that the guest waits for')
    .addArgument(new Argument('<answer>', 'the answer').choices(POLICY_ANSWERS))
    .action((text: string, answer: PolicyAnswer) =>
      withManager(true, async (api) => {
        const vm = await findVm(api, text);
        const request = (await api.policyRequests()).find((each) => each.vmId === vm.id);
        if (!request) throw new DormouseError('E_STATE', `"${vm.spec.name}" waits for no answer`);
        if (!(await api.answerPolicy(vm.id, request.id, answer)))
          throw new DormouseError('E_STATE', `Too late: ${request.call} has been answered`);
        console.log(`${request.call} of "${vm.spec.name}": ${answer}`);
      }),
    );
}
