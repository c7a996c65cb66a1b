/** The agents panel, over its own host. */
import type { Browser } from 'playwright-core';
import { AgentsView } from '../../extension/solve/agents-view.ts';
import type { FromAgents } from '../../server/protocol/agents-panel.ts';
import { Uri } from './fake-vscode.ts';
import { type PageOptions, PanelPage } from './panel-page.ts';

export class AgentsPage extends PanelPage<AgentsView, FromAgents> {
  static async open(browser: Browser, options: PageOptions = {}): Promise<AgentsPage> {
    const page = await PanelPage.newPage(browser, 'agents', options);
    const opened = new AgentsPage(new AgentsView(Uri.parse('/extension') as never), page);
    await opened.connect(options.theme);
    return opened;
  }
}
