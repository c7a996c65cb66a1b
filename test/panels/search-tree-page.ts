/** The search tree panel, over its own host. */
import type { Browser } from 'playwright-core';
import { SearchTreeView } from '../../extension/search-tree-view.ts';
import type { FromSearchTree } from '../../server/protocol/search-tree-panel.ts';
import { Uri } from './fake-vscode.ts';
import { type PageOptions, PanelPage } from './panel-page.ts';

export class SearchTreePage extends PanelPage<SearchTreeView, FromSearchTree> {
  static async open(browser: Browser, options: PageOptions = {}): Promise<SearchTreePage> {
    const page = await PanelPage.newPage(browser, 'search-tree', options);
    const opened = new SearchTreePage(new SearchTreeView(Uri.parse('/extension') as never), page);
    await opened.connect(options.theme);
    return opened;
  }
}
