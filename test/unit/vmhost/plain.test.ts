import { expect, test } from 'vitest';
import { plainCall, plainQuestion, plainReset } from '../../../src/vmhost/plain.ts';

const call = {
  sequence: 3n,
  timeNs: 1_500_000_000n,
  vcpu: 1,
  functionName: 'CPU_ON',
  arguments: [1n, 2n ** 64n - 1n],
  argumentNames: ['target_cpu', 'entry'],
  result: -2n,
  resultName: 'INVALID_PARAMETERS',
};

test('a firmware call keeps all its 64 bits as text', () => {
  expect(plainCall(call)).toEqual({
    sequence: 3,
    timeNs: 1_500_000_000,
    vcpu: 1,
    functionName: 'CPU_ON',
    arguments: [
      { name: 'target_cpu', value: '0x1' },
      { name: 'entry', value: '0xffffffffffffffff' },
    ],
    result: 'INVALID_PARAMETERS',
  });
});

test('a result without a name is a number, and no result stays none', () => {
  expect(plainCall({ ...call, result: 2n, resultName: null }).result).toBe('2');
  expect(plainCall({ ...call, result: null, resultName: null }).result).toBeNull();
});

test('cookies and arguments of questions are hexadecimal', () => {
  expect(plainReset({ kind: 'warm', type: 0, cookie: 255n })).toEqual({ kind: 'warm', type: 0, cookie: '0xff' });
  expect(
    plainQuestion({ kind: 'policy', id: 1, call: 'SYSTEM_OFF2', vcpu: 0, arguments: [1n, 0n], timeoutMs: 100 }),
  ).toEqual({ id: 1, call: 'SYSTEM_OFF2', vcpu: 0, arguments: ['0x1', '0x0'], timeoutMs: 100 });
});
