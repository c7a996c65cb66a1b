/** The verdict panel, over its own host. */
import type { Browser } from 'playwright-core';
import { VerdictPanel } from '../../extension/verdict-panel.ts';
import type { FromPanel } from '../../server/protocol/panel.ts';
import { Uri } from './fake-vscode.ts';
import { type PageOptions, PanelPage } from './panel-page.ts';

export class VerdictPage extends PanelPage<VerdictPanel, FromPanel> {
  static async open(browser: Browser, options: PageOptions = {}): Promise<VerdictPage> {
    const page = await PanelPage.newPage(browser, 'verdict', options);
    const opened = new VerdictPage(new VerdictPanel(Uri.parse('/extension') as never), page);
    await opened.connect(options.theme);
    return opened;
  }
}
