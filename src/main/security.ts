import { pathToFileURL } from 'node:url';
import path from 'node:path';
import type { App, WebPreferences } from 'electron';
import { CONTENT_SECURITY_POLICY } from '../common/contract/content-security-policy.ts';

/** dist/main/main.js finds the page beside itself. */
export const PAGE = path.join(import.meta.dirname, '..', 'renderer', 'index.html');

const PAGE_URL = pathToFileURL(PAGE).href;

export function isOurPage(url: string): boolean {
  return url.split('#')[0] === PAGE_URL;
}

/** The page gets no Node, its own world and a sandboxed process. [Electron, docs/tutorial/security.md] */
export function webPreferences(): WebPreferences {
  return {
    preload: path.join(import.meta.dirname, '..', 'preload', 'preload.cjs'),
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    webviewTag: false,
  };
}

/** No page of ours navigates away, opens windows or asks for permissions; every response carries our policy. */
export function lockDown(app: App): void {
  app.on('web-contents-created', (_event, contents) => {
    contents.on('will-navigate', (event) => {
      event.preventDefault();
    });
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
    contents.session.setPermissionRequestHandler((_contents, _permission, answer) => {
      answer(false);
    });
    contents.session.webRequest.onHeadersReceived((details, answer) => {
      answer({
        responseHeaders: { ...details.responseHeaders, 'Content-Security-Policy': [CONTENT_SECURITY_POLICY] },
      });
    });
  });
}
