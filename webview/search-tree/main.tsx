/** The search tree panel: receives searches from the extension and draws them. */
import { render } from 'preact';
import {
  type FromSearchTree,
  reduceSearchTree,
  type SearchTreeState,
  ToSearchTree,
} from '../../server/protocol/search-tree-panel.ts';
import { type Asked, Panel } from './panel.tsx';
import './style.css';

const vscode = acquireVsCodeApi();
const root = document.getElementById('root')!;

let state: SearchTreeState = { runs: [] };
let asked: Asked | undefined;

const post = (message: FromSearchTree): void => vscode.postMessage(message);

let scheduled = false;

/** At most one drawing per frame, however fast steps come in. */
function draw(): void {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    render(<Panel state={state} asked={asked} post={post} />, root);
  });
}

window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  const message = ToSearchTree.safeParse(data);
  if (!message.success) return;
  state = reduceSearchTree(state, message.data);
  // Each wish is a new object, so that the same node can be asked for again.
  if (message.data.kind === 'select') asked = { run: message.data.run, node: message.data.node };
  draw();
});

draw();
post({ kind: 'ready' });
