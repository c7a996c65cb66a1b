/** The derivation panel, over its own host. */
import type { Browser } from 'playwright-core';
import { DerivationView } from '../../extension/deduction/derivation-view.ts';
import type { FromDerivation } from '../../server/protocol/derivation-panel.ts';
import { Uri } from './fake-vscode.ts';
import { type PageOptions, PanelPage } from './panel-page.ts';

export class DerivationPage extends PanelPage<DerivationView, FromDerivation> {
  static async open(browser: Browser, options: PageOptions = {}): Promise<DerivationPage> {
    const page = await PanelPage.newPage(browser, 'derivation', options);
    const opened = new DerivationPage(new DerivationView(Uri.parse('/extension') as never), page);
    await opened.connect(options.theme);
    return opened;
  }
}
