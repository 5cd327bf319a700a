import { expect, test } from 'vitest';
import { DisposableStore, toDisposable } from '../../../../src/common/base/disposable.ts';
import { Emitter } from '../../../../src/common/base/event.ts';

test('a disposed subscription hears nothing more', () => {
  const emitter = new Emitter<number>();
  const heard: number[] = [];
  const subscription = emitter.event((value) => heard.push(value));
  emitter.fire(1);
  subscription.dispose();
  emitter.fire(2);
  expect(heard).toEqual([1]);
});

test('a listener that throws does not keep the next one from being told', () => {
  const emitter = new Emitter<number>();
  const heard: number[] = [];
  emitter.event(() => {
    throw new Error('mine');
  });
  emitter.event((value) => heard.push(value));
  expect(() => {
    emitter.fire(7);
  }).toThrow('mine');
  expect(heard).toEqual([7]);
});

test('a store disposes in reverse order, once, and at once what comes too late', () => {
  const order: string[] = [];
  const store = new DisposableStore();
  store.own(toDisposable(() => order.push('first')));
  store.own(toDisposable(() => order.push('second')));
  store.dispose();
  store.dispose();
  store.own(toDisposable(() => order.push('late')));
  expect(order).toEqual(['second', 'first', 'late']);
});
