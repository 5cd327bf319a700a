import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from 'playwright-core';

export interface NewVm {
  readonly name: string;
  readonly kernel: string;
  readonly initrd?: string;
  readonly commandLine?: string;
}

/** The window as a person uses it. */
export class AppPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async create(vm: NewVm): Promise<void> {
    await this.page.getByRole('button', { name: 'New VM' }).click();
    const dialog = this.page.getByRole('dialog');
    await dialog.getByLabel('Name').fill(vm.name);
    await dialog.getByLabel('Kernel file').fill(vm.kernel);
    if (vm.initrd !== undefined) await dialog.getByLabel('Initial RAM disk').fill(vm.initrd);
    if (vm.commandLine !== undefined) await dialog.getByLabel('Kernel command line').fill(vm.commandLine);
    await dialog.getByRole('button', { name: 'Create and start' }).click();
    await dialog.waitFor({ state: 'detached' });
  }

  async waitForState(state: string, timeout = 30_000): Promise<void> {
    await this.page.getByTestId('vm-state').getByText(state, { exact: true }).waitFor({ timeout });
  }

  async action(name: string): Promise<void> {
    await this.page.getByRole('toolbar').getByRole('button', { name, exact: true }).click();
  }

  /** xterm.js mirrors its screen for screen readers; that is what a test can read. */
  get console(): Locator {
    return this.page.locator('.xterm-accessibility');
  }

  async waitForConsole(text: string, timeout = 120_000): Promise<void> {
    await this.console.getByText(text).first().waitFor({ timeout });
  }

  async typeLine(text: string): Promise<void> {
    await this.page.getByTestId('console').click();
    await this.page.keyboard.type(`${text}\n`);
  }
}

/** What axe finds wrong on the page, each with the elements. */
export async function faultsOf(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.html).join(' ')}`);
}
