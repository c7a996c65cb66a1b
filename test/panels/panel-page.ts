/**
 * A panel as VS Code shows it: the extension's own host makes the page (with its content security policy),
 * Chromium loads the built bundle, and both talk to each other. What VS Code adds is added here: its default style
 * before the policy applies, the theme's variables, and `acquireVsCodeApi`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { WebviewView } from 'vscode';
import { z } from 'zod';
import { registered, Uri } from './fake-vscode.ts';

const ORIGIN = 'https://panel.test';
const DIST = join(import.meta.dirname, '..', '..', 'dist', 'webview');
const TYPES: Record<string, string> = { '.js': 'text/javascript', '.css': 'text/css', '.ttf': 'font/ttf' };

export const THEMES = z
  .record(z.string(), z.object({ class: z.string(), colors: z.record(z.string(), z.string()) }))
  .parse(JSON.parse(readFileSync('test/fixtures/vscode-themes.json', 'utf8')));

const FONTS = {
  'font-family': 'system-ui, sans-serif',
  'font-size': '13px',
  'font-weight': 'normal',
  'editor-font-family': '"Droid Sans Mono", monospace',
  'editor-font-size': '13px',
};

/** From VS Code's webview page (contrib/webview/browser/pre/index.html): what reaches a panel's elements. */
const DEFAULT_STYLE = `<style id="_defaultStyles">
  html { scrollbar-color: var(--vscode-scrollbarSlider-background) var(--vscode-editor-background); }
  body { overscroll-behavior-x: none; background-color: transparent; color: var(--vscode-editor-foreground);
    font-family: var(--vscode-font-family); font-weight: var(--vscode-font-weight);
    font-size: var(--vscode-font-size); margin: 0; padding: 0 20px; }
  code { font-family: var(--monaco-monospace-font); color: var(--vscode-textPreformat-foreground);
    background-color: var(--vscode-textPreformat-background); padding: 1px 3px; border-radius: 4px; }
  pre code { padding: 0; }
</style>`;

/** What the test gives the page. */
interface Bridge {
  sendToHost(message: unknown): Promise<void>;
}

export interface PageOptions {
  theme?: string;
  width?: number;
  height?: number;
  /** Device pixels per CSS pixel, as the editor's zoom sets it. */
  zoom?: number;
  reducedMotion?: boolean;
}

/** What a panel's host has in common with others. */
interface Host {
  dispose(): void;
}

export class PanelPage<SomeHost extends Host, Sent> {
  readonly host: SomeHost;
  readonly page: Page;
  /** What the panel has sent to its host. */
  readonly sent: Sent[] = [];
  /** Requests that are not the panel's own files. */
  readonly strangers: string[] = [];
  /** Violations of the policy, errors and warnings. */
  readonly complaints: string[] = [];

  protected constructor(host: SomeHost, page: Page) {
    this.host = host;
    this.page = page;
  }

  /** A browser's page of the size that the editor gives to the panel. @param name of the panel's bundle. */
  protected static async newPage(browser: Browser, name: string, options: PageOptions): Promise<Page> {
    if (!existsSync(join(DIST, `${name}.js`)))
      throw new Error('No bundle to test: run `npm run build` first.');
    const { width = 420, height = 900, zoom = 1, reducedMotion = false } = options;
    return browser.newPage({
      viewport: { width: Math.round(width / zoom), height: Math.round(height / zoom) },
      deviceScaleFactor: zoom,
      reducedMotion: reducedMotion ? 'reduce' : 'no-preference',
    });
  }

  protected async connect(theme = 'Dark Modern'): Promise<void> {
    const { page, sent, strangers, complaints } = this;
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    let receive: (message: unknown) => void = () => undefined;
    await page.exposeFunction('sendToHost', (message: Sent) => {
      sent.push(message);
      receive(message);
    });
    await page.addInitScript(
      ([name, { class: kind, colors }, fonts]) => {
        let state: unknown;
        const api = {
          postMessage: (message: unknown) => (window as unknown as Bridge).sendToHost(message),
          getState: () => state,
          setState: (value: unknown) => (state = value),
        };
        Object.assign(window, { acquireVsCodeApi: () => api });
        document.addEventListener('DOMContentLoaded', () => {
          document.body.className = kind;
          document.body.dataset['vscodeThemeName'] = name;
          const { style } = document.documentElement;
          for (const [variable, value] of Object.entries({ ...colors, ...fonts }))
            style.setProperty(`--vscode-${variable}`, value);
          style.background = colors['sideBar-background']!;
        });
      },
      [theme, THEMES[theme]!, FONTS] as const,
    );

    let html = '';
    const webview = {
      cspSource: ORIGIN,
      options: {},
      asWebviewUri: (uri: Uri) => Uri.parse(`${ORIGIN}${uri.path.slice('/extension/dist/webview'.length)}`),
      onDidReceiveMessage: (listener: typeof receive) => (receive = listener),
      postMessage: (message: unknown) => this.post(message),
      set html(text: string) {
        html = text;
      },
    };
    const view = { webview, onDidDispose: () => undefined, show: () => undefined };
    registered.at(-1)!.resolveWebviewView(view as unknown as WebviewView);
    html = html.replace('<head>', `<head>${DEFAULT_STYLE}`);

    await page.route('**/*', (route) => {
      const { pathname, origin } = new URL(route.request().url());
      const file = join(DIST, pathname);
      if (origin === ORIGIN && pathname === '/')
        return route.fulfill({ contentType: 'text/html', body: html });
      if (origin === ORIGIN && existsSync(file))
        return route.fulfill({ contentType: TYPES[extname(file)]!, body: readFileSync(file) });
      strangers.push(route.request().url());
      return route.abort();
    });
    await page.goto(`${ORIGIN}/`);
    await page.waitForFunction(() => document.getElementById('root')!.childElementCount > 0);
  }

  /** Sends anything to the panel and waits until it has been drawn. */
  async post(message: unknown): Promise<void> {
    await this.page.evaluate(async (data) => {
      window.postMessage(data, '*');
      for (let frames = 0; frames < 3; frames++) await new Promise(requestAnimationFrame);
    }, message);
  }

  /** Waits until what the host has sent is drawn. */
  async drawn(): Promise<void> {
    await this.page.evaluate(async () => {
      for (let frames = 0; frames < 4; frames++) await new Promise(requestAnimationFrame);
    });
  }

  text(): Promise<string> {
    return this.page.locator('#root').innerText();
  }

  async close(): Promise<void> {
    this.host.dispose();
    await this.page.close();
  }
}
