export interface Toast {
  readonly text: string;
  readonly kind: 'info' | 'error';
  readonly action?: { readonly label: string; readonly run: () => void };
}

/** Short messages in the corner. An error stays until dismissed; the rest goes after ten seconds. */
export class Toasts {
  static readonly LIFETIME_MS = 10_000;
  list = $state<(Toast & { readonly id: number })[]>([]);
  #next = 0;

  show(toast: Toast): void {
    const id = this.#next++;
    this.list.push({ ...toast, id });
    if (toast.kind === 'info')
      setTimeout(() => {
        this.dismiss(id);
      }, Toasts.LIFETIME_MS);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}
