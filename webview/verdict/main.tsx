/** The verdict panel: receives state from the extension, draws it, keeps the last of it while hidden. */
import { render } from 'preact';
import { type FromPanel, PanelState, reducePanel, ToPanel } from '../../server/protocol/panel.ts';
import { Panel } from './panel.tsx';
import './style.css';

const vscode = acquireVsCodeApi();
const root = document.getElementById('root')!;

const saved = PanelState.safeParse(vscode.getState());
let state: PanelState = saved.success ? saved.data : { phase: 'idle', entries: [] };

const post = (message: FromPanel): void => vscode.postMessage(message);

let scheduled = false;

/** At most one drawing per frame, however fast text comes in. */
function draw(): void {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    vscode.setState(state);
    render(<Panel state={state} post={post} />, root);
  });
}

window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  const message = ToPanel.safeParse(data);
  if (!message.success) return;
  state = reducePanel(state, message.data);
  draw();
});

draw();
post({ kind: 'ready' });
