/** The derivation panel: receives a question's state from the extension, draws it, keeps the last of it while hidden. */
import { render } from 'preact';
import {
  DerivationState,
  type FromDerivation,
  NOTHING_ASKED,
  reduceDerivation,
  ToDerivation,
} from '../../server/protocol/derivation-panel.ts';
import { Panel } from './panel.tsx';
import './style.css';

const vscode = acquireVsCodeApi();
const root = document.getElementById('root')!;

const saved = DerivationState.safeParse(vscode.getState());
let state = saved.success ? saved.data : NOTHING_ASKED;

const post = (message: FromDerivation): void => vscode.postMessage(message);

let scheduled = false;

/** At most one drawing per frame, however fast premises come in. */
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
  const message = ToDerivation.safeParse(data);
  if (!message.success) return;
  state = reduceDerivation(state, message.data);
  draw();
});

draw();
post({ kind: 'ready' });
