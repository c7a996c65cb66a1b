/**
 * The tree as a list, for screen readers and whoever prefers text. It is open along the selected path; only the rows
 * in view are made, so that thousands cost nothing.
 */
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { childrenAt, pathTo, stateAt, type Tree, type TreeNode } from './tree.ts';
import { percent, rewardText, STATE_WORDS, tokenLabel } from './words.ts';

interface TreeListProps {
  tree: Tree;
  step: number;
  selected: TreeNode;
  onSelect: (node: TreeNode) => void;
  onCopy: () => void;
}

interface Row {
  node: TreeNode;
  level: number;
  place: number;
  siblings: number;
  isLeaf: boolean;
  isOpen: boolean;
}

/** As the style has it. */
const ROW_HEIGHT = 22;

/** Rows above and below those in view. */
const OVERSCAN = 12;

export function TreeList({ tree, step, selected, onSelect, onCopy }: TreeListProps) {
  /** Nodes that the user has opened or closed; the others are open if the selected path leads through them. */
  const [toggled, toggle] = useState<ReadonlyMap<number, boolean>>(new Map());
  const [top, setTop] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const onPath = useMemo(() => new Set([tree.root, ...pathTo(selected).slice(0, -1)]), [tree, selected]);
  const isOpen = (node: TreeNode) => toggled.get(node.id) ?? onPath.has(node);
  const rows = rowsOf(tree.root, step, isOpen);
  const current = rows.findIndex(({ node }) => node === selected);
  const height = list.current?.clientHeight ?? 400;
  const first = Math.max(0, Math.floor(top / ROW_HEIGHT) - OVERSCAN);
  const shown = rows.slice(first, Math.ceil((top + height) / ROW_HEIGHT) + OVERSCAN);

  useLayoutEffect(() => {
    const element = list.current!;
    const at = Math.max(0, current) * ROW_HEIGHT;
    if (at < element.scrollTop) element.scrollTop = at;
    else if (at + ROW_HEIGHT > element.scrollTop + element.clientHeight)
      element.scrollTop = at + ROW_HEIGHT - element.clientHeight;
    setTop(element.scrollTop);
  }, [current]);

  const open = (node: TreeNode, value: boolean) => toggle(new Map(toggled).set(node.id, value));
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[current];
    if (row === undefined) return;
    if (event.key === 'Enter') onCopy();
    else if (event.key === 'ArrowRight' && !row.isLeaf && !row.isOpen) open(row.node, true);
    else if (event.key === 'ArrowLeft' && row.isOpen) open(row.node, false);
    else {
      const next = nextRow(rows, current, event.key);
      if (next === undefined) return;
      onSelect(next.node);
    }
    event.preventDefault();
  };

  return (
    <div
      ref={list}
      class="list"
      role="tree"
      aria-label="Search tree"
      tabIndex={0}
      aria-activedescendant={current === -1 ? undefined : rowId(selected)}
      onKeyDown={onKeyDown}
      onScroll={({ currentTarget }) => setTop(currentTarget.scrollTop)}
    >
      <div role="presentation" style={{ height: `${first * ROW_HEIGHT}px` }} />
      {shown.map((row) => (
        <Item
          key={row.node.id}
          row={row}
          step={step}
          isSelected={row.node === selected}
          onClick={() => {
            if (row.node === selected && !row.isLeaf) open(row.node, !row.isOpen);
            onSelect(row.node);
          }}
        />
      ))}
      <div
        role="presentation"
        style={{ height: `${Math.max(0, rows.length - first - shown.length) * ROW_HEIGHT}px` }}
      />
    </div>
  );
}

const rowId = ({ id }: TreeNode): string => `node-${id}`;

interface ItemProps {
  row: Row;
  step: number;
  isSelected: boolean;
  onClick: () => void;
}

function Item({
  row: { node, level, place, siblings, isLeaf, isOpen },
  step,
  isSelected,
  onClick,
}: ItemProps) {
  const state = stateAt(node, step) ?? 'kept';
  const isRoot = node.parent === undefined;
  return (
    <div
      id={rowId(node)}
      class={`row ${state}`}
      role="treeitem"
      aria-level={level}
      aria-posinset={place}
      aria-setsize={siblings}
      aria-selected={isSelected}
      {...(!isLeaf && { 'aria-expanded': isOpen })}
      style={{ paddingLeft: `${Math.min(level, 12) * 10}px` }}
      onClick={onClick}
    >
      <span
        class={`codicon codicon-${isLeaf ? 'blank' : isOpen ? 'chevron-down' : 'chevron-right'}`}
        aria-hidden="true"
      />
      {isRoot ? (
        <span>the prompt</span>
      ) : (
        <>
          <code>{tokenLabel(node)}</code>
          <span class="quiet">
            {percent(node.probability)}
            {state !== 'unseen' && ` · ${rewardText(node.reward)}`} · {STATE_WORDS[state].split(':')[0]}
          </span>
        </>
      )}
    </div>
  );
}

/** Without recursion: a path may be hundreds of tokens long. */
function rowsOf(root: TreeNode, step: number, isOpen: (node: TreeNode) => boolean): Row[] {
  const rows: Row[] = [];
  const waiting = [{ node: root, level: 1, place: 1, siblings: 1 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const children = childrenAt(next.node, step);
    const open = children.length > 0 && isOpen(next.node);
    rows.push({ ...next, isLeaf: children.length === 0, isOpen: open });
    if (!open) continue;
    const { level } = next;
    const under = children.map((node, index) => ({
      node,
      level: level + 1,
      place: index + 1,
      siblings: children.length,
    }));
    waiting.push(...under.reverse());
  }
  return rows;
}

/** As trees are moved through: up and down among rows, right to the first child, left to the parent. */
function nextRow(rows: readonly Row[], current: number, key: string): Row | undefined {
  const row = rows[current]!;
  switch (key) {
    case 'ArrowDown':
      return rows[current + 1];
    case 'ArrowUp':
      return rows[current - 1];
    case 'Home':
      return rows[0];
    case 'End':
      return rows.at(-1);
    case 'ArrowRight':
      return row.isLeaf ? undefined : rows[current + 1];
    case 'ArrowLeft':
      return rows.find(({ node }) => node === row.node.parent);
    default:
      return undefined;
  }
}
