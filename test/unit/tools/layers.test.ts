import { describe, expect, it } from 'vitest';
import { checkCppLayers } from '../../tools/checks/layers-cpp.mjs';
import { checkTsLayers } from '../../tools/checks/layers-ts.mjs';
import { fakeProject } from '../../tools/project.mjs';

function cpp(path: string, ...lines: string[]) {
  return checkCppLayers(fakeProject({ [path]: lines.join('\n') }));
}

function typescript(path: string, ...lines: string[]) {
  return checkTsLayers(fakeProject({ [path]: lines.join('\n') }));
}

describe('C++ layers', () => {
  it('names the file, the line and what is allowed', () => {
    const findings = cpp('binding/devices/pl011/pl011.cpp', '#include "base/bits.h"', '#include "engine/vcpu.h"');
    expect(findings).toEqual([
      'binding/devices/pl011/pl011.cpp:2  devices may not include engine (allowed: arch base generated memory state wires)',
    ]);
  });

  it.each([
    ['binding/engine/kvm/vcpu.cpp', '#include "engine/emulator/cpu/cpu.h"'],
    ['binding/engine/emulator/mmu/mmu.cpp', '#include "engine/kvm/vcpu.h"'],
    ['binding/engine/engine.h', '#include "devices/pl011/pl011.h"'],
    ['binding/devices/pl011/pl011.cpp', '#include "devices/pl031/pl031.h"'],
    ['binding/devices/pl011/pl011.cpp', '#include <unistd.h>'],
    ['binding/machine/machine.cpp', '#ifdef __linux__'],
    ['binding/machine/machine.cpp', '#include <node_api.h>'],
    ['binding/napi/addon.cpp', '#include "devices/pl011/pl011.h"'],
    ['binding/unheard_of/x.cpp', '#include "base/bits.h"'],
    ['binding/base/bits.h', '#include "../arch/addresses.h"'],
  ])('refuses %s with %s', (path, line) => {
    expect(cpp(path, line)).toHaveLength(1);
  });

  it.each([
    ['binding/base/sys/mapping.cpp', '#include <sys/mman.h>'],
    ['binding/base/sys/mapping.cpp', '#ifdef __linux__'],
    ['binding/engine/kvm/vcpu.cpp', '#include "engine/vcpu.h"'],
    ['binding/devices/virtio/block/block.cpp', '#include "devices/virtio/queue.h"'],
    ['binding/devices/pl011/pl011.cpp', '#include "devices/virtio/queue.h"'],
    ['binding/machine/machine.cpp', '#include "devices/pl011/pl011.h"'],
    ['binding/napi/addon.cpp', '#include <node_api.h>'],
  ])('accepts %s with %s', (path, line) => {
    expect(cpp(path, line)).toEqual([]);
  });
});

describe('TypeScript layers', () => {
  it('names the file, the line and what is allowed', () => {
    expect(typescript('src/common/vm/vm-state.ts', '', "import { join } from 'node:path';")).toEqual([
      'src/common/vm/vm-state.ts:2  src/common may not import node:path (allowed: zod birpc @msgpack/msgpack)',
    ]);
  });

  it.each([
    ['src/node/manager/manager.ts', "import { app } from 'electron';"],
    ['src/node/manager/manager.ts', "import { run } from '../../cli/main.ts';"],
    ['src/main/main.ts', "import { serve } from '../serve/server.ts';"],
    ['src/vmhost/session.ts', "import { createMachine } from '../../binding/index.js';"],
    ['renderer/api/client.ts', "import type { Manager } from '../../src/node/manager/manager.ts';"],
    ['renderer/ui/Button.svelte', "  import { client } from '../api/client.ts';"],
    ['renderer/views/vm-list/VmListView.svelte', "  import Part from '../vm-settings/Part.svelte';"],
    ['src/cli/main.ts', "const helper = await import('../../test/helpers/clock.ts');"],
    ['src/cli/main.ts', '} from "lodash";'],
  ])('refuses %s with %s', (path, line) => {
    expect(typescript(path, line)).toHaveLength(1);
  });

  it.each([
    ['src/vmhost/native.ts', "import { createMachine } from '../../binding/index.js';"],
    ['src/vmhost/session.ts', "import type { Machine } from '../../binding/index.js';"],
    ['src/vmhost/session.ts', "import { createMachine } from './native.ts';"],
    ['renderer/App.svelte', "  import Button from './ui/Button.svelte';"],
    ['renderer/api/client.ts', "import type { Wire } from '../../src/common/rpc/wire.ts';"],
    ['src/common/vm/vm-state.ts', "export type State = 'off' | 'running';"],
  ])('accepts %s with %s', (path, line) => {
    expect(typescript(path, line)).toEqual([]);
  });
});
