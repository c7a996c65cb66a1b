/** The agents panel: receives state from the extension, draws it, keeps the last of it while hidden. */
import { render } from 'preact';
import {
  AgentsState,
  EMPTY,
  type FromAgents,
  reduceAgents,
  ToAgents,
} from '../../server/protocol/agents-panel.ts';
import { Panel } from './panel.tsx';
import './style.css';

const vscode = acquireVsCodeApi();
const root = document.getElementById('root')!;

const saved = AgentsState.safeParse(vscode.getState());
let state: AgentsState = saved.success ? saved.data : EMPTY;

const post = (message: FromAgents): void => vscode.postMessage(message);

let scheduled = false;

/** At most one drawing per frame, however fast latent steps come in. */
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
  const message = ToAgents.safeParse(data);
  if (!message.success) return;
  state = reduceAgents(state, message.data);
  draw();
});

draw();
post({ kind: 'ready' });
