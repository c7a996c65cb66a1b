/** The status bar item: which model, on what device, whether it is busy. */
import { type Disposable, StatusBarAlignment, type StatusBarItem, ThemeColor, window } from 'vscode';
import type { Status } from '../server/protocol/requests.ts';
import { describeModel } from './commands/explain.ts';
import type { Server } from './server.ts';

const ICONS = {
  unloaded: 'law',
  loading: 'loading~spin',
  ready: 'law',
  busy: 'loading~spin',
  failed: 'error',
};

export class StatusBar implements Disposable {
  private readonly item: StatusBarItem;
  private readonly subscription: Disposable;

  constructor(server: Server) {
    this.item = window.createStatusBarItem('verity.status', StatusBarAlignment.Right, 90);
    this.item.name = 'Verity';
    this.item.command = 'verity.showStatus';
    this.subscription = server.onStatus((status) => this.render(status));
    this.render(undefined);
    this.item.show();
  }

  private render(status: Status | undefined): void {
    if (status === undefined) {
      this.item.text = '$(law) Verity';
      this.item.tooltip = 'Verity: the server starts with the first judgment';
      this.item.backgroundColor = undefined;
      return;
    }
    const [model] = status.models;
    this.item.text = `$(${ICONS[model.state]}) ${model.id} · ${model.device}`;
    this.item.tooltip = describeModel(model);
    this.item.backgroundColor =
      model.state === 'failed' ? new ThemeColor('statusBarItem.errorBackground') : undefined;
  }

  dispose(): void {
    this.subscription.dispose();
    this.item.dispose();
  }
}
